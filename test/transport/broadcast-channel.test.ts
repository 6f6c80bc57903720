import { afterEach, describe, expect, it, vi } from 'vitest'
import { DEFAULT_LIMITS, resolveLimits } from '../../src/base/limits.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { broadcastChannel } from '../../src/transport/tabs/broadcast-channel.js'
import type { Connection } from '../../src/transport/transport.js'
import { record, settle } from '../circuit/test-network.js'
import { acceptor, transportCompliance } from '../compliance/transport.js'

const FIRST = Uint8Array.of(1, 2, 3)
const SAID = 'all was said'
const NOBODY = `tab:test/${'n'.repeat(22)}`

/** A tab that listens. */
async function tab(options: Parameters<typeof broadcastChannel>[0] = {}) {
  const transport = broadcastChannel({ name: 'test', ...options })
  const { accept, next } = acceptor()
  await transport.listener.listen(accept)
  const address = transport.listener.addresses[0]!
  const id = address.slice('tab:test/'.length)
  const found: string[] = []
  let unsubscribe = () => {}
  const discover = () => {
    unsubscribe = transport.discover((other) => found.push(other))
  }
  const stop = () => {
    unsubscribe()
    return transport.listener.close()
  }
  return { transport, address, id, next, found, discover, stop }
}

transportCompliance(
  'Tabs over BroadcastChannel',
  async () => {
    const there = await tab()
    return { ...there, transport: broadcastChannel({ name: 'test' }) }
  },
  { unreachable: [NOBODY, 'PEER_UNREACHABLE'], invalid: ['tab:', 'tab:test/', 'tab:test/short', `${NOBODY}/more`] },
)

