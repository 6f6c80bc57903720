import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '../../src/base/limits.js'
import type { WaitOptions } from '../../src/base/wait.js'
import type { P2PCoordinator } from '../../src/coordinator.js'
import { type Identity, identityFromSeed } from '../../src/identity/identity.js'
import { type KeyValueStore, memoryStore } from '../../src/storage/key-value-store.js'
import { patientStore } from '../../src/storage/patient-store.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

let net: TestNetwork

const TIMEOUT_MS = 2_000

/** Calls that do not end until `answer` is called. */
class Silence {
  private waiting: (() => void)[] | undefined
  begin() {
    this.waiting = []
  }
  answer() {
    for (const go of this.waiting?.splice(0) ?? []) go()
    this.waiting = undefined
  }
  async pass<T>(call: () => Promise<T>): Promise<T> {
    if (this.waiting !== undefined) await new Promise<void>((resolve) => this.waiting!.push(resolve))
    return call()
  }
}

function silentSigner(silence: Silence): Identity {
  const { publicKey, sign } = identityFromSeed(new Uint8Array(32).fill(9))
  return { publicKey, sign: (bytes) => silence.pass(() => sign(bytes)) }
}

function silentStore(method: keyof KeyValueStore, silence: Silence): KeyValueStore {
  const store = memoryStore()
  const call = store[method] as (...args: unknown[]) => Promise<unknown>
  return { ...store, [method]: (...args: unknown[]) => silence.pass(() => call(...args)) }
}

/** Every public call that waits for something, with a name for each. */
const CALLS: Record<string, (wallet: P2PCoordinator, other: string, wait: WaitOptions) => Promise<unknown>> = {
  start: (wallet, _, wait) => wallet.start(wait),
  waitFor: (wallet, _, wait) => wallet.waitFor('online', wait),
  connectToPeer: (wallet, _, wait) => wallet.connectToPeer('memory://carol', wait),
  'connectToPeer by name': (wallet, _, wait) => wallet.connectToPeer('carol', wait),
  sendTo: (wallet, other, wait) => wallet.sendTo(other, { type: 'note', payload: 1 }, wait),
  request: (wallet, other, wait) => wallet.request(other, { type: 'ask', payload: 1, protocol: 'echo' }, wait),
  broadcast: (wallet, _, wait) => wallet.broadcast({ type: 'note', payload: 1 }, { ...wait, relays: true }),
  findPeers: (wallet, _, wait) => wallet.findPeers(wait),
  announceResource: (wallet, _, wait) => wallet.announceResource('offer', 'a', { n: 1 }, wait),
  withdrawResource: (wallet, _, wait) => wallet.withdrawResource('offer', 'a', wait),
  discoverResources: (wallet, _, wait) => wallet.discoverResources('offer', {}, wait),
  getResource: (wallet, _, wait) => wallet.getResource('offer', 'a', wait),
  'dht.announce': (wallet, _, wait) => wallet.dht.announce({ key: 'k', value: 1, ...wait }),
  'dht.get': (wallet, _, wait) => wallet.dht.get('k', wait),
  'dht.query': (wallet, _, wait) => wallet.dht.query({ key: 'k*', ...wait }),
  publish: (wallet, _, wait) => wallet.publish('t', 1, wait),
}

const SILENT: [name: string, parts: (silence: Silence) => { identity?: Identity; store?: KeyValueStore }][] = [
  ['a signer', (silence) => ({ identity: silentSigner(silence) })],
  ...(['get', 'set', 'delete', 'keys'] as const).map((method): (typeof SILENT)[number] => [
    `${method} of a store`,
    (silence) => ({ store: silentStore(method, silence) }),
  ]),
]

/** A relay, and two peers that answer. */
async function startOthers(): Promise<void> {
  net = createTestNetwork({ latencyMs: 5 })
  const relay = net.createPeer({ host: 'relay', relay: true })
  await net.run(relay.start())
  for (const host of ['bob', 'carol']) {
    const peer = net.createPeer({ host, peerId: host, bootstrap: ['memory://relay'] })
    peer.registerProtocol({
      protocolName: 'echo',
      handleMessage: (message) => peer.reply(message, { type: 'echo', payload: message.payload }),
    })
    await net.run(peer.start())
  }
}

