import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { ed25519 } from '@noble/curves/ed25519.js'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { P2PError } from '../../src/base/errors.js'
import { DEFAULT_LIMITS } from '../../src/base/limits.js'
import { Entry } from '../../src/channel/batch.js'
import { createChannelKeys } from '../../src/channel/certificate.js'
import { Handshake, REFUSAL, refusalOf } from '../../src/channel/handshake.js'
import { encodeHello, verifyHello } from '../../src/channel/hello.js'
import { SecureChannel } from '../../src/channel/secure-channel.js'
import type { WorkProof, WorkTerms } from '../../src/channel/work.js'
import { P2PCoordinator } from '../../src/coordinator.js'
import { generateIdentity, type Identity, identityFromSeed } from '../../src/identity/identity.js'
import { type Relay, startRelay } from '../../src/node/index.js'
import { type MineOptions, mineProofOfWork, type WorkWorker } from '../../src/plugins/proof-of-work/proof-of-work.js'
import { workDemand } from '../../src/plugins/proof-of-work/work-demand.js'
import type { ProofOfWorkEvent } from '../../src/plugins/proof-of-work/work-proofs.js'
import { WorkSalts } from '../../src/plugins/proof-of-work/work-salts.js'
import { searchNonces, type WorkTask } from '../../src/plugins/proof-of-work/work-search.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import { createTestNetwork, VirtualClock } from '../../src/testing/index.js'
import { entryOf } from '../attacks/raw-peer.js'
import { rawHandshake } from '../channel/raw-handshake.js'
import { FakeRtc } from '../webrtc/fake-rtc.js'

const DAY_MS = 86_400_000

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

  it('has the work of one search by all dials that need it, and by later ones', async () => {
    const net = createTestNetwork()
    const relay = net.createPeer({ powDifficulty: 9 })
    const alice = net.createPeer({ proofOfWork })
    const seen = eventsOf(alice)
    await net.run(relay.start())
    const websocket = net.addressOf(relay)
    const first = Promise.all([alice.connectToPeer(websocket), alice.connectToPeer(websocket)])
    await net.clock.advance(100)
    expect(HandWorker.all.map(({ task }) => task?.bits)).toEqual([9])
    HandWorker.all[0]!.finish()
    await net.run(first)
    await net.run(alice.disconnectFromPeer(relay.peerId))
    await net.run(alice.connectToPeer(websocket))
    expect(count(seen, 'done')).toBe(1)
    expect(HandWorker.all).toHaveLength(1)
    await net.stop()
  })

  it('has work of its own, done one after the other: what one has been shown counts at no other', async () => {
    const net = createTestNetwork()
    const relays = [9, 9].map((powDifficulty) => net.createPeer({ powDifficulty }))
    const alice = net.createPeer({ proofOfWork })
    const seen = eventsOf(alice)
    await net.run(Promise.all(relays.map((relay) => relay.start())))
    const dials = Promise.all(relays.map((relay) => alice.connectToPeer(net.addressOf(relay))))
    await net.clock.advance(100)
    expect(HandWorker.all).toHaveLength(1)
    HandWorker.all[0]!.finish()
    await net.clock.advance(100)
    expect(HandWorker.all).toHaveLength(2)
    HandWorker.all[1]!.finish()
    await net.run(dials)
    expect(relays.map(({ peerId }) => alice.isConnected(peerId))).toEqual([true, true])
    expect(new Set(HandWorker.all.map(({ task }) => Buffer.from(task!.block).toString('hex'))).size).toBe(2)
    expect(count(seen, 'done')).toBe(2)
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
    const alice = net.createPeer()
    const seen = eventsOf(alice)
    await hostileListener(net, 8, () => {
      throw new P2PError('PROOF_OF_WORK_REQUIRED', 'Not good enough.')
    })
    for (let i = 0; i < 3; i++) {
      const error = await net.run(alice.connectToPeer('memory://hostile').catch((failure) => failure))
      expect(error).toMatchObject({ code: 'PROOF_OF_WORK_REQUIRED', details: { byPeer: true } })
    }
    expect(count(seen, 'done')).toBe(1)
    await net.stop()
  })

  it('whose clock is years ahead, or behind, is connected to', async () => {
    const net = createTestNetwork()
    const relay = net.createPeer({ powDifficulty: 8 })
    await net.run(relay.start())
    for (const years of [-5, 5]) {
      const bootstrap = [net.addressOf(relay)]
      const alice = net.createPeer({ clock: shifted(net.clock, years * 365 * DAY_MS), listening: false, bootstrap })
      await net.run(alice.connectToPeer(net.addressOf(relay)))
      expect(alice.isConnected(relay.peerId)).toBe(true)
    }
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
    expect(await net.run(dial)).toBe('SHUT_DOWN')
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

  it('counts today and tomorrow, and is made anew on the day after', async () => {
    const net = createTestNetwork()
    const relay = net.createPeer({ powDifficulty: 8 })
    const alice = net.createPeer()
    const seen = eventsOf(alice)
    await net.run(relay.start())
    const visit = async () => {
      await net.run(alice.connectToPeer(net.addressOf(relay)))
      await alice.disconnectFromPeer(relay.peerId)
      await net.clock.advance(100)
      return count(seen, 'done')
    }
    expect(await visit()).toBe(1)
    net.clock.sleep(DAY_MS)
    expect(await visit()).toBe(1)
    // The salt of the new day is there.
    await net.clock.advance(1_000)
    expect(await visit()).toBe(1)
    net.clock.sleep(DAY_MS)
    await net.clock.advance(1_000)
    expect(await visit()).toBe(2)
    await net.stop()
  })

  it('of yesterday is made anew where the responder has another salt for that day', async () => {
    const net = createTestNetwork()
    const seed = new Uint8Array(32).fill(70)
    const identity = { publicKey: identityFromSeed(seed).publicKey, sign: drawingSigner(seed) }
    const relay = net.createPeer({ powDifficulty: 8, identity, host: 'relay' })
    const alice = net.createPeer({ listening: false })
    const seen = eventsOf(alice)
    await net.run(relay.start())
    await net.run(alice.connectToPeer('memory://relay'))
    await alice.disconnectFromPeer(relay.peerId)
    await net.run(relay.shutdown())
    net.clock.sleep(DAY_MS)
    const restarted = net.createPeer({ powDifficulty: 8, identity, host: 'relay' })
    await net.run(restarted.start())
    await net.clock.advance(100)
    await net.run(alice.connectToPeer('memory://relay'))
    expect(alice.isConnected(restarted.peerId)).toBe(true)
    expect(count(seen, 'done')).toBe(2)
    await net.stop()
  })
})

