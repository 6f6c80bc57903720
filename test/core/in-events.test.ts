// Every public call that ends or changes something, made inside every event: the call settles as it does elsewhere, nothing is left
// behind, and each peer shuts down.
import { afterEach, describe, expect, it } from 'vitest'
import { isP2PError, type P2PError } from '../../src/base/errors.js'
import type { P2PConfig, P2PCoordinator } from '../../src/coordinator.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'
import { LONG } from '../long.js'

let net: TestNetwork | undefined
afterEach(async () => {
  await net?.stop()
  net = undefined
})

/** @param peerId the other peer. */
const CALLS: Record<string, (wallet: P2PCoordinator, peerId: string) => unknown> = {
  shutdown: (wallet) => wallet.shutdown(),
  suspend: (wallet) => wallet.suspend(),
  'suspend and resume': (wallet) => {
    wallet.suspend()
    return wallet.resume()
  },
  disconnectFromPeer: (wallet, peerId) => wallet.disconnectFromPeer(peerId),
  ban: (wallet, peerId) => wallet.ban(peerId),
  dropPath: (wallet, peerId) => wallet.dropPath(peerId),
  configure: (wallet) => wallet.configure({ bootstrap: [], metadata: { label: 'new' } }),
  sendTo: (wallet, peerId) => wallet.sendTo(peerId, { type: 'x', payload: 1 }),
  'sendTo with queue': (wallet, peerId) => wallet.sendTo(peerId, { type: 'x', payload: 1 }, { queue: true }),
  connectToPeer: (wallet, peerId) => wallet.connectToPeer(peerId),
}

const GATE = { type: 'go', payload: 0 }
/** What brings the event about, on a wallet whose other peer is connected, or is about to be. */
const EVENTS: Record<string, (wallet: P2PCoordinator, other: P2PCoordinator) => unknown> = {
  connected: () => {},
  status: () => {},
  disconnected: (wallet, other) => other.disconnectFromPeer(wallet.peerId),
  message: (wallet, other) => other.sendTo(wallet.peerId, GATE),
  'path-changed': (wallet, other) => wallet.connectToPeer(net!.addressOf(other)),
  error: (wallet) =>
    wallet.connectToPeer('memory://nobody').catch(() => wallet.on('message', () => Promise.reject(new Error('of a test')))),
  'peer-banned': (wallet) => wallet.ban('address:203.0'),
  'peer-unbanned': (wallet) => {
    wallet.ban('address:203.0')
    wallet.unban('address:203.0')
  },
  delivered: (wallet, other) => wallet.sendTo(other.peerId, GATE, { queue: true }),
  expired: async (wallet) => {
    const { peerId } = net!.createPeer({ host: 'away' })
    await wallet.sendTo(peerId, GATE, { queue: true, ttl: 1 })
  },
}

type Side = 'that dials' | 'that is dialled' | 'by circuit'

async function settled(call: unknown): Promise<unknown> {
  return Promise.resolve(call).then(
    () => 'done',
    (error) => (isP2PError(error) ? error.code : error),
  )
}

async function run(event: string, name: string, side: Side) {
  net = createTestNetwork({ latencyMs: 5 })
  const relay = net.createPeer({ host: 'relay', relay: true })
  const bootstrap = side === 'by circuit' ? [net.addressOf(relay)] : []
  const config = { bootstrap, webrtc: false } as P2PConfig
  const wallet = net.createPeer({ ...config, host: 'wallet' })
  const other = net.createPeer({ ...config, host: 'other' })
  const outcomes: unknown[] = []
  let calls = 0
  const failures: P2PError[] = []
  wallet.on('error', (error) => failures.push(error))
  wallet.on(event as 'status', () => {
    // Once for each peer, and no more: what a call brings about may be the same event again.
    if (++calls > 2) return
    const peer = wallet.getConnectedPeers().find(({ isRelay }) => !isRelay) ?? { peerId: other.peerId }
    // A synchronous call that throws is what a caller would see.
    const call = (async () => CALLS[name]!(wallet, peer.peerId))()
    outcomes.push(settled(call))
  })
  const begin = (side === 'that is dialled' ? [other, wallet] : [wallet, other]) as [P2PCoordinator, P2PCoordinator]
  await net.run(settled(Promise.all([wallet.start(), other.start(), relay.start()])))
  await net.run(settled(begin[0].connectToPeer(side === 'by circuit' ? begin[1].peerId : net.addressOf(begin[1]))))
  await net.run(settled((async () => EVENTS[event]!(wallet, other))()))
  await net.run(settled(other.sendTo(wallet.peerId, { type: 'y', payload: 1 })))
  await net.clock.advance(3_000)
  const codes = await net.run(Promise.all(outcomes))
  for (const peer of [wallet, other, relay]) expect(await net.run(settled(peer.shutdown()))).toBe('done')
  await net.clock.advance(120_000)
  return {
    calls,
    codes,
    failures,
    pending: net.clock.pending,
    seen: [...other.getConnectedPeers(), ...relay.getConnectedPeers()],
  }
}

