import { describe, expect, it } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { resolveLimits } from '../../src/base/limits.js'
import type { WaitOptions } from '../../src/base/wait.js'
import { PathUpgrade } from '../../src/peer/keep/path-upgrade.js'
import { type PeerInfo, PeerState } from '../../src/protocol/peer-info.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

const MIN_MS = 1_000
const MAX_MS = 8_000

const reached = (transport: 'circuit' | 'webrtc' | 'websocket', outbound = true): PeerInfo => ({
  peerId: 'bob',
  addresses: {},
  state: PeerState.CONNECTED,
  lastSeen: 0,
  connection: { transport, outbound, since: 0, direct: transport !== 'circuit' },
})

function upgrading(canUpgrade = true) {
  const clock = new VirtualClock()
  const peers = new Map<string, PeerInfo>()
  /** The milliseconds at which a direct path was tried, and the signal of each attempt. */
  const attempts: number[] = []
  const signals: AbortSignal[] = []
  const state = { outcome: (): Promise<unknown> => Promise.reject(new P2PError('PEER_UNREACHABLE', 'No.')) }
  const started = clock.now()
  const upgrade = new PathUpgrade({
    clock,
    limits: resolveLimits({ upgradeMinMs: MIN_MS, upgradeMaxMs: MAX_MS }),
    logger: { debug: () => {}, warn: () => {}, error: () => {} },
    get: (peerId) => peers.get(peerId),
    addressOf: ({ connection }) => (canUpgrade && connection?.transport === 'circuit' ? 'webrtc:bob' : undefined),
    dial: (_address, _peerId, { signal }: WaitOptions) => {
      attempts.push(clock.now() - started)
      signals.push(signal!)
      return state.outcome()
    },
  })
  const consider = (peer: PeerInfo | undefined) => {
    if (peer === undefined) peers.delete('bob')
    else peers.set('bob', peer)
    upgrade.consider('bob')
  }
  return { clock, upgrade, consider, attempts, signals, state }
}

const never = () => new Promise(() => {})

describe('a direct path', () => {
  it('is looked for at once where we have dialled a circuit, and not again once it is there', async () => {
    const { clock, consider, attempts, state } = upgrading()
    state.outcome = async () => {}
    consider(reached('circuit'))
    expect(attempts).toEqual([0])
    await clock.advance(60_000)
    expect([attempts, clock.pending]).toEqual([[0], 0])
  })

  it.each([
    ['over a direct path', reached('webrtc'), true],
    ['over a server’s socket', reached('websocket'), true],
    ['by a circuit that the peer has dialled', reached('circuit', false), true],
    ['by a circuit, and one of both hides its network address', reached('circuit'), false],
    ['not at all', undefined, true],
  ])('is not looked for where the peer is reached %s', async (_, peer, canUpgrade) => {
    const { clock, consider, attempts } = upgrading(canUpgrade)
    consider(peer)
    await clock.advance(60_000)
    expect([attempts, clock.pending]).toEqual([[], 0])
  })

  it('is looked for by one attempt at a time', () => {
    const { consider, attempts, state } = upgrading()
    state.outcome = never
    consider(reached('circuit'))
    consider(reached('circuit'))
    expect(attempts).toHaveLength(1)
  })

  it('is looked for again after pauses that double up to their bound, spread by 30 %', async () => {
    const { clock, consider, attempts } = upgrading()
    consider(reached('circuit'))
    await clock.advance(60_000)
    const pauses = attempts.slice(1).map((atMs, i) => atMs - attempts[i]!)
    expect(pauses.length).toBeGreaterThanOrEqual(6)
    for (const [i, pause] of pauses.entries()) {
      const middle = Math.min(MAX_MS, MIN_MS * 2 ** i)
      expect(pause).toBeGreaterThanOrEqual(0.7 * middle)
      expect(pause).toBeLessThanOrEqual(1.3 * middle)
    }
  })

  it('is looked for anew when the circuit comes back after it was lost', async () => {
    const { clock, consider, attempts, state } = upgrading()
    state.outcome = async () => {}
    consider(reached('circuit'))
    await clock.advance(0)
    consider(reached('webrtc'))
    await clock.advance(10_000)
    consider(reached('circuit'))
    expect(attempts).toEqual([0, 10_000])
  })
})

describe('an attempt at a direct path', () => {
  it.each([
    ['the peer is gone', undefined],
    ['another path serves the peer', reached('webrtc')],
  ])('is given up once %s, and not repeated', async (_, peer) => {
    const { clock, consider, attempts, signals, state } = upgrading()
    state.outcome = never
    consider(reached('circuit'))
    consider(peer)
    expect(signals[0]!.aborted).toBe(true)
    await clock.advance(60_000)
    expect([attempts, clock.pending]).toEqual([[0], 0])
  })

  it('that fails after the peer was forgotten starts no pause', async () => {
    const { clock, upgrade, consider, attempts, state } = upgrading()
    let fail = (_: Error) => {}
    state.outcome = () =>
      new Promise((_, reject) => {
        fail = reject
      })
    consider(reached('circuit'))
    upgrade.forget('bob')
    fail(new P2PError('ABORTED', 'Given up.'))
    await clock.advance(60_000)
    expect([attempts, clock.pending]).toEqual([[0], 0])
  })

  it('is made at once when the network has changed, and the pauses begin anew', async () => {
    const { clock, upgrade, consider, attempts } = upgrading()
    consider(reached('circuit'))
    await clock.advance(20_000)
    const before = attempts.length
    upgrade.retry()
    expect(attempts.slice(before)).toEqual([20_000])
    await clock.advance(1.3 * MIN_MS)
    expect(attempts).toHaveLength(before + 2)
  })

  it('that is under way goes on when the network changes', () => {
    const { upgrade, consider, attempts, signals, state } = upgrading()
    state.outcome = never
    consider(reached('circuit'))
    upgrade.retry()
    expect([attempts, signals[0]!.aborted]).toEqual([[0], false])
  })

  it('ends with the wallet, and so does its timer', async () => {
    const { clock, upgrade, consider, attempts } = upgrading()
    consider(reached('circuit'))
    await clock.advance(0)
    expect(clock.pending).toBe(1)
    upgrade.close()
    await clock.advance(60_000)
    expect([attempts, clock.pending]).toEqual([[0], 0])
  })
})
