import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { DEFAULT_LIMITS } from '../../src/base/limits.js'
import { Handshake, refusalOf } from '../../src/channel/handshake.js'
import { createChannelKeys, verifyHello } from '../../src/channel/hello.js'
import { SecureChannel } from '../../src/channel/secure-channel.js'
import type { WorkProof, WorkTerms } from '../../src/channel/work.js'
import { P2PCoordinator } from '../../src/coordinator.js'
import { generateIdentity, type Identity, identityFromSeed } from '../../src/identity/identity.js'
import { encode } from '../../src/message/codec.js'
import { type Relay, startRelay } from '../../src/node/index.js'
import { mineProofOfWork, type WorkWorker, workEpoch } from '../../src/plugins/proof-of-work/proof-of-work.js'
import { workDemand } from '../../src/plugins/proof-of-work/work-demand.js'
import type { ProofOfWorkEvent } from '../../src/plugins/proof-of-work/work-proofs.js'
import { searchNonces, type WorkTask } from '../../src/plugins/proof-of-work/work-search.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import { createTestNetwork } from '../../src/testing/index.js'
import { FakeRtc } from '../webrtc/fake-rtc.js'

const EPOCH_MS = DEFAULT_LIMITS.workEpochMs

function eventsOf(peer: P2PCoordinator): ProofOfWorkEvent[] {
  const seen: ProofOfWorkEvent[] = []
  peer.on('proof-of-work', (event) => void seen.push(event))
  return seen
}

const count = (seen: ProofOfWorkEvent[], state: ProofOfWorkEvent['state']) => seen.filter((event) => event.state === state).length

/** A worker that finds the nonce when it is told to. */
class HandWorker implements WorkWorker {
  static all: HandWorker[] = []
  task: WorkTask | undefined
  ended = false
  private tell: (event: unknown) => void = () => {}
  constructor() {
    HandWorker.all.push(this)
  }
  addEventListener(type: string, listener: (event: unknown) => void) {
    if (type === 'message') this.tell = listener
  }
  postMessage(task: unknown) {
    this.task = task as WorkTask
  }
  finish() {
    const nonce = searchNonces(this.task!)(0, 1_000_000)
    if (!this.ended) this.tell({ data: { hashes: nonce! + 1, nonce } })
  }
  terminate() {
    this.ended = true
  }
}

afterEach(() => {
  HandWorker.all = []
})

const proofOfWork = { worker: () => new HandWorker() }