describe('the salt of the day', () => {
  const DAY = 19_675
  const setUp = (sign?: (bytes: Uint8Array) => Promise<Uint8Array>) => {
    const clock = new VirtualClock()
    clock.sleep(DAY * DAY_MS - clock.now() + 1_000)
    const known = identityFromSeed(new Uint8Array(32).fill(71))
    const signed: Uint8Array[] = []
    const identity = {
      publicKey: known.publicKey,
      sign: async (bytes: Uint8Array) => {
        signed.push(bytes)
        return sign === undefined ? known.sign(bytes) : sign(bytes)
      },
    }
    const errors: string[] = []
    const onError = ({ code }: P2PError) => void errors.push(code)
    const salts = () => new WorkSalts({ identity, network: 'test', clock, limits: DEFAULT_LIMITS, onError })
    return { clock, known, signed, errors, salts, sign: (by: typeof sign) => Object.assign(identity, { sign: by }) }
  }

  it('is of the signature over the day, once for each day, the same at all processes of a key', async () => {
    const { clock, known, signed, salts } = setUp()
    const [one, two] = [salts(), salts()]
    expect(one.current()).toBeUndefined()
    await settledSalts(one, two)
    const tagged = Buffer.concat([Buffer.from('lotus-p2p/work-salt/2\0test\0'), Buffer.from([0, 0, DAY >> 8, DAY & 255])])
    const expected = createHash('sha256')
      .update(await known.sign(tagged))
      .digest()
      .subarray(0, 16)
    expect(one.current()).toEqual({ day: DAY, salt: new Uint8Array(expected) })
    expect(two.current()).toEqual(one.current())
    // Today's and yesterday's, by each process.
    expect(signed.map((bytes) => Buffer.from(bytes).toString('hex'))).toContain(tagged.toString('hex'))
    expect(signed).toHaveLength(4)
    for (let i = 0; i < 100; i++) expect(one.current()!.day).toBe(DAY)
    expect(signed).toHaveLength(4)
    clock.sleep(DAY_MS)
    // Until today's is signed, yesterday's is demanded.
    expect(one.current()!.day).toBe(DAY)
    await settledSalts(one)
    expect(one.current()!.day).toBe(DAY + 1)
    expect([DAY - 1, DAY, DAY + 1, DAY + 2].map((day) => one.of(day) !== undefined)).toEqual([false, true, true, false])
  })

  it('is none while the signer fails, which is told and tried again later', async () => {
    const { clock, known, errors, salts, sign } = setUp(() => Promise.reject(new Error('The device is locked.')))
    const all = salts()
    for (let i = 0; i < 10; i++) {
      expect(all.current()).toBeUndefined()
      await clock.advance(0)
      for (let turn = 0; turn < 20; turn++) await null
    }
    expect(errors).toEqual(['IDENTITY_FAILED'])
    sign((bytes) => known.sign(bytes))
    expect(all.current()).toBeUndefined()
    await clock.advance(600_000)
    expect(all.current()).toBeUndefined()
    await settledSalts(all)
    expect(all.current()?.day).toBe(DAY)
  })

  it('of a signer that hangs holds up no handshake: no work is demanded, and it is told', async () => {
    const net = createTestNetwork()
    const known = identityFromSeed(new Uint8Array(32).fill(72))
    const never = new Promise<Uint8Array>(() => {})
    const sign = (bytes: Uint8Array) => (Buffer.from(bytes).includes('work-salt') ? never : known.sign(bytes))
    const relay = net.createPeer({ powDifficulty: 8, identity: { publicKey: known.publicKey, sign } })
    const errors: string[] = []
    relay.on('error', (error) => void errors.push((error as P2PError).code))
    await net.run(relay.start())
    const alice = net.createPeer({ listening: false })
    const seen = eventsOf(alice)
    await net.run(alice.connectToPeer(net.addressOf(relay)))
    expect([alice.isConnected(relay.peerId), seen]).toEqual([true, []])
    await net.clock.advance(60_000)
    expect(errors).toEqual(['TIMEOUT'])
    await net.stop()
  })
})

