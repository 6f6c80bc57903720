// What the other end of a handshake gets before it has proven who it is: nothing of what the application tells. The hostile ends here
// hold the keys of the handshake, so they read all that is sent to them.
import { describe, expect, it } from 'vitest'
import { joined } from '../../src/base/bytes.js'
import { DEFAULT_LIMITS } from '../../src/base/limits.js'
import { Entry } from '../../src/channel/batch.js'
import { createChannelKeys } from '../../src/channel/certificate.js'
import type { ChannelOptions } from '../../src/channel/channel-options.js'
import type { CipherState } from '../../src/channel/cipher-state.js'
import type { OwnDescription } from '../../src/channel/description.js'
import { Handshake, REFUSAL, refusalOf } from '../../src/channel/handshake.js'
import type { LocalHello } from '../../src/channel/hello.js'
import { NoiseXX } from '../../src/channel/noise.js'
import { SecureChannel } from '../../src/channel/secure-channel.js'
import type { P2PConfig } from '../../src/coordinator.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { decode } from '../../src/message/codec.js'
import { createTestNetwork } from '../../src/testing/test-network.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { alice, bob, pipe, START } from '../channel/pair.js'

/** All that the application of the honest end tells, each of its own kind. */
const TOLD = {
  name: 'secret-name',
  protocols: ['secret-protocol', 'lotus/heartbeat'],
  addresses: ['wss://secret-address.example'],
  metadata: { note: 'secret-metadata' },
  agent: 'secret-agent/9',
}
const own = (extra: Partial<OwnDescription> = {}): OwnDescription => ({ streams: new Uint8Array(8), ...TOLD, ...extra })
const SECRETS = ['secret-', 'lotus/', 'metadata', 'protocols']
const said = (bytes: Uint8Array) => SECRETS.filter((secret) => Buffer.from(bytes).includes(secret))

interface Attacked {
  /** All that the honest end has sent, as it went out. */
  sent: Uint8Array[]
  say(frame: Uint8Array): void
  clock: VirtualClock
  outcome: Promise<SecureChannel | Error>
}

/** An honest end in its first steps. The test plays the other one. */
function honest(
  role: 'dials' | 'answers',
  changes: Partial<ChannelOptions> & Pick<SecureChannelAdmission, 'admit'> = {},
): Attacked {
  const clock = new VirtualClock()
  const [near, far] = pipe()
  const [ours, theirs] = role === 'dials' ? [near, far] : [far, near]
  const sent: Uint8Array[] = []
  theirs.attach({ onFrame: (frame) => sent.push(frame), onClose: () => {}, onDrain: () => {} })
  const options = { ...alice, limits: DEFAULT_LIMITS, clock, describe: () => own(), ...changes }
  const transport = {
    dial: async (_: string, { firstFrame }: { firstFrame: Uint8Array }) => {
      ours.send(firstFrame)
      return ours
    },
  }
  const opening = role === 'dials' ? SecureChannel.dial(transport, '', options) : SecureChannel.accept(ours, options)
  return { sent, say: (frame) => theirs.send(frame), clock, outcome: opening.catch((error: Error) => error) }
}

interface SecureChannelAdmission {
  admit?: (channel: SecureChannel) => Promise<void>
}

async function until(attacked: Attacked, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 100 && !holds(); i++) await attacked.clock.advance(0)
  expect(holds()).toBe(true)
}

const ends = async ({ outcome, clock }: Attacked) => {
  await clock.advance(DEFAULT_LIMITS.handshakeTimeoutMs + 1_000)
  return outcome
}

/** Mallory's keys, with a certificate that the identity given has not signed, or that does not hold any more. */
const mallory = identityFromSeed(new Uint8Array(32).fill(66))
const hello = (keys: LocalHello['keys']): LocalHello => ({ ...bob.local, keys })
const forged = hello(async (at) => {
  const keys = await createChannelKeys(mallory, bob.local.network, at)
  return { ...keys, publicKey: identityFromSeed(new Uint8Array(32).fill(67)).publicKey }
})

