import { describe, expect, it } from 'vitest'
import { P2PError, type P2PErrorCode } from '../../src/base/errors.js'
import { resolveLimits } from '../../src/base/limits.js'
import { Reconnector } from '../../src/peer/keep/reconnector.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

async function setUp(bootstrap: string[] = []) {
  const clock = new VirtualClock()
  const dials: [target: unknown, atMs: number][] = []
  const errors: string[] = []
  const start = clock.now()
  const wanted = new Set<string>()
  let outcome: P2PErrorCode | P2PError | undefined
  const reconnector = new Reconnector(bootstrap, {
    clock,
    limits: resolveLimits({}),
    dial: async (target) => {
      dials.push([target, clock.now() - start])
      if (outcome instanceof P2PError) throw outcome
      if (outcome !== undefined) throw new P2PError(outcome, 'No.')
      return 'bob'
    },
    isConnected: () => false,
    isWanted: (peerId) => wanted.has(peerId),
    onError: ({ code }) => errors.push(code),
    onChange: () => {},
  })
  await reconnector.start()
  const fail = (code: P2PErrorCode | P2PError | undefined) => {
    outcome = code
  }
  return { clock, dials, errors, reconnector, wanted, fail }
}

const loss = (code: P2PErrorCode = 'CONNECTION_LOST', byPeer?: boolean) =>
  new P2PError(code, 'Gone.', { details: byPeer === undefined ? {} : { byPeer } })

const moved = () => new P2PError('SHUT_DOWN', 'Gone.', { details: { byPeer: true, moved: true } })

describe('a peer that asks us to come back at once', () => {
  it('is dialled at once, whether it is a bootstrap peer or one that the application has connected to, and nothing is reported', async () => {
    const { clock, dials, reconnector, errors } = await setUp(['wss://relay.example'])
    reconnector.keep('carol', 'carol')
    await clock.advance(60_000)
    dials.length = 0
    reconnector.lost('bob', moved())
    reconnector.lost('carol', moved())
    await clock.advance(300)
    expect(dials).toEqual([
      ['wss://relay.example', 60_000],
      ['carol', 60_000],
    ])
    expect(errors).toEqual([])
  })

  it('is dialled with pauses where it asks again and again', async () => {
    const { clock, dials, reconnector } = await setUp(['wss://relay.example'])
    await clock.advance(60_000)
    dials.length = 0
    for (let n = 0; n < 5; n++) {
      reconnector.lost('bob', moved())
      await clock.advance(500)
    }
    // At once, and then after a second's pause.
    expect(dials.length).toBeLessThanOrEqual(3)
  })

  it('counts as no failure: the pause after a failure that follows is the shortest', async () => {
    const { clock, dials, reconnector, fail } = await setUp(['wss://relay.example'])
    await clock.advance(60_000)
    dials.length = 0
    fail('PEER_UNREACHABLE')
    reconnector.lost('bob', moved())
    await clock.advance(1_300)
    expect(dials.map(([, at]) => at - 60_000)).toEqual([0, expect.closeTo(1_000, -3)])
  })
})

describe('a peer that the application has connected to', () => {
  it('is dialled again after a loss, with pauses from 1 to 60 s that vary by 30 %, for ten minutes', async () => {
    const { clock, dials, reconnector, fail, errors } = await setUp()
    reconnector.keep('bob', 'bob')
    fail('PEER_UNREACHABLE')
    reconnector.lost('bob', loss())
    await clock.advance(3_600_000)
    const pauses = dials.map(([, at], i) => at - (dials[i - 1]?.[1] ?? 0))
    for (const [i, pause] of pauses.entries()) {
      const whole = Math.min(60_000, 1_000 * 2 ** i)
      expect(pause).toBeGreaterThanOrEqual(whole * 0.7)
      expect(pause).toBeLessThanOrEqual(whole * 1.3)
    }
    expect(dials.at(-1)![1]).toBeGreaterThan(540_000)
    expect(dials.at(-1)![1]).toBeLessThan(700_000)
    expect([reconnector.pending, clock.pending, errors]).toEqual([false, 0, []])
  })

  it('is dialled for longer while messages wait for it', async () => {
    const { clock, dials, reconnector, fail, wanted } = await setUp()
    wanted.add('bob')
    fail('PEER_NOT_FOUND')
    reconnector.want('bob')
    await clock.advance(3_600_000)
    expect(dials.length).toBeGreaterThan(45)
  })

  it.each([
    ['when it says goodbye', loss('CONNECTION_CLOSED', true)],
    ['when it shuts down', loss('SHUT_DOWN', true)],
    ['when we do', loss('CONNECTION_CLOSED')],
    ['when another session of ours has taken its place', loss('REPLACED', true)],
    ['when its name is taken', loss('NAME_TAKEN')],
  ])('is left alone %s', async (_, error) => {
    const { clock, dials, reconnector } = await setUp()
    reconnector.keep('bob', 'bob')
    reconnector.lost('bob', error)
    reconnector.lost('bob', loss())
    await clock.advance(600_000)
    expect(dials).toEqual([])
  })

  it('is kept when it comes back as another process, as after a reload', async () => {
    const { clock, dials, reconnector } = await setUp()
    reconnector.keep('bob', 'bob')
    reconnector.lost('bob', loss('REPLACED'))
    await clock.advance(60_000)
    expect(dials).toEqual([])
    reconnector.lost('bob', loss())
    await clock.advance(2_000)
    expect(dials).toHaveLength(1)
  })

  it('is dialled at once and from the shortest pause on waking', async () => {
    const { clock, dials, reconnector, fail } = await setUp()
    reconnector.keep('bob', 'bob')
    fail('PEER_UNREACHABLE')
    reconnector.lost('bob', loss())
    await clock.advance(120_000)
    const before = dials.length
    reconnector.wake()
    await clock.advance(0)
    expect(dials.length).toBe(before + 1)
    await clock.advance(1_300)
    expect(dials.length).toBe(before + 2)
  })
})

