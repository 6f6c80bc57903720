import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Clock, elapsed, lateness } from '../../src/base/clock.js'
import { createTestNetwork, VirtualClock } from '../../src/testing/index.js'

/**
 * Each place of the sources that reads the date, and what it is a date of. Durations and deadlines go by `elapsed`: a user or a time server
 * sets the date, and whatever waits by it ends at once or never.
 */
const DATES: Record<string, [reads: number, of: string]> = {
  'base/clock.ts': [4, 'the two clocks themselves; lateness takes the one that says more'],
  'channel/secure-channel.ts': [1, 'the dates of certificates'],
  'core/core.ts': [1, 'the dates of our certificate'],
  'core/messaging.ts': [1, 'the timestamp of a message'],
  'defence/bans.ts': [2, 'since when and until when people read that a ban lasts, and what is left of a stored one'],
  'defence/certificate-times.ts': [4, 'the dates of certificates'],
  'mail/server/deposit-rules.ts': [2, 'when letters and batches of prekeys expire; the hour of work'],
  'mail/server/mail-server.ts': [5, 'when letters, cards and boxes expire'],
  'message/p2p-protocol.ts': [1, 'the timestamp of a message'],
  'backplane/node-list.ts': [1, 'when a process began, which operators read'],
  'backplane/common-time.ts': [1, 'the time that the processes of a relay have in common, which begins with a date'],
  'node/backplane/shared-bans.ts': [1, 'the end of a ban, at several machines'],
  'coinjoin/coin-bans.ts': [3, 'until when a coin is refused, over a reload too'],
  'coinjoin/lobby.ts': [3, 'epochs are those of the calendar, the same at all members'],
  'coinjoin/mixer.ts': [3, 'how long work counts, which is for hours of the calendar'],
  'coinjoin/mix-network.ts': [1, 'in which hours work counts'],
  'mail/contacts.ts': [1, 'how old a card is'],
  'mail/depositor.ts': [4, 'the date of a letter, and in which hour work counts'],
  'mail/host.ts': [1, 'the date of a card'],
  'mail/mailbox-link.ts': [1, 'on which days a mailbox has failed'],
  'mail/mailboxes.ts': [3, 'the dates of cards and prekeys, and when a mailbox was given up'],
  'mail/outgoing.ts': [3, 'the end of a message that the store keeps, and when it was mailed'],
  'mail/prekeys.ts': [3, 'when a prekey was made, over a reload too'],
  'mail/receipts.ts': [1, 'until when a receipt is of use'],
  'mail/receiver.ts': [1, 'the date of a letter'],
  'mail/seen.ts': [2, 'the day of an id'],
  'mail/sender.ts': [2, 'how long ago a message was mailed, over a reload too'],
  'musig2/discovery.ts': [4, 'on which day a proof holds'],
  'musig2/musig2.ts': [2, 'when a request of ours ends, and when one has ended'],
  'musig2/signing-inbox.ts': [1, 'when a request ends, by the dates of its members'],
  'musig2/signing.ts': [1, 'when a request ends'],
  'node/exit-work.ts': [1, 'the epoch of work'],
  'node/hop-directory.ts': [3, 'when a record ends'],
  'node/hop-keys.ts': [4, 'epochs, which are days of all'],
  'node/hop-loops.ts': [1, 'the epoch of a key'],
  'node/own-handlers.ts': [2, 'the date of a message, and lastSeen of its sender'],
  'node/file-lock.ts': [2, 'when a process took the lock: two of one number are told apart by it'],
  'onion/anonymous-letters.ts': [3, 'the age of a letter, by its date; lastSeen; the date of an answer'],
  'onion/asker.ts': [1, 'the epoch of work'],
  'onion/directory.ts': [3, 'for how long hops are known, over reloads too'],
  'onion/entries.ts': [1, 'when a guard was seen, over reloads too'],
  'onion/guards.ts': [2, 'how old guards are, over reloads too'],
  'onion/middles.ts': [1, 'how old middles are, over reloads too'],
  'onion/onion.ts': [1, 'since when evidence is there, for people'],
  'onion/paths.ts': [2, 'for how long hops are known, and epochs'],
  'onion/persona.ts': [2, 'dates that are rounded, so that no clock is known by them'],
  'peer/connection/inbox.ts': [2, 'lastSeen of a peer, which applications read'],
  'peer/connection/peer-clock.ts': [1, 'the date of a peer, compared with what passes here'],
  'peer/connection/peer-connection.ts': [
    2,
    'since when applications read that a peer is connected; the timestamp that is signed',
  ],
  'peer/keep/anchors.ts': [3, 'how long a stored anchor lasts'],
  'peer/keep/heartbeat.ts': [1, 'the difference between the dates of two peers'],
  'plugins/outbox/outbox.ts': [2, 'the end of a message that a journal keeps'],
  'peer/pool/channel-options.ts': [1, 'the dates of our certificate'],
  'plugins/circuit/server/admission.ts': [1, 'compared with since when a peer is connected, a date'],
  'plugins/dht/client/announcements.ts': [2, 'the expiry of records'],
  'plugins/dht/client/hash-table.ts': [3, 'the dates and the expiry of records'],
  'plugins/dht/eclipse/eclipse-watch.ts': [2, 'the dates of records; since when people read that an eclipse is suspected'],
  'plugins/dht/node/dht-server.ts': [1, 'the expiry of the copy of a record'],
  'plugins/dht/records/record-store.ts': [4, 'the expiry of records'],
  'plugins/dht/records/record-verifier.ts': [1, 'the dates and the expiry of records'],
  'plugins/dht/records/record-watches.ts': [1, 'the expiry of records'],
  'plugins/dht/records/small-record-store.ts': [4, 'the expiry of records'],
  'plugins/dht/walk/routing-table.ts': [1, 'when people read that a node was seen'],
  'plugins/discovery/resources.ts': [1, 'the date of a resource'],
  'plugins/persistence/kept-announcements.ts': [2, 'the expiry of stored records'],
  'plugins/persistence/kept-peers.ts': [2, 'until when a stored peer is dialled'],
  'plugins/proof-of-work/work-salts.ts': [1, 'the day of a proof of work'],
  'plugins/relay-clocks/relay-clocks.ts': [1, 'the date of this device, to be compared with those of relays'],
  'plugins/topics/topics.ts': [2, 'the dates of topic messages'],
  'statements/own-slots.ts': [2, 'the age of what the store holds'],
  'statements/statement-rounds.ts': [2, 'whether a sleep took a round past its deadline, beside the time that passes'],
  'statements/statement-run.ts': [1, 'when a request ends'],
}