describe('a dialler tells a hostile responder nothing of its application', () => {
  /** A responder that answers with message 2, and what it can read of all that follows. */
  async function answered(local: LocalHello, attacked: Attacked): Promise<{ plain: Uint8Array[] }> {
    await until(attacked, () => attacked.sent.length > 0)
    const handshake = new Handshake(false, local, DEFAULT_LIMITS, { now: () => START })
    const { frame } = await handshake.receive(attacked.sent[0]!)
    attacked.say(frame!)
    await ends(attacked)
    const plain: Uint8Array[] = []
    let receive: CipherState | undefined
    for (const next of attacked.sent.slice(1)) {
      if (next[0] === REFUSAL && receive === undefined) plain.push(next)
      else if (receive === undefined) receive = (await handshake.receive(next)).noise?.receive
      else plain.push(receive.decrypt(next))
    }
    return { plain }
  }

  it('one that it has looked for, and only that one, reads what it is told, behind message 3', async () => {
    const attacked = honest('dials')
    const { plain } = await answered(bob.local, attacked)
    expect(attacked.sent).toHaveLength(4)
    expect(said(joined(attacked.sent[0]!))).toEqual([])
    expect(plain[0]![0]).toBe(Entry.DESCRIPTION)
    expect(said(plain[0]!)).toEqual(SECRETS)
  })

  it('not before it has answered, whatever it sends in place of an answer', async () => {
    for (const frame of [new Uint8Array(0), new Uint8Array(64).fill(1), Uint8Array.of(REFUSAL), new Uint8Array(900).fill(9)]) {
      const attacked = honest('dials')
      await until(attacked, () => attacked.sent.length > 0)
      attacked.say(frame)
      expect(await ends(attacked)).toBeInstanceOf(Error)
      expect(said(joined(...attacked.sent))).toEqual([])
    }
  })

  const refused: [string, LocalHello, Parameters<typeof honest>[1]][] = [
    ['whose certificate another key has signed', forged, {}],
    [
      'whose certificate does not hold at this time',
      bob.local,
      {
        judge: () => {
          throw Object.assign(new Error('The certificate of secret-name has ended.'))
        },
      },
    ],
    [
      'that is not the one that it has looked for',
      bob.local,
      {
        admit: async () => {
          throw new Error('At this address is bob, not secret-name of secret-protocol.')
        },
      },
    ],
  ]
  it.each(refused)('not one %s: neither our identity, nor whom we have looked for', async (_, local, changes) => {
    const attacked = honest('dials', changes)
    const { plain } = await answered(local, attacked)
    expect(await attacked.outcome).toBeInstanceOf(Error)
    // Message 1, and that it is over: message 3, with our identity, never leaves.
    expect(attacked.sent).toHaveLength(2)
    expect(plain).toHaveLength(1)
    const all = joined(...attacked.sent)
    expect(said(all)).toEqual([])
    const { publicKey } = await alice.local.keys(START)
    expect(Buffer.from(all).includes(Buffer.from(publicKey))).toBe(false)
    expect(refusalOf(plain[0]!.subarray(1), DEFAULT_LIMITS, true).message).toMatch(/^The peer closed the connection: [A-Z_]+\.$/)
  })

  it('not one that answers under another name than it was looked for by', async () => {
    const net = createTestNetwork({ latencyMs: 5 })
    const there = net.createPeer({ host: 'there', peerId: 'mallory' })
    await net.run(there.start())
    const from = net.createPeer({ host: 'from', listening: false })
    const why: unknown[] = []
    there.on('error', (error) => why.push(error.message))
    const target = {
      peerId: 'secret-friend',
      addresses: { others: ['memory://there'] },
      state: 'disconnected',
      lastSeen: 0,
    } as const
    const dial = from.connectToPeer(target as never, { timeoutMs: 2_000 })
    await expect(net.run(dial)).rejects.toMatchObject({ code: 'WRONG_PEER', message: expect.stringContaining('secret-friend') })
    await net.clock.advance(1_000)
    expect(JSON.stringify([why, there.getConnectedPeers()])).not.toContain('secret-friend')
    await net.stop()
  })
})