describe('a peer that demands work', () => {
  it('is connected to in one call, after the work, which is told of', async () => {
    const net = createTestNetwork()
    const relay = net.createPeer({ powDifficulty: 8 })
    const alice = net.createPeer()
    const seen = eventsOf(alice)
    await net.run(relay.start())
    await net.run(alice.connectToPeer(net.addressOf(relay)))
    expect(alice.isConnected(relay.peerId)).toBe(true)
    expect(seen[0]).toMatchObject({ state: 'mining', bits: 8, hashes: 0, expectedHashes: 256, address: net.addressOf(relay) })
    expect(seen.at(-1)).toMatchObject({ state: 'done', bits: 8 })
    expect(seen.at(-1)!.hashes).toBeGreaterThan(0)
    expect(alice.getStats().peers).toMatchObject({ dialsFailed: 0 })
    await net.stop()
  })

  it('has the work of one search by all dials that need it, and by later ones for as many bits or fewer', async () => {
    const net = createTestNetwork()
    const relays = [9, 9, 5].map((powDifficulty) => net.createPeer({ powDifficulty }))
    const alice = net.createPeer({ proofOfWork })
    const seen = eventsOf(alice)
    await net.run(Promise.all(relays.map((relay) => relay.start())))
    const first = Promise.all(relays.slice(0, 2).map((relay) => alice.connectToPeer(net.addressOf(relay))))
    await net.clock.advance(100)
    expect(HandWorker.all.map(({ task }) => task?.bits)).toEqual([9])
    HandWorker.all[0]!.finish()
    await net.run(first)
    await net.run(alice.connectToPeer(net.addressOf(relays[2]!)))
    expect(relays.map(({ peerId }) => alice.isConnected(peerId))).toEqual([true, true, true])
    expect(count(seen, 'done')).toBe(1)
    expect(HandWorker.all).toHaveLength(1)
    await net.stop()
  })

  it('has more work where it demands more than another did', async () => {
    const net = createTestNetwork()
    const [easy, hard] = [5, 12].map((powDifficulty) => net.createPeer({ powDifficulty })) as [P2PCoordinator, P2PCoordinator]
    const alice = net.createPeer()
    const seen = eventsOf(alice)
    await net.run(Promise.all([easy.start(), hard.start()]))
    await net.run(Promise.all([easy, hard].map((relay) => alice.connectToPeer(net.addressOf(relay)))))
    expect(alice.isConnected(hard.peerId)).toBe(true)
    expect(seen.filter(({ state }) => state === 'done').map(({ bits }) => bits)).toContain(12)
    await net.stop()
  })

  it('is waited for beyond the time of a dial, by address and by peer id, while the work is under way', async () => {
    const net = createTestNetwork({ scheme: 'ws' })
    const relay = net.createPeer({ powDifficulty: 8 })
    const alice = net.createPeer({ proofOfWork })
    await net.run(relay.start())
    const websocket = net.addressOf(relay)
    const dials = Promise.all([
      alice.connectToPeer(websocket),
      alice.connectToPeer({ peerId: relay.peerId, addresses: { websocket }, protocols: [], lastSeen: 0 } as never),
    ])
    await net.clock.advance(100_000)
    HandWorker.all[0]!.finish()
    await net.run(dials)
    expect(alice.isConnected(relay.peerId)).toBe(true)
    await net.stop()
  })

  it('is given up where the work takes too long, and the same is not begun again until the machine has slept', async () => {
    const net = createTestNetwork()
    const relay = net.createPeer({ powDifficulty: 8 })
    const alice = net.createPeer({ proofOfWork })
    const seen = eventsOf(alice)
    await net.run(relay.start())
    const connect = () => alice.connectToPeer(net.addressOf(relay)).catch(({ code }) => code)
    expect(await net.run(connect())).toBe('PROOF_OF_WORK_TOO_HARD')
    expect(HandWorker.all.map(({ ended }) => ended)).toEqual([true])
    expect(count(seen, 'failed')).toBe(1)
    expect(await net.run(connect())).toBe('PROOF_OF_WORK_TOO_HARD')
    expect(HandWorker.all).toHaveLength(1)
    alice.suspend()
    await net.run(alice.resume())
    const third = connect()
    await net.clock.advance(100)
    HandWorker.all[1]!.finish()
    await net.run(third)
    expect(alice.isConnected(relay.peerId)).toBe(true)
    await net.stop()
  })

  it('that demands what would empty a battery is refused, before anything is done', async () => {
    for (const bits of [25, 60, 256]) {
      const net = createTestNetwork()
      const alice = net.createPeer()
      const seen = eventsOf(alice)
      await hostileListener(net, bits)
      const error = await net.run(alice.connectToPeer('memory://hostile').catch((failure) => failure))
      expect(error).toMatchObject({ code: 'PROOF_OF_WORK_TOO_HARD', details: { bits, maxBits: 24, address: 'memory://hostile' } })
      expect(seen).toEqual([])
      await net.stop()
    }
  })

  it('and demands more with each dial gets one search a call, and none above the limit', async () => {
    const net = createTestNetwork()
    const alice = net.createPeer({ limits: { maxWorkBits: 10 } })
    const seen = eventsOf(alice)
    const bits = [1, 10, 11]
    await hostileListener(net, () => bits.shift()!)
    const codes: string[] = []
    for (let i = 0; i < 2; i++) codes.push(await net.run(alice.connectToPeer('memory://hostile').catch(({ code }) => code)))
    expect(codes).toEqual(['PROOF_OF_WORK_REQUIRED', 'PROOF_OF_WORK_TOO_HARD'])
    expect(count(seen, 'done')).toBe(1)
    await net.stop()
  })

  it('that refuses a proof that holds is no reason to search again', async () => {
    const net = createTestNetwork()
    const relay = net.createPeer({ powDifficulty: 8, clock: { ...shifted(net.clock, 5 * EPOCH_MS) } })
    const alice = net.createPeer()
    const seen = eventsOf(alice)
    await net.run(relay.start())
    const error = await net.run(alice.connectToPeer(net.addressOf(relay)).catch((failure) => failure))
    expect(error).toMatchObject({ code: 'PROOF_OF_WORK_REQUIRED', details: { byPeer: true } })
    expect(error.message).toMatch(/clock/)
    expect(count(seen, 'done')).toBe(1)
    await net.stop()
  })
})