/** The short version: what ends something, in the events that come before a connection is in service; one call in each other event. */
const ENDINGS = ['shutdown', 'suspend', 'disconnectFromPeer', 'dropPath']
const ROWS = (['that dials', 'that is dialled', 'by circuit'] as Side[]).flatMap((side) =>
  Object.keys(EVENTS).flatMap((event) => {
    if (event === 'path-changed' && side !== 'by circuit') return []
    const isEarly = event === 'connected' || event === 'status'
    const names = LONG ? Object.keys(CALLS) : isEarly ? ENDINGS : side === 'by circuit' ? ['shutdown', 'dropPath'] : []
    return names.map((name) => [event, name, side] as const)
  }),
)

describe('a call inside an event does what it does elsewhere', () => {
  it.each(ROWS)('%s: %s, of a wallet %s', async (event, name, side) => {
    const { calls, codes, failures, pending, seen } = await run(event, name, side)
    expect(calls).toBeGreaterThan(0)
    for (const code of codes) expect(code).toEqual(expect.any(String))
    const own = failures.filter(({ message }) => !message.includes('of a test'))
    expect(own.filter(({ code }) => code === 'LISTENER_FAILED')).toEqual([])
    expect(seen).toEqual([])
    expect(pending).toBe(0)
  })

  it('a bootstrap peer that was lost inside `connected` is dialled again; one that was left there is not', async () => {
    net = createTestNetwork({ latencyMs: 5 })
    const relay = net.createPeer({ host: 'relay', relay: true })
    await net.run(relay.start())
    for (const [name, isBack] of [
      ['dropPath', true],
      ['disconnectFromPeer', false],
    ] as const) {
      const wallet = net.createPeer({ host: name, bootstrap: [net.addressOf(relay)] })
      wallet.once('connected', ({ peerId }) => void CALLS[name]!(wallet, peerId))
      await net.run(wallet.start())
      await net.clock.advance(60_000)
      expect([name, wallet.isConnected(relay.peerId)]).toEqual([name, isBack])
    }
  })
})

it('a shutdown releases every other peer where one connection fails at its end', async () => {
  net = createTestNetwork({ latencyMs: 5 })
  const { network } = net
  const memory = network.transport('wallet')
  let isBroken = false
  const fail = () => {
    if (isBroken) throw new Error('broken')
  }
  const bad = net.createPeer({ host: 'bad' })
  const good = net.createPeer({ host: 'good' })
  const wallet = net.createPeer({
    listening: false,
    transport: {
      ...memory,
      name: memory.name,
      canDial: (address) => memory.canDial(address),
      dial: async (address, options) => {
        const connection = await memory.dial(address, options)
        if (!address.includes('bad')) return connection
        const { send, close } = connection
        return Object.assign(connection, {
          send(frame: Uint8Array) {
            fail()
            send.call(connection, frame)
          },
          close() {
            close.call(connection)
            fail()
          },
        })
      },
    },
  })
  await net.run(Promise.all([bad.start(), good.start()]))
  await net.run(wallet.connectToPeer(net.addressOf(bad)))
  await net.run(wallet.connectToPeer(net.addressOf(good)))
  isBroken = true
  expect(await net.run(settled(wallet.shutdown()))).toBe('done')
  await net.clock.advance(60_000)
  expect([bad, good].map((peer) => peer.isConnected(wallet.peerId))).toEqual([false, false])
})