describe('a responder tells a hostile dialler nothing of its application', () => {
  /** Message 1, and what is in message 2, read with the keys of the handshake. */
  async function helloOf(attacked: Attacked): Promise<Record<string, unknown>> {
    const prologue = new TextEncoder().encode(`lotus-p2p/2\0${alice.local.network}`)
    const noise = new NoiseXX({ initiator: true, prologue })
    const offer = new Handshake(true, bob.local, DEFAULT_LIMITS, { now: () => START }).start().subarray(1 + 32)
    attacked.say(joined(Uint8Array.of(1), noise.writeMessage(offer)))
    await until(attacked, () => attacked.sent.length > 0)
    return decode(noise.readMessage(attacked.sent[0]!.subarray(1)), DEFAULT_LIMITS) as Record<string, unknown>
  }

  it('one that has sent message 1 reads identity, versions, time and terms of work, and no more', async () => {
    const work = { demanded: { bits: 4, salt: new Uint8Array(16), day: 1 } }
    const attacked = honest('answers', { work })
    const told = await helloOf(attacked)
    expect(Object.keys(told).sort()).toEqual(['certificate', 'now', 'pad', 'publicKey', 'session', 'suite', 'version', 'work'])
    await ends(attacked)
    // That it is over is all that follows, in the clear.
    expect(attacked.sent).toHaveLength(2)
    expect(attacked.sent[1]![0]).toBe(REFUSAL)
    expect(said(joined(...attacked.sent))).toEqual([])
  })

  /** A dialler that goes on to message 3, and what it can read of all that follows. */
  async function dialled(local: LocalHello, attacked: Attacked, ...more: Uint8Array[]): Promise<Uint8Array[]> {
    const handshake = new Handshake(true, local, DEFAULT_LIMITS, { now: () => START })
    attacked.say(handshake.start())
    await until(attacked, () => attacked.sent.length > 0)
    await handshake.receive(attacked.sent[0]!)
    const { frame, noise } = await handshake.confirm()
    attacked.say(frame)
    for (const entry of more) attacked.say(noise.send.encrypt(entry))
    await ends(attacked)
    // One whose last message is not accepted shares no keys with us: that is said in the clear.
    return attacked.sent.slice(1).map((sealed) => (sealed[0] === REFUSAL ? sealed : noise.receive.decrypt(sealed)))
  }
  const entry = (kind: number, body: Uint8Array) => joined(Uint8Array.of(kind, body.length >> 8, body.length & 255), body)

  it.each([
    ['whose certificate another key has signed', forged, []],
    ['that has proven itself, and tells nothing of itself', bob.local, []],
    ['that tells of itself what is malformed', bob.local, [entry(Entry.DESCRIPTION, new Uint8Array(20).fill(0xc1))]],
    ['that speaks before it has told of itself', bob.local, [entry(Entry.MESSAGE, new Uint8Array(20))]],
  ] as [string, LocalHello, Uint8Array[]][])('one %s', async (_, local, more) => {
    const attacked = honest('answers')
    const plain = await dialled(local, attacked, ...more)
    expect(await attacked.outcome).toBeInstanceOf(Error)
    expect(plain).toHaveLength(1)
    expect([REFUSAL, Entry.CLOSE]).toContain(plain[0]![0])
    expect(said(joined(...plain, attacked.sent[0]!))).toEqual([])
  })

  it('one that is banned', async () => {
    const attacked = honest('answers', {
      admit: async () => {
        throw new Error('BANNED')
      },
    })
    const plain = await dialled(bob.local, attacked)
    expect(plain.map(([kind]) => kind)).toEqual([Entry.CLOSE])
    expect(said(joined(...plain))).toEqual([])
  })
})

describe('the lengths of a handshake', () => {
  /** Lengths of all frames between two coordinators until both are connected, and a little longer. */
  async function lengths(config: P2PConfig): Promise<number[]> {
    const net = createTestNetwork({ latencyMs: 5 })
    const relay = net.createPeer({ host: 'relay', relay: true })
    await net.run(relay.start())
    const inner = net.network.transport('alice')
    const seen: number[] = []
    const transport: typeof inner = {
      ...inner,
      async dial(address, options) {
        seen.push(options.firstFrame.length)
        const connection = await inner.dial(address, options)
        const { send } = connection
        connection.send = (frame) => {
          if (seen.length < 3) seen.push(frame.length)
          send.call(connection, frame)
        }
        return connection
      },
    }
    const wallet = net.createPeer({ host: 'alice', listening: false, transport, bootstrap: ['memory://relay'], ...config })
    await net.run(wallet.start())
    await net.stop()
    return seen
  }

  it('tell neither the length of a name nor of what is told of oneself, but for the bucket that it fits', async () => {
    const short = await lengths({ metadata: { a: 1 } })
    const long = await lengths({ peerId: 'a-name-of-some-length', metadata: { a: 1, b: 'x'.repeat(40) } })
    expect(short).toHaveLength(3)
    expect(long).toEqual(short)
    const [, , description] = await lengths({ metadata: { text: 'x'.repeat(1_800) } })
    expect(description).toBeGreaterThan(short[2]!)
    for (const bytes of [short[2]!, description!]) expect([bytes >= 256, bytes & (bytes - 1)]).toEqual([true, 0])
  })
})