describe('work that is under way', () => {
  async function begun() {
    const net = createTestNetwork()
    const relay = net.createPeer({ powDifficulty: 8 })
    const alice = net.createPeer({ proofOfWork })
    await net.run(relay.start())
    return { net, relay, alice, seen: eventsOf(alice), address: net.addressOf(relay) }
  }

  it('ends with the signal of the only one who waits for it', async () => {
    const { net, alice, seen, address } = await begun()
    const leaving = new AbortController()
    const dial = alice.connectToPeer(address, { signal: leaving.signal }).catch(({ code }) => code)
    await net.clock.advance(100)
    leaving.abort()
    expect(await net.run(dial)).toBe('ABORTED')
    await net.clock.advance(0)
    expect(HandWorker.all.map(({ ended }) => ended)).toEqual([true])
    expect(seen.at(-1)!.state).toBe('failed')
    await net.stop()
  })

  it('goes on for the others where one leaves', async () => {
    const { net, relay, alice, address } = await begun()
    const leaving = new AbortController()
    const first = alice.connectToPeer(address, { signal: leaving.signal }).catch(({ code }) => code)
    const second = alice.connectToPeer(address)
    await net.clock.advance(100)
    leaving.abort()
    expect(await net.run(first)).toBe('ABORTED')
    HandWorker.all[0]!.finish()
    await net.run(second)
    expect(alice.isConnected(relay.peerId)).toBe(true)
    await net.stop()
  })

  it('ends with the coordinator, and leaves no timer', async () => {
    const { net, alice, address } = await begun()
    const dial = alice.connectToPeer(address).catch(({ code }) => code)
    await net.clock.advance(100)
    await net.run(alice.shutdown())
    expect(await net.run(dial)).toBe('CONNECTION_CLOSED')
    expect(HandWorker.all.map(({ ended }) => ended)).toEqual([true])
    await net.stop()
    expect(net.clock.pending).toBe(0)
  })
})

describe('a proof', () => {
  it('survives a reload in the store, and only there; what was tampered with is not believed', async () => {
    const net = createTestNetwork()
    const relay = net.createPeer({ powDifficulty: 8 })
    await net.run(relay.start())
    const store = memoryStore()
    const identity = identityFromSeed(new Uint8Array(32).fill(9))
    const visit = async (changes: object = {}) => {
      const alice = net.createPeer({ identity, store, ...changes })
      const seen = eventsOf(alice)
      await net.run(alice.connectToPeer(net.addressOf(relay)))
      await net.run(alice.shutdown())
      return count(seen, 'done')
    }
    expect(await visit()).toBe(1)
    expect(await visit()).toBe(0)
    expect(await visit({ store: memoryStore() })).toBe(1)
    expect(await visit({ identity: identityFromSeed(new Uint8Array(32).fill(10)) })).toBe(1)
    for (const key of await store.keys('proof-of-work/')) await store.set(key, new Uint8Array(12))
    expect(await visit()).toBe(1)
    const broken = { ...store, get: () => Promise.reject(new Error('disk')), set: () => Promise.reject(new Error('disk')) }
    expect(await visit({ store: broken })).toBe(1)
    await net.stop()
  })

  it('is renewed quietly when its epoch ends, so that nobody waits for it', async () => {
    const net = createTestNetwork()
    const relay = net.createPeer({ powDifficulty: 8 })
    const store = memoryStore()
    const alice = net.createPeer({ store })
    const seen = eventsOf(alice)
    await net.run(relay.start())
    await net.run(alice.connectToPeer(net.addressOf(relay)))
    const epochOf = async () => {
      const [key] = await store.keys('proof-of-work/')
      return new DataView((await store.get(key!))!.buffer).getUint32(0)
    }
    const first = workEpoch(net.clock.now(), EPOCH_MS)
    expect(await epochOf()).toBe(first)
    await alice.disconnectFromPeer(relay.peerId)
    await net.clock.advance((first + 1) * EPOCH_MS - net.clock.now() + 1_000)
    expect(await epochOf()).toBe(first + 1)
    // A week without any dial: not for nothing again. The next dial still has a proof that counts, and renews it meanwhile.
    await net.clock.advance(EPOCH_MS)
    expect(await epochOf()).toBe(first + 1)
    await net.run(alice.connectToPeer(net.addressOf(relay)))
    await net.clock.advance(0)
    expect(await epochOf()).toBe(first + 2)
    expect(count(seen, 'done')).toBe(1)
    await net.stop()
  })

  it('that is older is made anew when it is demanded', async () => {
    const net = createTestNetwork()
    const relay = net.createPeer({ powDifficulty: 8 })
    const alice = net.createPeer()
    const seen = eventsOf(alice)
    await net.run(relay.start())
    await net.run(alice.connectToPeer(net.addressOf(relay)))
    await alice.disconnectFromPeer(relay.peerId)
    net.clock.sleep(3 * EPOCH_MS)
    await net.run(alice.connectToPeer(net.addressOf(relay)))
    expect(alice.isConnected(relay.peerId)).toBe(true)
    expect(count(seen, 'done')).toBeGreaterThanOrEqual(1)
    await net.stop()
  })
})