function walletOf(parts: ReturnType<(typeof SILENT)[number][1]>): P2PCoordinator {
  const bootstrap = ['memory://relay', 'memory://bob']
  const wallet = net.createPeer({ host: 'wallet', bootstrap, requireSignatures: true, ...parts })
  wallet.on('error', () => {})
  return wallet
}

/** What became of a call within its deadline; 'hangs' where nothing did. */
async function outcomeOf(call: Promise<unknown>, ms: number): Promise<string> {
  let outcome = 'hangs'
  call.then(
    () => (outcome = 'done'),
    (error) => (outcome = (error as { code?: string }).code ?? String(error)),
  )
  await net.clock.advance(ms)
  return outcome
}

describe.each(SILENT)('%s that never answers', (_, parts) => {
  let wallet: P2PCoordinator
  beforeAll(startOthers)
  afterEach(() => net.run(wallet.shutdown()))
  afterAll(() => net.stop())

  for (const when of ['from the start', 'later'] as const) {
    it.each(Object.keys(CALLS))(
      `holds up %s no longer than it may, ${when}, and later calls work once it answers`,
      async (name) => {
        const silence = new Silence()
        wallet = walletOf(parts(silence))
        const call = CALLS[name]!
        if (when === 'later') {
          await net.run(wallet.start())
          await net.clock.advance(500)
        }
        silence.begin()
        const controller = new AbortController()
        const [late, aborted] = [
          call(wallet, 'bob', { timeoutMs: TIMEOUT_MS }),
          call(wallet, 'bob', { signal: controller.signal }),
        ]
        aborted.catch(() => {})
        expect(await outcomeOf(late, TIMEOUT_MS)).not.toBe('hangs')
        controller.abort()
        expect(await outcomeOf(aborted, 1)).not.toBe('hangs')
        silence.answer()
        await net.clock.advance(1_000)
        if (!wallet.isConnected('bob')) await net.run(wallet.start({ timeoutMs: 5_000 }))
        await net.clock.advance(1_000)
        expect(await outcomeOf(call(wallet, 'bob', { timeoutMs: TIMEOUT_MS }), TIMEOUT_MS)).toBe('done')
      },
    )
  }
})

describe('a store that has fallen silent', () => {
  it('is replaced by memory after its time, which is told once, and gets what was written when it answers', async () => {
    const clock = new VirtualClock()
    const silence = new Silence()
    const inner = memoryStore()
    const told: string[] = []
    const store = patientStore(
      { ...inner, get: (key) => silence.pass(() => inner.get(key)) },
      { clock, timeoutMs: DEFAULT_LIMITS.storeTimeoutMs, onSilent: ({ code }) => told.push(code) },
    )
    await store.set('a', Uint8Array.of(1))
    await store.set('old', Uint8Array.of(2))
    silence.begin()
    const read = store.get('a')
    await clock.advance(DEFAULT_LIMITS.storeTimeoutMs)
    expect([await read, told]).toEqual([undefined, ['STORAGE_FAILED']])
    await store.set('b', Uint8Array.of(3))
    await store.delete('old')
    expect([await store.get('b'), await store.keys(''), told.length]).toEqual([Uint8Array.of(3), ['b'], 1])
    expect(await inner.keys('')).toEqual(['a', 'old'])
    silence.answer()
    await clock.advance(1)
    expect([await store.get('a'), await store.keys('')]).toEqual([Uint8Array.of(1), ['a', 'b']])
  })

  it('passes on what the store itself fails with', async () => {
    const clock = new VirtualClock()
    const failing = { ...memoryStore(), get: () => Promise.reject(new Error('Disk.')) }
    const store = patientStore(failing, { clock, timeoutMs: 10, onSilent: () => {} })
    await expect(store.get('a')).rejects.toThrow('Disk.')
    expect(clock.pending).toBe(0)
  })
})

describe('a signer that never answers', () => {
  beforeAll(startOthers)
  afterAll(() => net.stop())

  it('fails after its time, and what was behind it goes on', async () => {
    const silence = new Silence()
    const wallet = walletOf({ identity: silentSigner(silence) })
    await net.run(wallet.start())
    silence.begin()
    const announced = wallet.announceResource('offer', 'a', { n: 1 })
    expect(await outcomeOf(announced, DEFAULT_LIMITS.signTimeoutMs + 1_000)).toBe('IDENTITY_FAILED')
  })
})
