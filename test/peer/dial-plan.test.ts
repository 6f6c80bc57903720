import { describe, expect, it } from 'vitest'
import { schemeOf } from '../../src/address/addresses.js'
import { P2PError } from '../../src/base/errors.js'
import { resolveLimits } from '../../src/base/limits.js'
import { connectTo, type DialTools } from '../../src/peer/dial/dial-plan.js'
import { type PeerInfo, PeerState } from '../../src/protocol/peer-info.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

const peer = (addresses: PeerInfo['addresses'], peerId = 'bob'): PeerInfo => ({
  peerId,
  addresses,
  state: PeerState.DISCONNECTED,
  lastSeen: 0,
})

const RANKS: Record<string, number> = { wss: 3, ws: 3, tcp: 2.5, https: 2, http: 2, desk: 4 }

/** What each address does when it is dialled: connects as this peer, fails with this error, or hangs. */
type Answers = Record<string, string | P2PError | 'hangs'>

function planning(answers: Answers = {}, changes: Partial<DialTools> = {}) {
  const clock = new VirtualClock()
  const started = clock.now()
  /** Address, expected peer, and the milliseconds after the start. */
  const dials: [string, string | undefined, number][] = []
  const given: string[] = []
  const tools: DialTools = {
    clock,
    limits: resolveLimits({ dialTimeoutMs: 20_000, dialHeadStartMs: 250, dialLookupMs: 3_000 }),
    peerId: 'me',
    circuitsOnly: false,
    isConnected: () => false,
    canDial: (address) => /^(circuit|tab|webrtc):/.test(address),
    rankOf: (address) => RANKS[schemeOf(address)] ?? Number.NEGATIVE_INFINITY,
    resolvers: [],
    dial: (address, expected, { signal }) => {
      dials.push([address, expected, clock.now() - started])
      const answer = answers[address] ?? new P2PError('PEER_UNREACHABLE', `Nobody at ${address}.`)
      if (answer instanceof P2PError) return Promise.reject(answer)
      if (answer !== 'hangs') return Promise.resolve(answer)
      return new Promise((_, reject) =>
        signal?.addEventListener('abort', () => {
          given.push(address)
          reject(signal.reason)
        }),
      )
    },
    ...changes,
  }
  const connect = (target: string | PeerInfo, wait = {}) => clock.run(connectTo(target, tools, wait))
  const fail = (target: string | PeerInfo, wait = {}): Promise<P2PError> =>
    connect(target, wait).then(
      () => expect.fail('It should have failed.'),
      (error) => error,
    )
  return { clock, dials, given, connect, fail, addresses: () => dials.map(([address]) => address) }
}

describe('connecting', () => {
  it.each(['ws://h:1', 'wss://relay.example', 'memory://b', 'circuit:relay/bob', 'tab:one', 'webrtc:bob'])(
    'to the address %s dials it, and takes whom it finds',
    async (address) => {
      const { connect, dials } = planning({ [address]: 'whoever' })
      expect(await connect(address)).toBe('whoever')
      expect(dials).toEqual([[address, undefined, 0]])
    },
  )

  it('to a peer that is connected dials nobody', async () => {
    const { connect, dials } = planning({}, { isConnected: (id) => id === 'bob' })
    expect([await connect('bob'), await connect(peer({ websocket: 'ws://b' }))]).toEqual(['bob', 'bob'])
    expect(dials).toEqual([])
  })

  it.each([undefined, null, 7, {}, { peerId: 7 }])('to %j is refused as INVALID_ADDRESS', async (target) => {
    const { fail, dials } = planning()
    expect(await fail(target as never)).toMatchObject({ code: 'INVALID_ADDRESS' })
    expect(dials).toEqual([])
  })

  it('to a peer id with a typing error asks nobody', async () => {
    let asked = 0
    const find = async () => {
      asked++
      return []
    }
    const { fail } = planning({}, { resolvers: [find] })
    expect(await fail(`lp1${'q'.repeat(58)}`)).toMatchObject({ code: 'INVALID_PEER_ID' })
    expect(asked).toBe(0)
  })
})