/** Until each has a salt of today. */
async function settledSalts(...all: WorkSalts[]): Promise<void> {
  for (const salts of all) {
    const before = salts.current()?.day
    await expect.poll(() => (salts.current()?.day ?? before) !== before, { interval: 1 }).toBe(true)
  }
}

/** A signer that draws its nonces, as some devices do: its signatures hold, and never come twice. */
function drawingSigner(seed: Uint8Array): Identity['sign'] {
  const { scalar, pointBytes } = ed25519.utils.getExtendedPublicKey(seed)
  const { Point } = ed25519
  const order = Point.Fn.ORDER
  const numberOf = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
  return async (bytes) => {
    const nonce = numberOf(crypto.getRandomValues(new Uint8Array(32))) % order
    const point = Point.BASE.multiply(nonce).toBytes()
    const hash = createHash('sha512').update(point).update(pointBytes).update(bytes).digest()
    const sum = (nonce + numberOf(hash) * scalar) % order
    return Uint8Array.of(...point, ...Buffer.from(sum.toString(16).padStart(64, '0'), 'hex').reverse())
  }
}

describe('who comes without work to a relay that demands it', () => {
  let relay: Relay

  afterEach(() => relay.stop())

  async function hello(identity: Identity, proof?: WorkProof) {
    const keys = await createChannelKeys(identity, 'lotus', Date.now())
    const local = { network: 'lotus', session: new Uint8Array(16).fill(1), keys: async () => keys }
    const handshake = new Handshake(true, local, DEFAULT_LIMITS, { now: Date.now, work: { find: () => proof } })
    const socket = new WebSocket(relay.url)
    await once(socket, 'open')
    socket.send(handshake.start())
    const [answer] = (await once(socket, 'message')) as [Buffer]
    const { met } = await handshake.receive(new Uint8Array(answer))
    return { socket, handshake, remote: met!.remote }
  }

  /** The code with which the relay refuses a peer made by hand; undefined where it takes it. */
  async function fate(proofFor: (task: MineOptions) => Promise<WorkProof | undefined>): Promise<string | undefined> {
    const identity = await generateIdentity()
    const look = await hello(identity)
    look.socket.terminate()
    const { work = { bits: 12, salt: new Uint8Array(16), day: 0 }, publicKey: responder } = look.remote
    const proof = await proofFor({ publicKey: identity.publicKey, responder, salt: work.salt, day: work.day, bits: work.bits })
    const { socket, handshake } = await hello(identity, proof)
    const { frame, noise } = await handshake.confirm()
    socket.send(frame)
    // READY waits for it.
    socket.send(noise.send.encrypt(entryOf(Entry.DESCRIPTION, (await rawHandshake(identity)).description)))
    const [last] = (await once(socket, 'message')) as [Buffer]
    socket.close()
    // What is sealed may begin with the byte of a refusal, but never reads as one.
    return last[0] === REFUSAL ? refusalIn(new Uint8Array(last).subarray(1)) : undefined
  }

  function refusalIn(bytes: Uint8Array): string | undefined {
    try {
      return refusalOf(bytes, DEFAULT_LIMITS).code
    } catch {
      return undefined
    }
  }

  const mined = (changes: (task: MineOptions) => Partial<MineOptions> = () => ({})) => {
    return (task: MineOptions) => mineProofOfWork({ ...task, ...changes(task) })
  }

  it.each<[string, (task: MineOptions) => Promise<WorkProof | undefined>]>([
    ['no proof', async () => undefined],
    ['the proof of another key', mined(() => ({ publicKey: new Uint8Array(32).fill(1) }))],
    ['the proof for another relay', mined(() => ({ responder: new Uint8Array(32).fill(1) }))],
    ['the proof for another salt', mined(() => ({ salt: new Uint8Array(16).fill(1) }))],
    ['the proof of another network', mined(() => ({ network: 'test' }))],
    ['a proof of two days ago', mined(({ day }) => ({ day: day - 2 }))],
    ['a proof of yesterday by the salt of today', mined(({ day }) => ({ day: day - 1 }))],
    ['a proof made ahead', mined(({ day }) => ({ day: day + 1 }))],
    ['a nonce that was not searched for', async ({ day }) => ({ day, nonce: new Uint8Array(8) })],
  ])('with %s is refused, and it is no fault', async (_, proofFor) => {
    relay = await startRelay({ port: 0, host: '127.0.0.1', powDifficulty: 12 })
    expect(await fate(proofFor)).toBe('PROOF_OF_WORK_REQUIRED')
    expect(relay.coordinator.getConnectedPeers()).toEqual([])
    expect(relay.coordinator.getStats().defence.faults).toEqual({})
    expect(await fate(mined())).toBeUndefined()
  })

  it('is refused before its signature is looked at', async () => {
    const keys = await createChannelKeys(identityFromSeed(new Uint8Array(32).fill(3)), 'lotus', Date.now())
    const certificate = { ...keys.certificate, signature: new Uint8Array(64) }
    const session = new Uint8Array(16)
    const payload = encodeHello({ version: 2, suite: 'ChaChaPoly', keys: { ...keys, certificate }, session })
    const { check } = demandOf('websocket', false)!
    const verdict = (work: WorkTerms['check']) => verifyHello(payload, keys.noise.publicKey, DEFAULT_LIMITS, 'lotus', work)
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
    expect(info).toMatchObject({ powDifficulty: 18 })
  })
})

