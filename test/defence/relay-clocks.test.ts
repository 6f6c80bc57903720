import { afterEach, describe, expect, it } from 'vitest'
import type { Clock } from '../../src/base/clock.js'
import type { P2PError } from '../../src/base/errors.js'
import { DEFAULT_LIMITS as limits } from '../../src/base/limits.js'
import { CERTIFICATE_MS } from '../../src/channel/certificate.js'
import { RelayClocks } from '../../src/plugins/relay-clocks/relay-clocks.js'
import { type KeyValueStore, memoryStore } from '../../src/storage/key-value-store.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const WEEK_MS = 7 * DAY_MS
const [ONE, OTHER, THIRD] = ['wss://relay.one.example', 'wss://relay.other.example', 'wss://relay.third.example'] as const

/** What a device with these relays makes of certificates; its clock stands at `clock.now()`, and the time is another one. */
function device(named: string[] = [ONE, OTHER], store: KeyValueStore = memoryStore()) {
  const clock = new VirtualClock()
  const told: P2PError[] = []
  const clocks = new RelayClocks({ clock, limits, store, named: new Set(named), onSkew: (error) => told.push(error) })
  /** The code with which a responder is refused whose clock is so far ahead, and whose certificate began so long before its now. */
  const verdict = (address: string, aheadMs: number, { sinceMs = HOUR_MS, now = clock.now() + aheadMs } = {}) => {
    const notBefore = clock.now() + aheadMs - sinceMs
    return clocks.judge(address, { notBefore, notAfter: notBefore + CERTIFICATE_MS, signature: new Uint8Array(64) }, now).then(
      () => 'taken',
      ({ code }) => code as string,
    )
  }
  return { clock, told, verdict }
}

describe('the certificate of a responder', () => {
  it('holds by our own clock with a day at both ends, whoever it is', async () => {
    const { verdict, told } = device([])
    expect(await verdict('wss://anybody.example', 0)).toBe('taken')
    expect(await verdict('wss://anybody.example', DAY_MS + HOUR_MS)).toBe('taken')
    expect(await verdict('wss://anybody.example', DAY_MS + HOUR_MS + 1)).toBe('CLOCK_SKEW')
    // Its last day has ended for a day.
    expect(await verdict('wss://anybody.example', -DAY_MS, { sinceMs: CERTIFICATE_MS })).toBe('taken')
    expect(await verdict('wss://anybody.example', -DAY_MS - 1, { sinceMs: CERTIFICATE_MS })).toBe('CLOCK_SKEW')
    expect(told).toEqual([])
  })

  it('that is weeks away is taken once relays of two operators agree on the time, and the application is told once an hour', async () => {
    const { clock, verdict, told } = device()
    expect(await verdict(ONE, 5 * WEEK_MS)).toBe('CLOCK_SKEW')
    expect(await verdict(OTHER, 5 * WEEK_MS + 60_000)).toBe('taken')
    expect(await verdict(ONE, 5 * WEEK_MS)).toBe('taken')
    expect(await verdict('wss://peer.example', 5 * WEEK_MS)).toBe('taken')
    expect(told).toMatchObject([{ code: 'CLOCK_SKEW', details: { offsetMs: 5 * WEEK_MS + 60_000 } }])
    await clock.advance(HOUR_MS)
    await verdict(ONE, 5 * WEEK_MS)
    expect(told).toHaveLength(2)
  })

  it('is not taken where the two do not agree, nor where both are one operator, nor by peers that nobody has named', async () => {
    const apart = device()
    expect(await apart.verdict(ONE, 5 * WEEK_MS)).toBe('CLOCK_SKEW')
    expect(await apart.verdict(OTHER, 5 * WEEK_MS + 601_000)).toBe('CLOCK_SKEW')
    const one = device(['wss://a.one.example', 'wss://b.one.example'])
    expect(await one.verdict('wss://a.one.example', 5 * WEEK_MS)).toBe('CLOCK_SKEW')
    expect(await one.verdict('wss://b.one.example', 5 * WEEK_MS)).toBe('CLOCK_SKEW')
    const unnamed = device()
    for (let i = 0; i < 5; i++) expect(await unnamed.verdict(`wss://liar${i}.example`, 5 * WEEK_MS)).toBe('CLOCK_SKEW')
  })

  it('of one liar among three relays changes nothing', async () => {
    const { verdict } = device([ONE, OTHER, THIRD])
    expect(await verdict(THIRD, 50 * WEEK_MS)).toBe('CLOCK_SKEW')
    expect(await verdict(ONE, -5 * WEEK_MS)).toBe('CLOCK_SKEW')
    expect(await verdict(OTHER, -5 * WEEK_MS)).toBe('taken')
    expect(await verdict(THIRD, 50 * WEEK_MS)).toBe('CLOCK_SKEW')
  })

  it('is judged by the only relay that is named', async () => {
    const { verdict, told } = device([ONE])
    expect(await verdict('wss://peer.example', 5 * WEEK_MS)).toBe('CLOCK_SKEW')
    expect(await verdict(ONE, 5 * WEEK_MS)).toBe('taken')
    expect(await verdict('wss://peer.example', 5 * WEEK_MS)).toBe('taken')
    expect(told).toHaveLength(1)
  })

  it('is never taken from before the newest that a relay has shown, over a restart too', async () => {
    const store = memoryStore()
    expect(await device([ONE], store).verdict(ONE, 0)).toBe('taken')
    // Somebody has an old key of the relay, and tells the time at which it held.
    expect(await device([ONE], store).verdict(ONE, -5 * WEEK_MS)).toBe('CLOCK_SKEW')
    expect(await device([ONE], memoryStore()).verdict(ONE, -5 * WEEK_MS)).toBe('taken')
  })

  it('counts for a responder whose own clock it does not hold by as little as for ours: no date of ours is further off than it', async () => {
    const { clock, verdict } = device()
    expect(await verdict(ONE, 0, { now: clock.now() + 520 * WEEK_MS })).toBe('CLOCK_SKEW')
    expect(await verdict(ONE, 0, { now: clock.now() - 2 * HOUR_MS })).toBe('CLOCK_SKEW')
    expect(await verdict(ONE, 0, { now: clock.now() - HOUR_MS - 300_000 })).toBe('taken')
  })

  it('is judged without what a broken store has kept', async () => {
    for (const kept of [new Uint8Array(3), new Uint8Array(8).fill(255)]) {
      const broken: KeyValueStore = {
        get: async () => kept,
        set: () => Promise.reject(new Error('full')),
        delete: async () => {},
        keys: async () => [],
        batch: () => Promise.reject(new Error('full')),
      }
      expect(await device([ONE], broken).verdict(ONE, 5 * WEEK_MS)).toBe('taken')
    }
  })
})