describe('the paths to a described peer', () => {
  const all = { websocket: 'ws://b', http: 'http://b', relays: ['r1'] }

  it('are its own addresses first, then circuits, each with a head start, and the peer is the expected one', async () => {
    const { connect, dials, given, clock } = planning({ 'ws://b': 'hangs', 'http://b': 'hangs', 'circuit:r1/bob': 'bob' })
    expect(await connect(peer(all))).toBe('bob')
    expect(dials).toEqual([
      ['ws://b', 'bob', 0],
      ['http://b', 'bob', 250],
      ['circuit:r1/bob', 'bob', 500],
    ])
    // The winner ends the others, and no timer is left.
    expect([given, clock.pending]).toEqual([['ws://b', 'http://b'], 0])
  })

  it('are tried by the rank of their transports, the usual ones first among equals', async () => {
    const { connect, addresses } = planning({ 'circuit:r1/bob': 'bob' })
    expect(await connect(peer({ ...all, others: ['pigeon:b', 'tcp://b', 'desk:b', 'ws://b2'] }))).toBe('bob')
    expect(addresses()).toEqual(['desk:b', 'ws://b', 'ws://b2', 'tcp://b', 'http://b', 'pigeon:b', 'circuit:r1/bob'])
  })

  it('are circuits alone for a wallet that hides its network address, whatever the scheme of the others', async () => {
    const { connect, addresses } = planning({ 'desk:b': 'bob', 'circuit:r1/bob': 'bob' }, { circuitsOnly: true })
    expect(await connect(peer({ others: ['desk:b'], relays: ['r1'] }))).toBe('bob')
    expect(addresses()).toEqual(['circuit:r1/bob'])
  })

  it('give way at once to the next where one fails', async () => {
    const { connect, dials } = planning({ 'circuit:r1/bob': 'bob' })
    expect(await connect(peer(all))).toBe('bob')
    expect(dials.map(([, , atMs]) => atMs)).toEqual([0, 0, 0])
  })

  it('are circuits alone for a wallet that hides its network address', async () => {
    const { connect, addresses } = planning(
      { 'ws://b': 'bob', 'http://b': 'bob', 'circuit:r1/bob': 'bob' },
      { circuitsOnly: true },
    )
    expect(await connect(peer(all))).toBe('bob')
    expect(addresses()).toEqual(['circuit:r1/bob'])
  })

  it('go through a relay that is named by its address, once that is connected', async () => {
    const { connect, dials } = planning({ 'wss://relay': 'lp1relay', 'circuit:lp1relay/bob': 'bob' })
    expect(await connect(peer({ relays: ['wss://relay'] }))).toBe('bob')
    expect(dials).toEqual([
      ['wss://relay', undefined, 0],
      ['circuit:lp1relay/bob', 'bob', 0],
    ])
  })

  it('are what relays and DHT know, tried as soon as each is known and each once', async () => {
    let answer = (_: PeerInfo | undefined) => {}
    const resolve = () =>
      new Promise<PeerInfo[]>((resolve) => {
        answer = (found) => resolve(found === undefined ? [] : [found])
      })
    const { clock, connect, addresses } = planning(
      { 'circuit:r1/bob': 'hangs', 'circuit:r2/bob': 'bob' },
      { resolvers: [async () => [peer({ relays: ['r1'] }), peer({ relays: ['r1'] })], resolve] },
    )
    clock.setTimeout(() => answer(peer({ relays: ['r1', 'r2'] })), 1_000)
    expect(await connect('bob')).toBe('bob')
    expect(addresses()).toEqual(['circuit:r1/bob', 'circuit:r2/bob'])
  })

  it('are looked for once the given ones have failed', async () => {
    const { connect, addresses } = planning({ 'circuit:r2/bob': 'bob' }, { resolvers: [async () => [peer({ relays: ['r2'] })]] })
    expect(await connect(peer({ websocket: 'ws://b' }))).toBe('bob')
    expect(addresses()).toEqual(['ws://b', 'circuit:r2/bob'])
  })
})

describe('a peer that is not reached', () => {
  it('and that nobody knows is PEER_NOT_FOUND, with what the relays said', async () => {
    const cause = new P2PError('TIMEOUT', 'No relay answered.')
    const { fail } = planning({}, { resolvers: [() => Promise.reject(cause)] })
    expect(await fail('bob')).toMatchObject({ code: 'PEER_NOT_FOUND', details: { peerId: 'bob' }, cause })
  })

  it('is found by the DHT though the relays fail', async () => {
    const { connect } = planning(
      { 'ws://b': 'bob' },
      { resolvers: [() => Promise.reject(new P2PError('TIMEOUT', 'No.')), async () => [peer({ websocket: 'ws://b' })]] },
    )
    expect(await connect('bob')).toBe('bob')
  })

  it('by its single path fails with the error of that path', async () => {
    const error = new P2PError('BANNED', 'Not you.')
    const { fail } = planning({ 'ws://b': error })
    expect(await fail(peer({ websocket: 'ws://b' }))).toBe(error)
    expect(error.details.paths).toEqual([{ path: 'ws://b', code: 'BANNED', message: 'Not you.' }])
  })

  it('by several is PEER_UNREACHABLE, and each path says why', async () => {
    const { fail } = planning({ 'http://b': new P2PError('POOL_FULL', 'Full.') })
    expect(await fail(peer({ websocket: 'ws://b', http: 'http://b' }))).toMatchObject({
      code: 'PEER_UNREACHABLE',
      details: {
        peerId: 'bob',
        paths: [
          { path: 'ws://b', code: 'PEER_UNREACHABLE' },
          { path: 'http://b', code: 'POOL_FULL' },
        ],
      },
    })
  })

  it('in time is TIMEOUT, names what hangs, and gives it up', async () => {
    const { fail, given, clock } = planning({ 'ws://b': 'hangs' })
    const before = clock.now()
    const error = await fail(peer({ websocket: 'ws://b' }))
    expect(error).toMatchObject({ code: 'TIMEOUT', details: { paths: [{ path: 'ws://b', code: 'TIMEOUT' }] } })
    expect([clock.now() - before, given, clock.pending]).toEqual([20_000, ['ws://b'], 0])
  })

  it('before its own deadline, or before its signal fires, is given up then', async () => {
    const { fail, given, clock } = planning({ 'ws://b': 'hangs' })
    const before = clock.now()
    expect(await fail(peer({ websocket: 'ws://b' }), { timeoutMs: 700 })).toMatchObject({ code: 'TIMEOUT' })
    expect(clock.now() - before).toBe(700)
    const leaving = new AbortController()
    clock.setTimeout(() => leaving.abort(), 100)
    expect(await fail(peer({ websocket: 'ws://b' }), { signal: leaving.signal })).toMatchObject({ code: 'ABORTED' })
    expect([clock.now() - before, given, clock.pending]).toEqual([800, ['ws://b', 'ws://b'], 0])
  })

  it('has the time on top in which we worked for it', async () => {
    let pausedMs = 0
    const { fail, clock } = planning({ 'ws://b': 'hangs' }, { pausedMs: () => pausedMs })
    const before = clock.now()
    clock.setTimeout(() => {
      pausedMs = 5_000
    }, 1_000)
    expect(await fail(peer({ websocket: 'ws://b' }))).toMatchObject({ code: 'TIMEOUT' })
    expect(clock.now() - before).toBe(25_000)
  })
})