describe('who comes without work to a relay that demands it', () => {
  let relay: Relay

  afterEach(() => relay.stop())

  /** The code with which the relay refuses a peer made by hand; undefined where it takes it. */
  async function fate(proofFor: (identity: Identity) => Promise<WorkProof | undefined>): Promise<string | undefined> {
    const identity = await generateIdentity()
    const proof = await proofFor(identity)
    const keys = await createChannelKeys(identity)
    const local = { keys, agent: 'raw', requireSignatures: false, protocols: [], addresses: [] }
    const handshake = new Handshake(true, local, DEFAULT_LIMITS, { find: () => proof })
    const socket = new WebSocket(relay.url)
    await once(socket, 'open')
    socket.send(handshake.start())
    const [answer] = (await once(socket, 'message')) as [Buffer]
    const { frame } = await handshake.receive(new Uint8Array(answer))
    socket.send(frame!)
    const [last] = (await once(socket, 'message')) as [Buffer]
    socket.close()
    // READY has 19 bytes, sealed, of which the first may be anything.
    return last[0] === 0 && last.length > 19 ? refusalOf(new Uint8Array(last).subarray(1), DEFAULT_LIMITS).code : undefined
  }

  const mined = (changes: Partial<Parameters<typeof mineProofOfWork>[0]> = {}) => {
    return ({ publicKey }: Identity) => mineProofOfWork({ publicKey, bits: 12, ...changes })
  }

  it.each<[string, (identity: Identity) => Promise<WorkProof | undefined>]>([
    ['no proof', async () => undefined],
    ['the proof of another key', mined({ publicKey: new Uint8Array(32).fill(1) })],
    ['a proof of two epochs ago', mined({ epoch: workEpoch(Date.now(), EPOCH_MS) - 2 })],
    ['a proof made ahead', mined({ epoch: workEpoch(Date.now(), EPOCH_MS) + 2 })],
    ['a nonce that was not searched for', async () => ({ epoch: workEpoch(Date.now(), EPOCH_MS), nonce: new Uint8Array(8) })],
  ])('with %s is refused, and it is no fault', async (_, proofFor) => {
    relay = await startRelay({ port: 0, host: '127.0.0.1', powDifficulty: 12 })
    expect(await fate(proofFor)).toBe('PROOF_OF_WORK_REQUIRED')
    expect(relay.coordinator.getConnectedPeers()).toEqual([])
    expect(relay.coordinator.getStats().defence).toMatchObject({ refused: 1, faults: {} })
    expect(await fate(mined())).toBeUndefined()
  })

  it('is refused before its signature is looked at', async () => {
    const keys = await createChannelKeys(identityFromSeed(new Uint8Array(32).fill(3)))
    const payload = encode({
      ...{ version: 1, publicKey: keys.publicKey, signature: new Uint8Array(64), agent: 'raw', protocols: [], addresses: [] },
    })
    const { check } = demandOf('websocket', false)!
    const verdict = (work: WorkTerms['check']) => verifyHello(payload, keys.noise.publicKey, DEFAULT_LIMITS, work)
    await expect(verdict(check)).rejects.toMatchObject({ code: 'PROOF_OF_WORK_REQUIRED', details: { bits: 20 } })
    await expect(verdict(undefined)).rejects.toMatchObject({ code: 'INVALID_SIGNATURE' })
    relay = await startRelay({ port: 0, host: '127.0.0.1' })
  })

  it('is taken where it demands none, as relays in private networks by default', async () => {
    relay = await startRelay({ port: 0, host: '127.0.0.1' })
    expect(relay.powDifficulty).toBe(0)
    expect(await fate(async () => undefined)).toBeUndefined()
  })

  it('knows of it beforehand: /info tells', async () => {
    relay = await startRelay({ port: 0, host: '127.0.0.1', announce: ['wss://relay.example'] })
    const info = await (await fetch(`${relay.url.replace('ws', 'http')}/info`)).json()
    expect(info).toMatchObject({ powDifficulty: 20, workEpochMs: EPOCH_MS })
  })
})

