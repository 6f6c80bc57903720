import { afterEach, describe, expect, it } from 'vitest'
import { hexOf } from '../../src/base/bytes.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { accessFor, bindingWith } from '../../src/mail/box.js'
import { MAIL_PROTOCOL } from '../../src/mail/messages.js'
import type { MailWaiting } from '../../src/mail/server/mail-server.js'
import { memoryMail } from '../../src/mail/server/memory-mail.js'
import { hourOf } from '../../src/mail/work.js'
import { filled, letterOf, MailPeer, mailNetwork, numberOf, Owner, prekeyBatch } from './mail-peers.js'

const HOUR = 3_600_000
const code = (name: string) => expect.objectContaining({ code: name })

let mail: ReturnType<typeof mailNetwork>
const begin = (options: Parameters<typeof mailNetwork>[0] = {}) => {
  mail = mailNetwork(options)
  return mail
}
afterEach(async () => mail?.net.stop())

describe('a relay that keeps mail', () => {
  it('says so, and one that keeps none does not', async () => {
    const { net, relay } = begin()
    const other = net.createPeer({ host: 'other', relay: true })
    const peer = await new MailPeer(net, relay).connect()
    await net.run(other.start())
    await net.run(peer.coordinator.connectToPeer(net.addressOf(other)))
    expect(peer.coordinator.getPeer(relay.peerId)?.protocols).toContain(MAIL_PROTOCOL)
    expect(peer.coordinator.getPeer(other.peerId)?.protocols).not.toContain(MAIL_PROTOCOL)
  })

  it('keeps a letter for an owner that comes a day later, until it drops it', async () => {
    const { net, owner, peer } = begin()
    const bob = await owner(1)
    const opened = await bob.open()
    expect(opened).toMatchObject({ letters: 0, prekeys: 0, quota: { letters: 128, bytes: 4_194_304 }, max: 4, ttl: 3 })
    await net.run(bob.coordinator.shutdown())
    const alice = await peer()
    const now = net.clock.now()
    const deposited = await alice.deposit(bob.box, letterOf(7, 4_096), { access: bob.access }, 2)
    expect(deposited.until - now).toBeGreaterThanOrEqual(7 * 24 * HOUR)
    await net.run(alice.coordinator.shutdown())
    await net.clock.advance(24 * HOUR)
    const again = await owner(1)
    expect(await again.open()).toMatchObject({ letters: 1, bytes: 4_096 })
    const { letters, more } = await again.ask('fetch', {})
    expect([letters.map(numberOf), more]).toEqual([[7], false])
    await again.ask('drop', { cursors: letters.map(([cursor]) => cursor) })
    expect(await again.ask('fetch', {})).toEqual({ letters: [], more: false })
  })

  it('answers a letter that comes twice as it did at first', async () => {
    const { owner, peer, service, net } = begin()
    const bob = await owner(1)
    await bob.open()
    const alice = await peer()
    const first = await alice.deposit(bob.box, letterOf(1), { access: bob.access }, 1)
    await net.clock.advance(60_000)
    expect(await alice.deposit(bob.box, letterOf(1), { access: bob.access }, 3)).toEqual(first)
    expect(service.getStats()).toMatchObject({ letters: 1, deposited: 1 })
  })

  it('gives pages, oldest first', async () => {
    const { owner, peer } = begin()
    const bob = await owner(1)
    await bob.open()
    const alice = await peer()
    for (let n = 0; n < 5; n++) await alice.deposit(bob.box, letterOf(n), { access: bob.access })
    const first = await bob.ask('fetch', { bytes: 2_048 })
    expect([first.letters.map(numberOf), first.more]).toEqual([[0, 1], true])
    const rest = await bob.ask('fetch', { after: first.letters[1]![0] })
    expect([rest.letters.map(numberOf), rest.more]).toEqual([[2, 3, 4], false])
  })

  it('pushes what comes once all has been fetched, and nothing before', async () => {
    const { net, owner, peer } = begin()
    const bob = await owner(1)
    await bob.open()
    const alice = await peer()
    await alice.deposit(bob.box, letterOf(1), { access: bob.access })
    await net.clock.advance(100)
    expect(bob.pushed).toEqual([])
    expect((await bob.ask('fetch', {})).letters.map(numberOf)).toEqual([1])
    await alice.deposit(bob.box, letterOf(2), { access: bob.access })
    await alice.deposit(bob.box, letterOf(3), { access: bob.access })
    await net.clock.advance(100)
    expect(bob.pushed.map(numberOf)).toEqual([2, 3])
  })

  it('pushes a mebibyte and no more until letters are dropped', async () => {
    const { net, owner, peer } = begin()
    const bob = await owner(1)
    await bob.open()
    await bob.ask('fetch', {})
    const alice = await peer()
    for (let n = 0; n < 7; n++) await alice.deposit(bob.box, letterOf(n, 262_144), { access: bob.access })
    await net.clock.advance(1_000)
    expect(bob.pushed.map(numberOf)).toEqual([0, 1, 2, 3])
    await bob.ask('drop', { cursors: bob.pushed.slice(0, 2).map(([cursor]) => cursor) })
    await net.clock.advance(1_000)
    expect(bob.pushed.map(numberOf)).toEqual([0, 1, 2, 3, 4, 5])
    // What is not dropped comes again with the next connection.
    await net.run(bob.coordinator.shutdown())
    const again = await owner(1)
    await again.open()
    expect((await again.ask('fetch', {})).letters.map(numberOf)).toEqual([2, 3, 4].slice(0, 3))
  })

  it('gives prekeys away once each, the last ones to contacts only', async () => {
    const { net, owner, peer } = begin({ limits: { strangerDepositBurst: 100 } })
    const bob = await owner(1)
    await bob.open()
    const batch = prekeyBatch(1, filled(8, 1), net.clock.now())
    await bob.ask('prekeys', batch)
    expect(await bob.open()).toMatchObject({ prekeys: 16 })
    const alice = await peer()
    const taken = []
    for (let n = 0; n < 10; n++) taken.push(await alice.take(bob.box))
    expect(taken.slice(0, 9).map((prekey) => 'index' in prekey && prekey.index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    expect(taken[9]).toEqual({})
    expect(await alice.take(bob.box, { access: bob.access })).toEqual({ ...batch, index: 9 })
  })

  it('gives no prekey of a batch that senders would not take any more', async () => {
    const { net, owner, peer } = begin({ limits: { prekeyBatchMs: 60_000 } })
    const bob = await owner(1)
    await bob.open()
    await bob.ask('prekeys', prekeyBatch(1, filled(8, 1), net.clock.now()))
    const alice = await peer()
    expect(await alice.take(bob.box, { access: bob.access })).toHaveProperty('index')
    await net.clock.advance(60_000)
    expect(await alice.take(bob.box, { access: bob.access })).toEqual({})
  })

  it('deletes a box with all that is in it when its owner closes it', async () => {
    const { owner, peer, service } = begin()
    const bob = await owner(1)
    await bob.open()
    const alice = await peer()
    await alice.deposit(bob.box, letterOf(1), { access: bob.access })
    expect(await bob.ask('close', null)).toBeNull()
    expect(service.getStats()).toMatchObject({ boxes: 0, letters: 0, bytes: 0, attached: 0 })
    await expect(alice.deposit(bob.box, letterOf(1), { access: bob.access })).rejects.toEqual(code('NO_MAILBOX'))
    await expect(bob.ask('fetch', {})).rejects.toEqual(code('NO_MAILBOX'))
  })

  it('forgets letters after their time', async () => {
    const { net, owner, peer } = begin()
    const bob = await owner(1)
    await bob.open()
    const alice = await peer()
    await alice.deposit(bob.box, letterOf(1), { access: bob.access }, 0)
    await alice.deposit(bob.box, letterOf(2), { access: bob.access }, 1)
    await net.clock.advance(HOUR)
    expect((await bob.ask('fetch', {})).letters.map(numberOf)).toEqual([2])
  })

  it('forgets boxes that nobody opens for long; an owner that stays connected need not', async () => {
    const { net, owner, peer, service } = begin({ limits: { boxMs: 600_000, mailSweepMs: 60_000 } })
    const [bob, carol] = [await owner(1), await owner(2)]
    await bob.open()
    await carol.open()
    const alice = await peer()
    await alice.deposit(bob.box, letterOf(1), { access: bob.access }, 3)
    await net.run(bob.coordinator.shutdown())
    await net.clock.advance(1_200_000)
    expect(service.getStats()).toMatchObject({ boxes: 1, letters: 0, attached: 1 })
    await expect(alice.deposit(bob.box, letterOf(3), { access: bob.access })).rejects.toEqual(code('NO_MAILBOX'))
    await alice.deposit(carol.box, letterOf(3), { access: carol.access })
  })

  it('takes only small letters, for a day, where they are kept in memory', async () => {
    const { net, owner, peer } = begin({ store: memoryMail() })
    const bob = await owner(1)
    expect(await bob.open()).toMatchObject({ max: 0, ttl: 1 })
    const alice = await peer()
    const { until } = await alice.deposit(bob.box, letterOf(1), { access: bob.access }, 3)
    expect(until).toBeLessThanOrEqual(net.clock.now() + 24 * HOUR)
    await expect(alice.deposit(bob.box, letterOf(1, 4_096), { access: bob.access })).rejects.toEqual(code('MESSAGE_TOO_LARGE'))
  })

  it('wakes the owner of a box that is away, once a minute and without content', async () => {
    const told: MailWaiting[] = []
    const { net, owner, peer } = begin({
      onMail: (waiting) => {
        told.push(waiting)
        throw new Error('a waker that fails')
      },
    })
    const [bob, carol] = [await owner(1), await owner(2)]
    await bob.open({ wake: 'push to bob' })
    await carol.open()
    const alice = await peer()
    await alice.deposit(bob.box, letterOf(0), { access: bob.access })
    expect(told).toEqual([])
    for (const { coordinator } of [bob, carol]) await net.run(coordinator.shutdown())
    await alice.deposit(carol.box, letterOf(1), { access: carol.access })
    for (let n = 1; n < 4; n++) await alice.deposit(bob.box, letterOf(n), { access: bob.access })
    expect(told).toEqual([{ box: hexOf(bob.box), wake: 'push to bob', waiting: 2 }])
    await net.clock.advance(60_000)
    await alice.deposit(bob.box, letterOf(4), { access: bob.access })
    expect(told.map(({ waiting }) => waiting)).toEqual([2, 5])
  })
})

describe('a hostile owner', () => {
  it('opens no box without its key, nor with what was signed before, for another connection', async () => {
    const { net, owner, relay, relayOf } = begin()
    const bob = await owner(1)
    const old = await bob.opening()
    await bob.open()
    // Another peer has recorded it.
    const mallory = await new MailPeer(net, relay).connect()
    await expect(mallory.ask('open', old)).rejects.toEqual(code('INVALID_SIGNATURE'))
    // Another relay has.
    const { relay: other } = relayOf('other')
    const elsewhere = await new Owner(net, other, 1).connect()
    const there = await elsewhere.opening()
    await expect(mallory.ask('open', there)).rejects.toEqual(code('INVALID_SIGNATURE'))
    // Another process of the same identity.
    await net.run(bob.coordinator.shutdown())
    const identity = identityFromSeed(filled(32, 77))
    const first = await new Owner(net, relay, 1, identity).connect()
    const recorded = await first.opening()
    await net.run(first.coordinator.shutdown())
    const second = await new Owner(net, relay, 1, identity).connect()
    await expect(second.ask('open', recorded)).rejects.toEqual(code('INVALID_SIGNATURE'))
    await second.open()
  })

  it('changes nothing of what was signed', async () => {
    const { owner } = begin()
    const bob = await owner(1)
    const good = await bob.opening({ wake: 'x' })
    for (const change of [
      { access: filled(32, 9) },
      { bits: 0 },
      { bits: null },
      { max: 0 },
      { wake: 'y' },
      { wake: undefined },
    ]) {
      await expect(bob.ask('open', { ...good, ...change })).rejects.toEqual(code('INVALID_SIGNATURE'))
    }
  })

  it('is disconnected for opening boxes of others again and again', async () => {
    const { owner, relay } = begin()
    const bob = await owner(1)
    const mallory = await owner(2)
    const gone: string[] = []
    relay.on('disconnected', ({ peerId }) => void gone.push(peerId))
    const opening = { ...(await mallory.opening()), boxKey: bob.boxKey.publicKey }
    for (let n = 0; n < 30; n++) await mallory.ask('open', opening).catch(() => {})
    expect(gone).toContain(mallory.coordinator.peerId)
    expect(gone).not.toContain(bob.coordinator.peerId)
  })

  it('reads, drops, fills and closes nothing but its own box', async () => {
    const { owner, peer, service } = begin()
    const bob = await owner(1)
    await bob.open()
    const alice = await peer()
    await alice.deposit(bob.box, letterOf(1), { access: bob.access })
    const { letters } = await bob.ask('fetch', {})
    const cursors = letters.map(([cursor]) => cursor)
    const mallory = await owner(2)
    for (const [type, payload] of [
      ['fetch', {}],
      ['drop', { cursors }],
      ['prekeys', prekeyBatch(1)],
      ['close', null],
    ] as const) {
      await expect(mallory.ask(type, payload)).rejects.toEqual(code('NO_MAILBOX'))
    }
    await mallory.open()
    expect(await mallory.ask('fetch', { after: '0' })).toEqual({ letters: [], more: false })
    await mallory.ask('drop', { cursors })
    await mallory.ask('close', null)
    expect(service.getStats()).toMatchObject({ boxes: 1, letters: 1 })
    expect((await bob.ask('fetch', {})).letters).toHaveLength(1)
  })

  it('loses the box to whoever opens it later with its key', async () => {
    const { net, owner, peer } = begin()
    const [first, second] = [await owner(1), await owner(1)]
    await first.open()
    await first.ask('fetch', {})
    await second.open()
    await second.ask('fetch', {})
    await expect(first.ask('fetch', {})).rejects.toEqual(code('NO_MAILBOX'))
    await (await peer()).deposit(first.box, letterOf(1), { access: first.access })
    await net.clock.advance(100)
    expect([first.pushed.length, second.pushed.length]).toEqual([0, 1])
  })

  it('makes four boxes an hour, and opens those that there are as often as it likes', async () => {
    const { net, relay, service } = begin({ limits: { maxBoxes: 6 } })
    const identity = identityFromSeed(filled(32, 77))
    const mallory = await new Owner(net, relay, 1, identity).connect()
    const refusals: unknown[] = []
    for (let seed = 1; seed <= 6; seed++) {
      const other = new Owner(net, relay, seed, identity)
      other.kit = mallory.kit
      for (let n = 0; n < 2; n++) await other.open().catch((error) => refusals.push(error.code))
    }
    expect(service.getStats()?.boxes).toBe(4)
    expect(refusals).toEqual(Array(4).fill('RATE_LIMITED'))
  })

  it('finds no room in a relay that has enough boxes', async () => {
    const { owner } = begin({ limits: { maxBoxes: 1 } })
    await (await owner(1)).open()
    await expect((await owner(2)).open()).rejects.toEqual(code('STORE_FULL'))
    await (await owner(1)).open()
  })
})

describe('a hostile sender', () => {
  it('leaves nothing in a box that is not there', async () => {
    const { peer } = begin()
    const alice = await peer()
    await expect(alice.deposit(filled(16, 9), letterOf(1), {})).rejects.toEqual(code('NO_MAILBOX'))
    await expect(alice.take(filled(16, 9), { access: filled(16, 1) })).rejects.toEqual(code('NO_MAILBOX'))
  })

  it.each([0, 1, 1_023, 1_025, 262_143, 262_145])('leaves no letter of %i bytes', async (bytes) => {
    const { owner, peer } = begin()
    const bob = await owner(1)
    await bob.open()
    const letter = new Uint8Array(bytes)
    await expect((await peer()).ask('deposit', { box: bob.box, letter, ttl: 0, access: bob.access })).rejects.toEqual(
      code('MALFORMED_DATA'),
    )
  })

  it('leaves no larger letter than the owner takes', async () => {
    const { owner, peer } = begin()
    const bob = await owner(1)
    await bob.open({ max: 1 })
    const alice = await peer()
    await alice.deposit(bob.box, letterOf(1, 4_096), { access: bob.access })
    await expect(alice.deposit(bob.box, letterOf(1, 16_384), { access: bob.access })).rejects.toEqual(code('MAIL_REFUSED'))
  })

  it('shows work where it has no access, more of it for larger letters', async () => {
    const { owner, peer } = begin()
    const bob = await owner(1)
    await bob.open({ bits: 10 })
    const alice = await peer()
    for (const by of [{}, { access: filled(16, 9) }, { work: filled(8, 0) }]) {
      await expect(alice.deposit(bob.box, letterOf(1), by)).rejects.toMatchObject({
        code: 'PROOF_OF_WORK_REQUIRED',
        details: { bits: 10, byPeer: true },
      })
    }
    await alice.deposit(bob.box, letterOf(1), { bits: 10 })
    await expect(alice.deposit(bob.box, letterOf(2, 16_384), {})).rejects.toMatchObject({ details: { bits: 12 } })
  })

  it('uses work once: not for another box, nor another letter', async () => {
    const { owner, peer, service } = begin()
    const [bob, carol] = [await owner(1), await owner(2)]
    await bob.open({ bits: 12 })
    await carol.open({ bits: 12 })
    const alice = await peer()
    const asked: { work?: Uint8Array } = {}
    const ask = alice.ask.bind(alice)
    alice.ask = ((type: 'deposit', payload: { work: Uint8Array }) => ask(type, Object.assign(asked, payload))) as typeof alice.ask
    await alice.deposit(bob.box, letterOf(1), { bits: 12 })
    const { work } = asked
    await expect(ask('deposit', { box: carol.box, letter: letterOf(1), ttl: 0, work })).rejects.toEqual(
      code('PROOF_OF_WORK_REQUIRED'),
    )
    await expect(ask('deposit', { box: bob.box, letter: letterOf(2), ttl: 0, work })).rejects.toEqual(
      code('PROOF_OF_WORK_REQUIRED'),
    )
    // The same letter again is no other letter.
    await ask('deposit', { box: bob.box, letter: letterOf(1), ttl: 0, work })
    expect(service.getStats()?.letters).toBe(1)
  })

  it('takes prekeys with work of its own, of this hour or its neighbours', async () => {
    const { net, owner, peer } = begin({ limits: { strangerDepositBurst: 100 } })
    const bob = await owner(1)
    await bob.open()
    await bob.ask('prekeys', prekeyBatch(1, filled(8, 1), net.clock.now()))
    const alice = await peer()
    const hour = hourOf(net.clock.now())
    for (const by of [-1, 0, 1]) expect(await alice.take(bob.box, { hour: hour + by })).toHaveProperty('index')
    await expect(alice.take(bob.box, { hour: hour - 2 })).rejects.toMatchObject({ details: { bits: 16 } })
    await expect(alice.ask('take', { box: bob.box })).rejects.toEqual(code('PROOF_OF_WORK_REQUIRED'))
  })

  it('leaves nothing, and takes nothing, where strangers are not wanted', async () => {
    const { owner, peer } = begin()
    const bob = await owner(1)
    await bob.open({ bits: null })
    const alice = await peer()
    await expect(alice.deposit(bob.box, letterOf(1), { bits: 8 })).rejects.toEqual(code('MAIL_REFUSED'))
    await expect(alice.take(bob.box)).rejects.toEqual(code('MAIL_REFUSED'))
    await alice.deposit(bob.box, letterOf(1), { access: bob.access })
  })

  it('cannot use at one relay the access that another relay has seen', async () => {
    const { net, owner, relayOf } = begin()
    const bob = await owner(1)
    await bob.open({ bits: null })
    const { relay: other } = relayOf('other')
    const there = await new Owner(net, other, 2).connect()
    await there.open({ bits: null })
    const mallory = await new MailPeer(net, other).connect()
    await expect(mallory.deposit(there.box, letterOf(1), { access: bob.access })).rejects.toEqual(code('MAIL_REFUSED'))
    // One access key, two boxes.
    expect(hexOf(accessFor(filled(16, 5), bob.box))).not.toBe(hexOf(accessFor(filled(16, 5), there.box)))
  })

  it('loses the access when the owner changes it', async () => {
    const { owner, peer } = begin()
    const bob = await owner(1)
    await bob.open({ bits: null })
    const alice = await peer()
    await alice.deposit(bob.box, letterOf(1), { access: bob.access })
    await bob.open({ bits: null, access: filled(32, 9) })
    await expect(alice.deposit(bob.box, letterOf(2), { access: bob.access })).rejects.toEqual(code('MAIL_REFUSED'))
  })

  it('may send so many in a minute, and is told how long to wait', async () => {
    const { net, owner, peer } = begin({ limits: { depositBurst: 3, strangerDepositBurst: 2 } })
    const bob = await owner(1)
    await bob.open()
    const alice = await peer()
    for (let n = 0; n < 3; n++) await alice.deposit(bob.box, letterOf(n), { access: bob.access })
    const refusal = await alice.deposit(bob.box, letterOf(4), { access: bob.access }).catch((error) => error)
    expect(refusal).toMatchObject({ code: 'RATE_LIMITED', details: { retryAfterMs: expect.any(Number) } })
    await net.clock.advance(refusal.details.retryAfterMs)
    await alice.deposit(bob.box, letterOf(4), { access: bob.access })
    // Failures count too: each has cost a hash.
    const mallory = await peer()
    for (let n = 0; n < 2; n++) await mallory.deposit(bob.box, letterOf(9), {}).catch(() => {})
    await expect(mallory.deposit(bob.box, letterOf(9), { bits: 4 })).rejects.toEqual(code('RATE_LIMITED'))
  })

  it('fills a box with strangers that have worked, and contacts go on', async () => {
    const { owner, peer } = begin({ limits: { strangerDepositBurst: 100 } })
    const bob = await owner(1)
    await bob.open()
    const mallory = await peer()
    for (let n = 0; n < 32; n++) await mallory.deposit(bob.box, letterOf(n), { bits: 4 })
    await expect(mallory.deposit(bob.box, letterOf(40), { bits: 4 })).rejects.toEqual(code('MAILBOX_FULL'))
    const alice = await peer()
    await alice.deposit(bob.box, letterOf(50), { access: bob.access })
    const { letters } = await bob.ask('fetch', {})
    expect(letters.map(numberOf)).toEqual([...Array(32).keys(), 50])
  })

  it('never pushes out what waits: a full box refuses', async () => {
    const { owner, peer } = begin({ limits: { maxBoxLetters: 3 } })
    const bob = await owner(1)
    await bob.open()
    const alice = await peer()
    for (let n = 0; n < 3; n++) await alice.deposit(bob.box, letterOf(n), { access: bob.access })
    for (let n = 3; n < 8; n++) {
      await expect(alice.deposit(bob.box, letterOf(n), { access: bob.access })).rejects.toEqual(code('MAILBOX_FULL'))
    }
    expect((await bob.ask('fetch', {})).letters.map(numberOf)).toEqual([0, 1, 2])
  })

  it('is charged for the hashes that it makes the relay do', async () => {
    const charged = new Map<string, number>()
    const turns = { charge: (key: string, ms: number) => void charged.set(key, (charged.get(key) ?? 0) + ms) }
    const { owner, peer } = begin({ costs: { turns } })
    const bob = await owner(1)
    await bob.open()
    const [alice, mallory] = [await peer(), await peer()]
    await alice.deposit(bob.box, letterOf(1, 262_144), { access: bob.access })
    await mallory.deposit(bob.box, letterOf(2, 262_144), { work: filled(8, 0) }).catch(() => {})
    expect([...charged.keys()]).toEqual([alice, mallory].map(({ kit }) => hexOf(kit.publicKey)))
    for (const ms of charged.values()) expect(ms).toBeGreaterThan(0)
  })

  it('keeps no other waiting: what it asks at once is bounded', async () => {
    const { net, owner, peer } = begin({ limits: { maxMailWaiting: 2 } })
    const bob = await owner(1)
    await bob.open()
    const alice = await peer()
    const outcomes = await net.run(
      Promise.allSettled(Array.from({ length: 12 }, (_, n) => alice.deposit(bob.box, letterOf(n), { access: bob.access }))),
    )
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason.code)
    expect(refused.length).toBeGreaterThan(0)
    expect(new Set(refused)).toEqual(new Set(['RATE_LIMITED']))
  })

  it.each(['direct', 'opened', 'letter', '__proto__', 'x'.repeat(100)])('learns that %s is no request', async (type) => {
    const { net, peer, relay } = begin()
    const alice = await peer()
    await expect(net.run(alice.kit.request(relay.peerId, { type, payload: null, protocol: MAIL_PROTOCOL }))).rejects.toEqual(
      code('INVALID_MESSAGE'),
    )
  })
})

describe('what binds an opening', () => {
  it('is the same at both ends', async () => {
    const { owner, relay } = begin()
    const bob = await owner(1)
    let kit: typeof bob.kit | undefined
    relay.use({
      name: 'spy',
      attach: (given) => {
        kit = given
        return {}
      },
    })
    const there = bindingWith(kit!, bob.coordinator.peerId, true)
    expect(there).toEqual(bindingWith(bob.kit, relay.peerId, false))
    expect(bindingWith(kit!, 'nobody', true)).toBeUndefined()
  })
})
