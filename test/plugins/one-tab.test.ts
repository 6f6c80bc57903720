import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { P2PConfig, P2PCoordinator } from '../../src/coordinator.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { statements } from '../../src/statements/index.js'
import { type KeyValueStore, memoryStore } from '../../src/storage/key-value-store.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'

/** Web Locks of one browser: each name is held by one, and given in the order of the requests. */
class Locks {
  private readonly held = new Set<string>()
  private readonly queue: { name: string; go(): void }[] = []

  async request(
    name: string,
    { ifAvailable = false, signal }: LockOptions,
    callback: (lock: object | null) => Promise<void> | undefined,
  ): Promise<void> {
    await null
    if (this.held.has(name)) {
      if (ifAvailable) return callback(null)
      await new Promise<void>((resolve, reject) => {
        const entry = { name, go: resolve }
        this.queue.push(entry)
        signal?.addEventListener('abort', () => {
          this.queue.splice(this.queue.indexOf(entry), 1)
          reject(new DOMException('Aborted.', 'AbortError'))
        })
      })
    }
    this.held.add(name)
    await callback({ name })
    this.held.delete(name)
    const next = this.queue.findIndex((entry) => entry.name === name)
    if (next >= 0) this.queue.splice(next, 1)[0]!.go()
  }
}

/** Channels of one browser; whoever hears is hidden, for one tab is shown at a time. */
const channels = new Set<FakeChannel>()
class FakeChannel {
  onmessage: (() => void) | null = null
  constructor(readonly name: string) {
    channels.add(this)
  }
  postMessage() {
    const before = page.visibilityState
    page.visibilityState = othersAreHidden ? 'hidden' : 'visible'
    // The tab that hands over is hidden still, and does not ask in its turn.
    othersAreHidden = false
    for (const channel of [...channels]) if (channel !== this && channel.name === this.name) channel.onmessage?.()
    page.visibilityState = before
  }
  close() {
    channels.delete(this)
  }
}

let net: TestNetwork
let page: EventTarget & { visibilityState: string }
let othersAreHidden: boolean
beforeEach(async () => {
  net = createTestNetwork({ latencyMs: 5 })
  page = Object.assign(new EventTarget(), { visibilityState: 'hidden' })
  othersAreHidden = false
  const relay = net.createPeer({ host: 'relay', relay: true })
  await net.run(relay.start())
  vi.stubGlobal('document', page)
  vi.stubGlobal('navigator', { locks: new Locks() })
  vi.stubGlobal('BroadcastChannel', FakeChannel)
})
afterEach(async () => {
  await net.stop()
  channels.clear()
  vi.unstubAllGlobals()
})

let made = 0
function tab(seed = 1, config: P2PConfig = {}): P2PCoordinator {
  const identity = identityFromSeed(new Uint8Array(32).fill(seed))
  return net.createPeer({ host: `tab${made++}`, listening: false, bootstrap: ['memory://relay'], identity, ...config })
}

const code = (expected: string) => expect.objectContaining({ code: expected })

describe('two tabs with one identity', () => {
  it('run one after the other: the second waits, under the deadlines of its calls, and takes over when the first closes', async () => {
    const [one, two] = [tab(), tab()]
    const replaced: string[] = []
    one.on('error', (error) => replaced.push(error.code))
    await net.run(one.start())
    await expect(net.run(two.start({ timeoutMs: 5_000 }))).rejects.toEqual(code('TIMEOUT'))
    expect([one.status, two.status]).toEqual(['online', 'standby'])
    const found = two.findPeers({ timeoutMs: 60_000 })
    await net.clock.advance(1_000)
    await net.run(one.shutdown())
    await net.run(found)
    expect([two.status, replaced]).toEqual(['online', []])
  })

  it('take over as well when the first is suspended, which then waits in its turn', async () => {
    const [one, two] = [tab(), tab()]
    await net.run(one.start())
    const starting = two.start()
    await net.clock.advance(100)
    one.suspend()
    await net.run(starting)
    expect([one.status, two.status]).toEqual(['suspended', 'online'])
    const back = one.resume()
    await net.clock.advance(100)
    expect(one.status).toBe('standby')
    await net.run(two.shutdown())
    await net.run(back)
    expect(one.status).toBe('online')
  })

  it('hand over from one that is hidden to one that is shown, and not from one that is shown', async () => {
    const [one, two] = [tab(), tab()]
    await net.run(one.start())
    const starting = two.start()
    await net.clock.advance(100)
    page.visibilityState = 'visible'
    page.dispatchEvent(new Event('visibilitychange'))
    await net.clock.advance(100)
    expect([one.status, two.status]).toEqual(['online', 'standby'])
    othersAreHidden = true
    page.dispatchEvent(new Event('visibilitychange'))
    await net.run(starting)
    await net.clock.advance(100)
    expect([one.status, two.status]).toEqual(['standby', 'online'])
    await net.run(two.shutdown())
    await net.clock.advance(100)
    expect(one.status).toBe('online')
  })

  it('hand over only when no session of statements is live, and then by themselves', async () => {
    const one = await tab().use(statements())
    const two = tab()
    await net.run(one.start())
    const session = one.statements.join({ protocol: 'dice', session: 'a', members: [one.publicKey, new Uint8Array(32).fill(9)] })
    const starting = two.start()
    await net.clock.advance(100)
    page.visibilityState = 'visible'
    othersAreHidden = true
    page.dispatchEvent(new Event('visibilitychange'))
    page.visibilityState = 'hidden'
    await net.clock.advance(30_000)
    expect([one.status, two.status]).toEqual(['online', 'standby'])
    session.close()
    await net.run(starting)
    await net.clock.advance(100)
    expect([one.status, two.status]).toEqual(['standby', 'online'])
  })

  it("are refused with oneTab: 'throw', until the first is gone", async () => {
    const [one, two] = [tab(), tab(1, { oneTab: 'throw' })]
    await net.run(one.start())
    await expect(net.run(two.start())).rejects.toEqual(code('STORE_IN_USE'))
    await net.run(one.shutdown())
    await net.run(two.start())
    expect(two.status).toBe('online')
  })

  it('leave no lock behind where they are suspended or shut down while they wait', async () => {
    const [one, two, three] = [tab(), tab(), tab()]
    await net.run(one.start())
    const waits = [two.start(), three.start()]
    await net.clock.advance(100)
    two.suspend()
    await expect(waits[0]).rejects.toEqual(code('SUSPENDED'))
    await net.run(one.shutdown())
    await net.run(waits[1]!)
    expect([two.status, three.status]).toEqual(['suspended', 'online'])
  })
})