const SALT = { salt: new Uint8Array(16).fill(5), day: 19_675 }
const demandOf = (transport: string, isConnected: boolean) =>
  workDemand({
    bits: 20,
    transport,
    responder: new Uint8Array(32).fill(4),
    network: 'lotus',
    salts: { current: () => SALT, of: (day) => (day === SALT.day ? SALT.salt : undefined) },
    isConnected: () => isConnected,
  })

describe('the demand', () => {
  it('is told to whoever comes by a listener or a circuit, and not to tabs of the same browser', () => {
    for (const transport of ['websocket', 'http', 'memory', 'circuit'] as const)
      expect(demandOf(transport, true)?.demanded).toEqual({ bits: 20, ...SALT })
    expect(demandOf('broadcast-channel', false)).toBeUndefined()
  })

  it('is not told where a connected peer changes to WebRTC, but holds for another identity that comes that way', () => {
    expect(demandOf('webrtc', true)?.demanded).toBeUndefined()
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
async function hostileListener(
  net: ReturnType<typeof createTestNetwork>,
  bits: number | (() => number),
  check?: WorkTerms['check'],
): Promise<void> {
  const keys = await createChannelKeys(identityFromSeed(new Uint8Array(32).fill(66)), 'lotus', net.clock.now())
  const local = { network: 'lotus', session: new Uint8Array(16), keys: async () => keys }
  const describe = () => ({ agent: 'hostile', protocols: [], addresses: [], streams: new Uint8Array(8) })
  await net.network.listener('hostile').listen((connection) => {
    const demanded = { ...SALT, bits: typeof bits === 'number' ? bits : bits() }
    const work = { demanded, ...(check && { check }) }
    const admit = () => new Promise<void>(() => {})
    SecureChannel.accept(connection, { local, describe, limits: DEFAULT_LIMITS, clock: net.clock, work, admit }).catch(() => {})
  })
}

function shifted(clock: ReturnType<typeof createTestNetwork>['clock'], byMs: number) {
  return {
    now: () => clock.now() + byMs,
    setTimeout: (callback: () => void, delayMs: number) => clock.setTimeout(callback, delayMs),
    clearTimeout: (timer: unknown) => clock.clearTimeout(timer),
  }
}