describe('a device whose clock is weeks wrong', () => {
  let net: TestNetwork
  afterEach(() => net.stop())
  const shifted = (clock: Clock, byMs: number): Clock => ({
    now: () => clock.now() + byMs,
    setTimeout: (callback, delayMs) => clock.setTimeout(callback, delayMs),
    clearTimeout: (timer) => clock.clearTimeout(timer),
  })

  it.each([-5 * WEEK_MS, 5 * WEEK_MS])(
    'connects to its relays, and the application hears why its clock is wrong (%i ms)',
    async (byMs) => {
      net = createTestNetwork({ scheme: 'ws' })
      const relays = ['relay.one.example', 'relay.other.example'].map((host) => net.createPeer({ host, relay: true }))
      for (const relay of relays) await net.run(relay.start())
      const bootstrap = relays.map((relay) => net.addressOf(relay))
      const alice = net.createPeer({ listening: false, bootstrap, clock: shifted(net.clock, byMs) })
      const errors: P2PError[] = []
      alice.on('error', (error) => void errors.push(error))
      await net.run(alice.start())
      await net.clock.advance(30_000)
      expect(relays.map((relay) => alice.isConnected(relay.peerId))).toEqual([true, true])
      const offsets = errors.filter(({ details }) => details.offsetMs !== undefined).map(({ details }) => details.offsetMs)
      expect(offsets).toContain(-byMs)
    },
  )

  it('is refused by nobody but itself: a stranger that it dials is not believed', async () => {
    net = createTestNetwork({ scheme: 'ws' })
    const bob = net.createPeer({ host: 'bob.example' })
    await net.run(bob.start())
    const alice = net.createPeer({ listening: false, clock: shifted(net.clock, 5 * WEEK_MS) })
    await expect(net.run(alice.connectToPeer(net.addressOf(bob)))).rejects.toMatchObject({ code: 'CLOCK_SKEW' })
    expect(bob.getConnectedPeers()).toEqual([])
  })
})