describe('the date', () => {
  it('is read where a date is meant, and nowhere else', () => {
    const found: Record<string, number> = {}
    for (const file of readdirSync('src', { recursive: true, encoding: 'utf8' })) {
      // The conformance tester and what is shipped for tests are no part of a peer.
      if (!file.endsWith('.ts') || /^(node\/conform|testing)\//.test(file)) continue
      const reads = readFileSync(`src/${file}`, 'utf8').match(/\b[cC]lock[)!?]*\.now\b|\bDate\.now\b|\bnew Date\(\)/g)
      if (reads !== null) found[file] = reads.length
    }
    expect(found).toEqual(Object.fromEntries(Object.entries(DATES).map(([file, [reads]]) => [file, reads])))
  })

  it('is far from the time that passes, in every test: what compares one with the other fails', () => {
    const { clock } = createTestNetwork()
    expect(clock.now() - elapsed(clock)).toBeGreaterThan(10 ** 12)
  })
})

describe('lateness', () => {
  const late = async (change: (clock: VirtualClock) => void) => {
    const clock = new VirtualClock()
    const by = lateness(clock, 1_000)
    await clock.advance(1_000)
    change(clock)
    return by()
  }

  it('is what has passed since, by the date or by the time that passes, whichever is more', async () => {
    expect(await late(() => {})).toBe(0)
    expect(await late((clock) => clock.sleep(500))).toBe(500)
    expect(await late((clock) => clock.setDate(clock.now() - 3_600_000))).toBe(0)
    expect(await late((clock) => clock.setDate(clock.now() + 3_600_000))).toBe(3_600_000)
  })

  it('sees a sleep during which nothing passes, as on machines whose counter stands still', async () => {
    const clock = new VirtualClock()
    const asleep: Clock = {
      now: () => clock.now(),
      elapsed: () => 0,
      setTimeout: (callback, delayMs) => clock.setTimeout(callback, delayMs),
      clearTimeout: (timer) => clock.clearTimeout(timer),
    }
    const by = lateness(asleep, 1_000)
    clock.sleep(60_000)
    expect(by()).toBe(59_000)
  })
})