const demandOf = (transport: Parameters<typeof workDemand>[0]['transport'], isConnected: boolean) =>
  workDemand({ bits: 20, transport, clock: { now: Date.now } as never, limits: DEFAULT_LIMITS, isConnected: () => isConnected })

describe('the demand', () => {
  it('is told to whoever comes by a listener or a circuit, and not to tabs of the same browser', () => {
    for (const transport of ['websocket', 'http', 'memory', 'circuit'] as const) expect(demandOf(transport, true)?.bits).toBe(20)
    expect(demandOf('broadcast-channel', false)).toBeUndefined()
  })

  it('is not told where a connected peer changes to WebRTC, but holds for another identity that comes that way', () => {
    expect(demandOf('webrtc', true)?.bits).toBeUndefined()
    expect(() => demandOf('webrtc', true)!.check!(new Uint8Array(32), undefined)).not.toThrow()
    expect(() => demandOf('webrtc', false)!.check!(new Uint8Array(32), undefined)).toThrow(/20 bits/)
  })

  it('of a wallet behind a relay is met by who calls it there', async () => {
    const net = createTestNetwork()
    const relay = net.createPeer({ relay: true })
    const bob = net.createPeer({ listening: false, powDifficulty: 8, bootstrap: [net.addressOf(relay)] })
    const alice = net.createPeer({ listening: false, bootstrap: [net.addressOf(relay)] })
    const seen = eventsOf(alice)
    await net.run(relay.start())
    await net.run(Promise.all([alice.start(), bob.start()]))
    await net.clock.advance(1_000)
    await net.run(alice.connectToPeer(`circuit:${relay.peerId}/${bob.peerId}`))
    expect(alice.isConnected(bob.peerId)).toBe(true)
    expect(count(seen, 'done')).toBe(1)
    await net.stop()
  })

  it('does not stand in the way of WebRTC between two that have met', async () => {
    const net = createTestNetwork({ latencyMs: 10 })
    const relay = net.createPeer({ relay: true })
    await net.run(relay.start())
    const webrtc = { implementation: new FakeRtc() }
    const [alice, bob] = [0, 8].map((powDifficulty) =>
      net.createPeer({ listening: false, powDifficulty, webrtc, bootstrap: [net.addressOf(relay)] }),
    ) as [P2PCoordinator, P2PCoordinator]
    const [hers, his] = [eventsOf(alice), eventsOf(bob)]
    await net.run(Promise.all([alice.start(), bob.start()]))
    await net.clock.advance(1_000)
    await net.run(alice.connectToPeer(bob.peerId))
    await net.clock.advance(20_000)
    expect(alice.getPeer(bob.peerId)?.connection?.transport).toBe('webrtc')
    expect([count(hers, 'done'), count(his, 'done')]).toEqual([1, 0])
    await net.stop()
  })

  it.each([-1, 41, 1.5, '20'])('of %s bits is refused with INVALID_CONFIG', (powDifficulty) => {
    expect(() => new P2PCoordinator({ powDifficulty: powDifficulty as number })).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG', details: { option: 'powDifficulty' } }),
    )
  })
})

/** Accepts at memory://hostile, demands work, and takes nobody. */
async function hostileListener(net: ReturnType<typeof createTestNetwork>, bits: number | (() => number)): Promise<void> {
  const keys = await createChannelKeys(identityFromSeed(new Uint8Array(32).fill(66)))
  const local = { keys, agent: 'hostile', requireSignatures: false, protocols: [], addresses: [] }
  await net.network.listener('hostile').listen((connection) => {
    const work = { bits: typeof bits === 'number' ? bits : bits() }
    const admit = () => new Promise<void>(() => {})
    SecureChannel.accept(connection, { local, limits: DEFAULT_LIMITS, clock: net.clock, work, admit }).catch(() => {})
  })
}

function shifted(clock: ReturnType<typeof createTestNetwork>['clock'], byMs: number) {
  return {
    now: () => clock.now() + byMs,
    setTimeout: (callback: () => void, delayMs: number) => clock.setTimeout(callback, delayMs),
    clearTimeout: (timer: unknown) => clock.clearTimeout(timer),
  }
}