describe('tabs over BroadcastChannel', () => {
  const ends: (() => unknown)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0)) await end()
    vi.unstubAllGlobals()
  })

  async function made(options: Parameters<typeof broadcastChannel>[0] = {}) {
    const one = await tab(options)
    ends.push(one.stop)
    return one
  }

  async function connected(options: Parameters<typeof broadcastChannel>[0] = {}) {
    const [a, b] = [await made(options), await made(options)]
    const [near, far] = await Promise.all([a.transport.dial(b.address, { firstFrame: FIRST }), b.next()])
    return { a, b, near, far }
  }

  /** Another script of the same origin. */
  function script() {
    const channel = new BroadcastChannel('test')
    const heard: Record<string, unknown>[] = []
    channel.onmessage = (event) => {
      const { data } = event as MessageEvent
      if (data !== SAID) heard.push(data)
    }
    ends.push(() => channel.close())
    return { say: (message: unknown) => channel.postMessage(message), heard }
  }

  /** Until all that was said has been heard: a message goes the same way and comes last. */
  async function heard() {
    const [out, back] = [new BroadcastChannel('test'), new BroadcastChannel('test')]
    await new Promise((resolve) => {
      back.onmessage = resolve
      out.postMessage(SAID)
    })
    out.close()
    back.close()
    await settle()
  }

  it('finds three tabs: of each two, only the one with the larger id is told, once', async () => {
    const tabs = [await made(), await made(), await made()]
    for (const one of tabs) one.discover()
    await heard()
    await heard()
    const sorted = tabs.sort((a, b) => (a.id < b.id ? -1 : 1))
    const [small, middle, large] = sorted.map(({ address }) => address)
    expect(sorted.map(({ found }) => found.sort())).toEqual([[], [small], [small, middle].sort()])
    expect(large).toMatch(/^tab:test\/[\w-]{22}$/)
  })

  it('tells a tab that only dials of all that listen, and of those that come later', async () => {
    const [a, b] = [await made(), await made()]
    const seeker = broadcastChannel({ name: 'test' })
    const found: string[] = []
    ends.push(seeker.discover((address) => found.push(address)))
    await heard()
    await heard()
    expect(found.sort()).toEqual([a.address, b.address].sort())
    const late = await made()
    await heard()
    expect(found.at(-1)).toBe(late.address)
    expect(found).toHaveLength(3)
  })

  it('keeps tabs of another name apart', async () => {
    const other = broadcastChannel({ name: 'other network/1' })
    await other.listener.listen(() => {})
    ends.push(() => other.listener.close())
    const one = await made()
    one.discover()
    await heard()
    expect(one.found).toEqual([])
    const [address] = other.listener.addresses
    expect(address).toMatch(/^tab:other%20network%2F1\/[\w-]{22}$/)
    expect([one.transport.canDial(address!), other.canDial(address!)]).toEqual([false, true])
  })

  it('lets the caller use its bytes again at once, and sends no more of a buffer than the frame', async () => {
    const { near, far } = await connected()
    const { heard: messages } = script()
    const sink = record(far)
    const buffer = new Uint8Array(1_000).fill(7)
    near.send(buffer.subarray(10, 14))
    buffer.fill(0)
    await sink.until(({ frames }) => frames.length === 2)
    expect(sink.frames[1]).toEqual(Uint8Array.of(7, 7, 7, 7))
    await heard()
    expect((messages.at(-1)!.frame as Uint8Array).buffer.byteLength).toBe(4)
  })

  it('never has more than a window on the way to a tab that does not consume', async () => {
    const { near, far } = await connected()
    const { heard: messages } = script()
    for (let i = 0; i < 40; i++) near.send(new Uint8Array(50_000).fill(i))
    await heard()
    const bytes = messages.reduce((sum, { frame }) => sum + (frame as Uint8Array).length, 0)
    expect(bytes).toBeLessThanOrEqual(DEFAULT_LIMITS.tabWindowBytes)
    expect(near.bufferedAmount).toBe(40 * 50_000 - bytes)
    const sink = record(far)
    await sink.until(({ frames }) => frames.length === 41)
    expect(sink.frames.slice(1).map(([first]) => first)).toEqual(Array.from({ length: 40 }, (_, i) => i))
    expect(near.bufferedAmount).toBe(0)
  })

  it('refuses a frame that is too large, typed', async () => {
    const { a, b, near } = await connected()
    const large = new Uint8Array(65_536)
    expect(() => near.send(large)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
    await expect(a.transport.dial(b.address, { firstFrame: large })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it('refuses to dial itself, and to listen twice', async () => {
    const one = await made()
    await expect(one.transport.dial(one.address, { firstFrame: FIRST })).rejects.toMatchObject({ code: 'SELF_DIAL' })
    await expect(one.transport.listener.listen(() => {})).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
  })

  it('gives a dial up after tabDialTimeoutMs: a frozen tab does not answer', async () => {
    const clock = new VirtualClock()
    const transport = broadcastChannel({ name: 'test', clock })
    const started = clock.now()
    await expect(clock.run(transport.dial(NOBODY, { firstFrame: FIRST }))).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
    expect(clock.now() - started).toBe(DEFAULT_LIMITS.tabDialTimeoutMs)
    expect(clock.pending).toBe(0)
  })

  it('refuses more circuits than maxConnections, and takes one again when one has ended', async () => {
    const full = await made({ limits: resolveLimits({ maxConnections: 2 }) })
    const other = await made()
    const dial = () => other.transport.dial(full.address, { firstFrame: FIRST })
    const [first] = await Promise.all([dial(), dial(), full.next(), full.next()])
    await expect(dial()).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
    first.close()
    await dial()
  })

  it('ends connections at once when the other tab goes away', async () => {
    const listeners = new Map<string, (event: unknown) => void>()
    vi.stubGlobal('addEventListener', (name: string, listener: () => void) => listeners.set(name, listener))
    vi.stubGlobal('removeEventListener', (name: string) => listeners.delete(name))
    const a = await made()
    const hide = listeners.get('pagehide')!
    const b = await made()
    const [, far] = await Promise.all([a.transport.dial(b.address, { firstFrame: FIRST }), b.next()])
    const sink = record(far)
    hide({ persisted: true })
    await heard()
    expect(sink.closes).toEqual([])
    hide({ persisted: false })
    await heard()
    expect(sink.closes).toEqual([undefined])
  })

  it('is found again when it comes back from the back/forward cache and the others have given it up', async () => {
    const listeners = new Map<string, (event: unknown) => void>()
    vi.stubGlobal('addEventListener', (name: string, listener: () => void) => listeners.set(name, listener))
    vi.stubGlobal('removeEventListener', (name: string) => listeners.delete(name))
    const slept = await made()
    const show = listeners.get('pageshow')!
    const seeker = broadcastChannel({ name: 'test' })
    const found: string[] = []
    ends.push(seeker.discover((address) => found.push(address)))
    await heard()
    await heard()
    const near = await seeker.dial(found[0]!, { firstFrame: FIRST })
    show({ persisted: true })
    await heard()
    expect(found).toEqual([slept.address])
    near.close()
    show({ persisted: false })
    await heard()
    expect(found).toEqual([slept.address])
    show({ persisted: true })
    await heard()
    expect(found).toEqual([slept.address, slept.address])
  })

  it('ends what it accepted when its listener closes, and flushes it; what it dialled goes on', async () => {
    const [a, b] = [await made(), await made()]
    const [near, far] = await Promise.all([a.transport.dial(b.address, { firstFrame: FIRST }), b.next()])
    const [back, there] = await Promise.all([b.transport.dial(a.address, { firstFrame: FIRST }), a.next()])
    const [atNear, atThere] = [record(near), record(there)]
    const [atFar, atBack] = [record(far), record(back)]
    for (let i = 0; i < 40; i++) far.send(new Uint8Array(50_000))
    await b.stop()
    expect(b.transport.listener.addresses).toEqual([])
    await atNear.until(({ closes }) => closes.length === 1)
    expect(atNear.frames).toHaveLength(40)
    expect(atFar.closes).toEqual([undefined])
    back.send(Uint8Array.of(9))
    await atThere.until(({ frames }) => frames.length === 2)
    expect(atBack.closes).toEqual([])
    await expect(a.transport.dial(b.address, { firstFrame: FIRST })).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
    back.close()
  })

  it('gives up flushing to a tab that does not consume after closeGraceMs', async () => {
    const clock = new VirtualClock()
    const { b, near } = await connected({ clock })
    const sink = record(near)
    for (let i = 0; i < 40; i++) near.send(new Uint8Array(50_000))
    near.close()
    await clock.advance(DEFAULT_LIMITS.closeGraceMs - 1)
    expect(sink.closes).toEqual([])
    await clock.advance(1)
    expect(sink.closes).toEqual([undefined])
    expect(clock.pending).toBe(0)
    await b.stop()
  })

  it('opens no channel before it is used, and leaves none, no timer and no listener after it is closed', async () => {
    const open = new Set<object>()
    const Real = BroadcastChannel
    vi.stubGlobal(
      'BroadcastChannel',
      class extends Real {
        constructor(name: string) {
          super(name)
          open.add(this)
        }
        override close() {
          open.delete(this)
          super.close()
        }
      },
    )
    const page = new EventTarget()
    const listening = new Set<unknown>()
    const add = (name: string, listener: unknown) => listening.add(`${name}${String(listener)}`)
    const remove = (name: string, listener: unknown) => listening.delete(`${name}${String(listener)}`)
    vi.stubGlobal('addEventListener', add)
    vi.stubGlobal('removeEventListener', remove)
    vi.stubGlobal('document', Object.assign(page, { addEventListener: add, removeEventListener: remove }))
    const clock = new VirtualClock()

    const [a, b] = [broadcastChannel({ name: 'test', clock }), broadcastChannel({ name: 'test', clock })]
    expect([open.size, listening.size]).toEqual([0, 0])
    const { accept, next } = acceptor()
    await b.listener.listen(accept)
    const [first] = b.listener.addresses
    const stop = b.discover(() => {})
    const [near, far] = await Promise.all([a.dial(first!, { firstFrame: FIRST }), next()])
    expect(open.size).toBe(2)
    expect(listening.size).toBe(3)
    const sink = record(near)
    far.send(Uint8Array.of(1))
    stop()
    stop()
    await b.listener.close()
    await b.listener.close()
    await sink.until(({ closes }) => closes.length === 1)
    expect(sink.frames).toHaveLength(1)
    expect([open.size, listening.size, clock.pending]).toEqual([0, 0, 0])

    await b.listener.listen(accept)
    expect(b.listener.addresses).not.toEqual([first])
    await b.listener.close()
    expect(open.size).toBe(0)
  })

  it.each(['dial', 'listen', 'discover'])('fails typed where there is no BroadcastChannel: %s', async (what) => {
    vi.stubGlobal('BroadcastChannel', undefined)
    const transport = broadcastChannel({ name: 'test' })
    const run = async () => {
      if (what === 'dial') await transport.dial(NOBODY, { firstFrame: FIRST })
      else if (what === 'listen') await transport.listener.listen(() => {})
      else transport.discover(() => {})
    }
    await expect(run()).rejects.toMatchObject({ code: 'TRANSPORT_UNAVAILABLE' })
  })

  it('refuses an empty name', () => {
    expect(() => broadcastChannel({ name: '' })).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
  })

  describe('against other scripts of the origin', () => {
    const id = 'x'.repeat(22)

    it('ignores what is not of this protocol', async () => {
      const { b, near, far } = await connected()
      const { say, heard: answers } = script()
      const sinks = [record(near), record(far)]
      const ends = { v: 1, from: id, to: b.id }
      const frame = new Uint8Array(3)
      const window = 524_288
      const hostile: unknown[] = [
        null,
        1,
        'text',
        [],
        {},
        new Uint8Array(5),
        new Map([['v', 1]]),
        { v: 2, from: id, kind: 'who' },
        { v: 1, kind: 'who' },
        { v: 1, from: 'short', kind: 'who' },
        { v: 1, from: 'y'.repeat(65), kind: 'who' },
        { v: 1, from: { length: 22 }, kind: 'who' },
        { v: 1, from: id, to: 5, kind: 'who' },
        { v: 1, from: id, kind: 'nonsense' },
        { v: 1, from: id, kind: 'toString' },
        // For nobody, or for another.
        { v: 1, from: id, kind: 'open', circuit: id, window, frame },
        { v: 1, from: id, to: id, kind: 'open', circuit: id, window, frame },
        { ...ends, kind: 'open', circuit: 'short', window, frame },
        { ...ends, kind: 'open', circuit: id, window: 100, frame },
        { ...ends, kind: 'open', circuit: id, window: Number.NaN, frame },
        { ...ends, kind: 'open', circuit: id, window, frame: 'text' },
        { ...ends, kind: 'open', circuit: id, window, frame: new ArrayBuffer(3) },
        { ...ends, kind: 'open', circuit: id, window, frame: new Uint8Array(65_536) },
        { ...ends, kind: 'opened', circuit: id, window },
        { ...ends, kind: 'refuse', circuit: id },
        { ...ends, kind: 'data', circuit: id, number: -1, frame },
        { ...ends, kind: 'ack', circuit: id, consumed: 1.5 },
        { ...ends, kind: 'ack', circuit: id, consumed: 1 },
        { ...ends, kind: 'close', circuit: id, number: 0, code: {} },
        { ...ends, kind: 'close', circuit: id, number: 0 },
      ]
      for (const message of hostile) say(message)
      await heard()
      await heard()
      expect(answers).toEqual([])
      near.send(Uint8Array.of(4))
      await sinks[1]!.until(({ frames }) => frames.length === 2)
      expect(sinks.map(({ closes }) => closes)).toEqual([[], []])
    })

    /** A tab with a circuit that the script opened, and one of an honest tab beside it. */
    async function attacked() {
      const { b, near, far } = await connected()
      const honest = [record(near), record(far)]
      const { say, heard: answers } = script()
      const ends = { v: 1, from: id, to: b.id, circuit: id }
      say({ ...ends, kind: 'open', window: 524_288, frame: FIRST })
      const circuit: Connection = await b.next()
      await heard()
      expect(answers.splice(0)).toMatchObject([{ kind: 'opened', to: id, from: b.id }])
      const unharmed = async () => {
        near.send(Uint8Array.of(4))
        await honest[1]!.until(({ frames }) => frames.length === 2)
        expect(honest.map(({ closes }) => closes)).toEqual([[], []])
      }
      return { ends, say, circuit, answers, unharmed }
    }

    it('ends a circuit, and no other, that sends more than its window', async () => {
      const { ends, say, circuit, unharmed, answers } = await attacked()
      for (let number = 0; number < 9; number++) say({ ...ends, kind: 'data', number, frame: new Uint8Array(65_535) })
      await heard()
      const sink = record(circuit)
      expect(sink.frames).toHaveLength(8)
      expect(sink.closes).toMatchObject([{ code: 'PROTOCOL_VIOLATION' }])
      await heard()
      expect(answers).toContainEqual(expect.objectContaining({ kind: 'close', code: 'PROTOCOL_VIOLATION' }))
      await unharmed()
    })

    it.each<[string, ...object[]]>([
      ['a data frame is missing', { kind: 'data', number: 1, frame: FIRST }],
      ['a data frame comes twice', { kind: 'data', number: 0, frame: FIRST }, { kind: 'data', number: 0, frame: FIRST }],
      ['the last data frame is missing', { kind: 'close', number: 1 }],
    ])('ends a circuit as lost when %s', async (_, ...messages) => {
      const { ends, say, circuit, unharmed } = await attacked()
      const sink = record(circuit)
      for (const message of messages) say({ ...ends, ...message })
      await heard()
      expect(sink.closes).toMatchObject([{ code: 'CONNECTION_LOST' }])
      await unharmed()
    })

    it('takes no message of a circuit from a node that is not its other end', async () => {
      const { ends, say, circuit, unharmed } = await attacked()
      const sink = record(circuit)
      for (const kind of ['data', 'close', 'refuse', 'open']) {
        say({ ...ends, from: 'z'.repeat(22), kind, number: 0, window: 524_288, frame: FIRST })
      }
      say({ v: 1, from: 'z'.repeat(22), kind: 'bye' })
      await heard()
      expect(sink.frames).toHaveLength(1)
      expect(sink.closes).toEqual([])
      await unharmed()
    })

    it('believes no acknowledgement of more than it sent', async () => {
      const { ends, say, circuit, unharmed, answers } = await attacked()
      for (let i = 0; i < 20; i++) circuit.send(new Uint8Array(60_000))
      say({ ...ends, kind: 'ack', consumed: Number.MAX_SAFE_INTEGER })
      await heard()
      await heard()
      expect(answers.filter(({ kind }) => kind === 'data')).toHaveLength(16)
      expect(circuit.bufferedAmount).toBe(4 * 60_000)
      await unharmed()
    })

    it('takes a known code from a close, and no other', async () => {
      for (const [code, taken] of [
        ['DUPLICATE_CONNECTION', 'DUPLICATE_CONNECTION'],
        ['<b>', 'CONNECTION_LOST'],
      ]) {
        const { ends, say, circuit } = await attacked()
        const sink = record(circuit)
        say({ ...ends, kind: 'close', number: 0, code })
        await heard()
        expect(sink.closes).toMatchObject([{ code: taken, message: expect.not.stringContaining('<b>') }])
      }
    })

    it('tells the other end of a circuit that it no longer has, so that it need not wait for a probe', async () => {
      const { b } = await connected()
      const { say, heard: answers } = script()
      say({ v: 1, from: id, to: b.id, circuit: id, kind: 'data', number: 5, frame: FIRST })
      await heard()
      await heard()
      expect(answers).toMatchObject([{ kind: 'close', circuit: id, to: id }])
    })

    it('remembers at most maxTabs tabs', async () => {
      const seeker = broadcastChannel({ name: 'test', limits: resolveLimits({ maxTabs: 3 }) })
      const found: string[] = []
      ends.push(seeker.discover((address) => found.push(address)))
      const { say } = script()
      const node = (i: number) => `${'n'.repeat(20)}${i}`
      for (let i = 0; i < 5; i++) say({ v: 1, from: node(i), kind: 'here' })
      await heard()
      expect(found).toHaveLength(5)
      // The newest are known, the oldest forgotten.
      say({ v: 1, from: node(4), kind: 'here' })
      await heard()
      expect(found).toHaveLength(5)
      say({ v: 1, from: node(0), kind: 'here' })
      await heard()
      expect(found).toHaveLength(6)
    })
  })
})