describe('a bootstrap peer', () => {
  it('is dialled for ever, its first failure told, and not after what dialling cannot help', async () => {
    const { clock, dials, errors, reconnector, fail } = await setUp(['wss://relay.example'])
    fail('PEER_UNREACHABLE')
    reconnector.lost('bob', loss('CONNECTION_CLOSED', true))
    await clock.advance(7_200_000)
    expect(dials.length).toBeGreaterThan(100)
    expect(errors).toEqual(['PEER_UNREACHABLE'])
    fail('INVALID_ADDRESS')
    await clock.advance(120_000)
    const count = dials.length
    await clock.advance(600_000)
    expect([dials.length, errors]).toEqual([count, ['PEER_UNREACHABLE', 'INVALID_ADDRESS']])
  })

  it('is dialled again after a restart, though it said that it is shutting down', async () => {
    const { clock, dials, reconnector, fail } = await setUp(['wss://relay.example'])
    const closing = new P2PError('SHUT_DOWN', 'Closing.', { details: { byPeer: true } })
    reconnector.lost('bob', closing)
    await clock.advance(2_000)
    expect(dials).toHaveLength(2)
    // In the middle of a dial, or instead of an answer to one.
    fail(closing)
    reconnector.lost('bob', loss())
    await clock.advance(2_000)
    fail(undefined)
    await clock.advance(10_000)
    expect(dials).toHaveLength(4)
  })

  it('comes back later, and spread, where the relay says when', async () => {
    const delays: number[] = []
    for (let i = 0; i < 30; i++) {
      const { clock, dials, reconnector } = await setUp(['wss://relay.example'])
      reconnector.lost('bob', new P2PError('POOL_FULL', 'Full.', { details: { retryAfterMs: 10_000 } }))
      await clock.advance(60_000)
      delays.push(dials[1]![1])
    }
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(10_000)
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(2_000)
  })
})

describe('a refusal in the clear, which anybody on the way can have written', () => {
  const inClear = (code: P2PErrorCode, retryAfterMs?: number) =>
    new P2PError(code, 'No.', { details: { byPeer: true, inClear: true, ...(retryAfterMs !== undefined && { retryAfterMs }) } })

  /** Bob is lost, each dial fails for a minute, and then none does. */
  async function staysWanted(failure: P2PError | P2PErrorCode): Promise<void> {
    const { clock, dials, reconnector, fail } = await setUp(['wss://relay.example'])
    reconnector.keep('bob', 'bob')
    fail(failure)
    reconnector.lost('bob', loss())
    await clock.advance(60_000)
    fail(undefined)
    await clock.advance(120_000)
    expect(dials.length).toBeGreaterThan(3)
    expect(reconnector.wants('bob')).toBe(true)
    reconnector.stop()
  }

  it.each<P2PErrorCode>([
    'WRONG_PEER',
    'NAME_TAKEN',
    'REPLACED',
    'SELF_DIAL',
    'UNSUPPORTED_VERSION',
    'BANNED',
    'WRONG_NETWORK',
    'SHUT_DOWN',
  ])('ends no attempts to come back: %s', (code) => staysWanted(inClear(code)))

  it.each<P2PErrorCode>(['WRONG_PEER', 'NAME_TAKEN', 'SELF_DIAL', 'UNSUPPORTED_VERSION', 'HANDSHAKE_FAILED'])(
    'nor does somebody else that answers there, whatever we find: %s',
    staysWanted,
  )

  it('keeps us away for less than 10 s, whatever it asks for', async () => {
    for (let i = 0; i < 30; i++) {
      const { clock, dials, reconnector } = await setUp(['wss://relay.example'])
      reconnector.lost('bob', inClear('POOL_FULL', 86_400_000))
      await clock.advance(10_000)
      expect(dials.length).toBeGreaterThan(1)
      reconnector.stop()
    }
  })

  it('is told of once in a row of failures, whatever its code', async () => {
    const { clock, errors, reconnector, fail } = await setUp(['wss://relay.example'])
    fail(inClear('WRONG_PEER'))
    reconnector.lost('bob', loss())
    await clock.advance(600_000)
    expect(errors).toEqual(['WRONG_PEER'])
    reconnector.stop()
  })
})

describe('a peer that closes with `moved`', () => {
  const moved = (code: P2PErrorCode = 'CONNECTION_CLOSED') =>
    new P2PError(code, 'Draining.', { details: { byPeer: true, moved: true } })

  it('is dialled again at once, though it has said goodbye, and it does not count as a failure', async () => {
    for (const code of ['CONNECTION_CLOSED', 'SHUT_DOWN'] as const) {
      const { clock, dials, reconnector } = await setUp()
      reconnector.keep('bob', 'bob')
      await clock.advance(5_000)
      reconnector.lost('bob', moved(code))
      await clock.advance(0)
      expect(dials).toEqual([['bob', 5_000]])
      await clock.advance(5_000)
      reconnector.lost('bob', loss())
      // The first pause of all.
      await clock.advance(1_300)
      expect(dials).toHaveLength(2)
      reconnector.stop()
    }
  })

  it('again and again is dialled with pauses', async () => {
    const { clock, dials, reconnector } = await setUp()
    reconnector.keep('bob', 'bob')
    await clock.advance(5_000)
    for (let i = 0; i < 1_000; i++) {
      reconnector.lost('bob', moved())
      await clock.advance(10)
      reconnector.found('bob')
    }
    // Ten seconds, and no pause shorter than 700 ms but the first.
    expect(dials.length).toBeLessThan(17)
    reconnector.stop()
  })
})