describe('tabs', () => {
  it('of different identities run at once, and so do those with oneTab: false', async () => {
    const [one, two] = [tab(1), tab(2)]
    for (const each of [one, two]) await net.run(each.start())
    expect([one.status, two.status]).toEqual(['online', 'online'])
    const third = tab(1, { oneTab: false })
    await net.run(third.start())
    expect(third.status).toBe('online')
    expect(() => tab(1, { oneTab: 'maybe' as never })).toThrow(code('INVALID_CONFIG'))
  })
})

describe('two tabs with one store', () => {
  const shared = (): KeyValueStore => ({ ...memoryStore(), name: 'wallet' })

  it('run one after the other, whatever their identities: what one keeps is not for two at once', async () => {
    const store = shared()
    const [one, two] = [tab(1, { store }), tab(2, { store })]
    await net.run(one.start())
    const starting = two.start()
    await net.clock.advance(1_000)
    expect(two.status).toBe('standby')
    const other = tab(1, { store: { ...memoryStore(), name: 'another wallet' } })
    await net.run(one.shutdown())
    await net.run(starting)
    await net.run(other.start())
    expect([two.status, other.status]).toEqual(['online', 'online'])
  })

  it('send what was queued in whichever leads; the one that had queued it learns what became of it', async () => {
    const store = shared()
    const bob = tab(5)
    const got: unknown[] = []
    bob.on('message', ({ payload }) => got.push(payload))
    const [one, two] = [tab(1, { store }), tab(1, { store })]
    const note = (payload: unknown) => ({ type: 'note', payload })
    const first = await net.run(one.sendTo(bob.peerId, note(1), { queue: true }))
    const late = two.sendTo(bob.peerId, note(2), { queue: true, timeoutMs: 60_000 })
    await expect(net.run(two.sendTo(bob.peerId, note(9), { queue: true, timeoutMs: 500 }))).rejects.toEqual(code('TIMEOUT'))
    one.suspend()
    const second = await net.run(late)
    await net.run(bob.start())
    expect(await net.run(second.outcome)).toBe('delivered')
    expect(got).toEqual([1, 2])
    const back = one.resume()
    await net.run(two.shutdown())
    await net.run(back)
    expect(await net.run(first.outcome)).toBe('delivered')
    await net.clock.advance(60_000)
    expect(got).toEqual([1, 2])
  })

  it('take over announcements, and one that was withdrawn meanwhile stays so', async () => {
    const store = shared()
    const [one, two] = [tab(1, { store }), tab(1, { store })]
    await net.run(one.announceResource('offer', 'a', 1))
    await net.run(one.announceResource('offer', 'b', 1))
    const starting = two.start()
    await net.clock.advance(100)
    one.suspend()
    await net.run(starting)
    await net.run(two.withdrawResource('offer', 'a'))
    await net.run(two.announceResource('offer', 'b', 2))
    const back = one.resume()
    await net.run(two.shutdown())
    await net.run(back)
    await net.clock.advance(5_000)
    const found = await net.run(tab(7).discoverResources('offer'))
    expect(found.map(({ resourceId, data }) => [resourceId, data])).toEqual([['b', 2]])
  })
})
