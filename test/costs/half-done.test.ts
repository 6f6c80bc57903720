import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setImmediate as immediate, setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { joined } from '../../src/base/bytes.js'
import { type Limits, resolveLimits } from '../../src/base/limits.js'
import { Entry } from '../../src/channel/batch.js'
import { P2PCoordinator } from '../../src/coordinator.js'
import { coreOf } from '../../src/core/core.js'
import { type Relay, startRelay } from '../../src/node/relay.js'
import { CIRCUIT_HOP, CIRCUIT_STOP } from '../../src/plugins/circuit/frames.js'
import { CircuitRelay } from '../../src/plugins/circuit/server/circuit-relay.js'
import { DHT_PROTOCOL } from '../../src/plugins/dht/client/dht-messages.js'
import { DhtServer } from '../../src/plugins/dht/node/dht-server.js'
import { RecordStore } from '../../src/plugins/dht/records/record-store.js'
import { RecordVerifier } from '../../src/plugins/dht/records/record-verifier.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { entryOf, RawPeer } from '../attacks/raw-peer.js'
import { TestHost } from '../circuit/test-network.js'
import { kitOf } from '../kit-of.js'
import { KEPT } from './registry.js'

/** Short, as the sockets of this test are real. */
const QUICK: Partial<Limits> = {
  handshakeTimeoutMs: 1_500,
  httpUploadMs: 1_000,
  httpSessionMs: 1_500,
  maxPendingPerAddress: 8,
  connectionsPerAddressPerS: 1_000,
  connectionBurstPerAddress: 1_000,
}
const PER_ADDRESS = QUICK.maxPendingPerAddress!
/** More than one address may have of any half thing. */
const COUNT = 40
const PATH = '/lotus-p2p/2'
const UPGRADE = `GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${'A'.repeat(22)}==\r\nSec-WebSocket-Protocol: lotus-p2p.2\r\n`
const postOf = (fields: string, body = '') =>
  `POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n${fields}\r\n\r\n${body}`
/** Opcodes of WebSocket frames (RFC 6455 §5.2), and the bit of a message's last one. */
const [CONTINUATION, BINARY, PING, LAST] = [0, 2, 9, 0x80]
/** The head of a client's frame (RFC 6455 §5.2), masked with zeros. */
function frameHead(opcode: number, announced: number): Buffer {
  const length = announced < 126 ? [announced] : announced < 65_536 ? [126, announced >> 8, announced & 0xff] : [127]
  const head = Buffer.of(opcode, 0x80 | length[0]!, ...length.slice(1))
  const long = Buffer.alloc(announced < 65_536 ? 0 : 8)
  if (long.length > 0) long.writeBigUInt64BE(BigInt(announced))
  return Buffer.concat([head, long, Buffer.alloc(4)])
}
/** A binary frame whose head says so many bytes, and some of them come. */
const webSocketFrame = (isLast: boolean, announced: number, given: number) =>
  Buffer.concat([frameHead(isLast ? LAST | BINARY : BINARY, announced), Buffer.alloc(given)])

/** What a socket can leave half done before anybody is known: bytes that come at once, and a byte every now and then after them. */
const HALF: [what: string, bytes: string, drip?: string][] = [
  ['nothing', ''],
  ['the head of a request', 'POST / HTTP/1.1\r\nHost: x\r\n', 'x'],
  ['the head of an upgrade', UPGRADE, 'x: y\r\n'],
  ['an upgrade, and no frame', `${UPGRADE}\r\n`],
  ['half a WebSocket frame', `${UPGRADE}\r\n${webSocketFrame(true, 60_000, 30_000).toString('latin1')}`, '\0'],
  ['a WebSocket message that has no last fragment', `${UPGRADE}\r\n${webSocketFrame(false, 1_000, 1_000).toString('latin1')}`],
  ['an opening of which less comes than is announced', postOf('Content-Length: 60000', 'x'.repeat(30_000)), 'x'],
  ['an opening without an end', postOf('Transfer-Encoding: chunked', '1\r\nx\r\n'), '1\r\nx\r\n'],
  ['an opening that waits to be told to go on', postOf('Content-Length: 600\r\nExpect: 100-continue')],
  [
    'half an upload to a session that never was',
    `POST ${PATH}/${'x'.repeat(24)}?n=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\nxx`,
    'x',
  ],
  ['another request without the end of its body', 'POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\nxx', 'x'],
]

let relay: Relay | undefined
const sockets: Socket[] = []
const peers: RawPeer[] = []
const coordinators: P2PCoordinator[] = []
const timers: NodeJS.Timeout[] = []
afterEach(end)

async function end(): Promise<void> {
  for (const timer of timers.splice(0)) clearInterval(timer)
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const peer of peers.splice(0)) peer.end()
  for (const coordinator of coordinators.splice(0)) await coordinator.shutdown()
  await relay?.stop()
  relay = undefined
}

async function started(limits: Partial<Limits> = {}): Promise<Relay> {
  relay = await startRelay({ port: 0, host: '127.0.0.1', capLoopback: true, limits: { ...QUICK, ...limits } })
  relay.coordinator.on('error', () => {})
  return relay
}

async function joins({ url }: Relay): Promise<RawPeer> {
  const peer = await new RawPeer().connect(url)
  peers.push(peer)
  return peer
}

describe('what a stranger leaves half done at a relay', () => {
  /** What the sockets of each row hold once all have said what they say, and what is left of all after their time. */
  const held = new Map<string, number>()
  let left: unknown
  let isOthersIn = false
  beforeAll(async () => {
    const own = await started()
    const { defence } = coreOf(await kitOf(own.coordinator))
    const port = Number(new URL(own.url).port)
    const isHeld = new Map<string, Set<Socket>>()
    for (const [row, [what, bytes, drip]] of HALF.entries()) {
      const open = new Set<Socket>()
      isHeld.set(what, open)
      for (let i = 0; i < COUNT; i++) {
        const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.1.${row + 1}` })
        open.add(socket)
        sockets.push(socket)
        socket.on('error', () => {})
        socket.on('close', () => open.delete(socket))
        // An answer ends it, but that of a switch to another protocol, or to go on.
        socket.on('data', (data) => /^HTTP.1.1 [^1]/.test(String(data)) && open.delete(socket))
        socket.write(bytes, 'latin1')
        if (drip !== undefined) timers.push(setInterval(() => socket.writable && socket.write(drip, 'latin1'), 100))
      }
    }
    await Promise.all(
      sockets.map((socket) => socket.connecting && Promise.race([once(socket, 'connect'), once(socket, 'close')])),
    )
    const honest = await joins(own)
    await honest.taken()
    isOthersIn = honest.isOpen
    for (const [what, open] of isHeld) held.set(what, open.size)
    const what = () => {
      const { sockets, halfOpen, httpSessions, webSockets } = own.getStats().listener
      return { sockets, halfOpen, httpSessions, webSockets, handshakes: defence.slots.size, bans: own.coordinator.listBans() }
    }
    await vi.waitUntil(() => what().sockets === 1, { timeout: 8_000 }).catch(() => {})
    left = what()
    await end()
  })

  it.each(HALF)('%s: has a bound for its address', (what) => expect(held.get(what)).toBeLessThanOrEqual(PER_ADDRESS))

  it('keeps nobody out, ends with its time, and gets nobody banned', () => {
    expect(isOthersIn).toBe(true)
    expect(left).toEqual({ sockets: 1, halfOpen: 0, httpSessions: 0, webSockets: 1, handshakes: 0, bans: [] })
  })

  it('an opening byte by byte costs no more pieces than an honest one', async () => {
    const relay = await started({ httpUploadMs: 5_000, handshakeTimeoutMs: 5_000 })
    const socket = connect(Number(new URL(relay.url).port), '127.0.0.1')
    sockets.push(socket)
    let answer = ''
    socket.on('data', (data) => {
      answer += data
    })
    socket.write(postOf('Transfer-Encoding: chunked', '1\r\nx\r\n'.repeat(1_100)))
    await once(socket, 'close')
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
  })
})

const MOST_ENTRIES = 21_000
const many = (count: number, entry: Uint8Array) => joined(...Array.from({ length: count }, () => entry))
const nothing = new Uint8Array(0)

/** Frames that a peer has sealed, and what becomes of its connection: the code with which it ends, or nothing. */
const BATCHES: [what: string, plaintext: (peer: RawPeer) => Uint8Array, ends: string | undefined][] = [
  [
    'whose last entry is cut',
    (peer) => joined(entryOf(Entry.MESSAGE, Uint8Array.of(0, ...peer.encoded(1))), Uint8Array.of(Entry.MESSAGE, 0, 50, 1, 2)),
    'PROTOCOL_VIOLATION',
  ],
  ['of half a head', () => Uint8Array.of(Entry.MESSAGE, 0), 'PROTOCOL_VIOLATION'],
  ['of nothing', () => nothing, undefined],
  ['of as many empty messages as fit', () => many(MOST_ENTRIES, entryOf(Entry.MESSAGE, nothing)), 'PROTOCOL_VIOLATION'],
  ['of as many empty acknowledgements as fit', () => many(MOST_ENTRIES, entryOf(Entry.ACK, nothing)), 'PROTOCOL_VIOLATION'],
  ['of as many empty fragments as fit', () => many(MOST_ENTRIES, entryOf(Entry.FRAGMENT, nothing)), 'PROTOCOL_VIOLATION'],
  ['of as many empty entries of unknown kinds as fit', () => many(MOST_ENTRIES, entryOf(0x90, nothing)), undefined],
  [
    'of as many fragments as fit, without a last one',
    () => many(16_000, entryOf(Entry.FRAGMENT, Uint8Array.of(Entry.MESSAGE))),
    'TIMEOUT',
  ],
  [
    'of a last fragment alone, of a kind that has none',
    () => entryOf(Entry.LAST_FRAGMENT, Uint8Array.of(Entry.ACK, 1)),
    'PROTOCOL_VIOLATION',
  ],
]

it.each(BATCHES)('a batch %s holds nothing up, and leaves nothing behind', async (_, plaintext, ends) => {
  const relay = await started({ messageMs: 300 })
  const peer = await joins(relay)
  const honest = await joins(relay)
  let ended: string | undefined
  relay.coordinator.on('disconnected', ({ peerId }, { code }) => {
    if (peerId === peer.peerId) ended = code
  })
  const from = performance.now()
  peer.plaintext(plaintext(peer))
  await honest.taken()
  if (ends === undefined) await peer.taken()
  else await peer.closed
  expect(performance.now() - from).toBeLessThan(2_000)
  await expect.poll(() => ended).toBe(ends)
  expect(relay.coordinator.getPeerLoad(peer.peerId)?.partBytes ?? 0).toBe(0)
  expect(Object.keys(relay.coordinator.reputationOf(peer.peerId).faults)).toEqual(
    ends === 'PROTOCOL_VIOLATION' ? ['offence'] : [],
  )
  expect(honest.isOpen).toBe(true)
})

/** A peer that has joined is probed so often here, and has so long to answer: milliseconds. */
const PROBED: Partial<Limits> = { heartbeatIntervalMs: 200, heartbeatTimeoutMs: 600, closeGraceMs: 200 }
/** More pieces than one frame, or one message, may have. */
const PIECES = 1_100
/** One byte, or one frame, in a segment of its own: what is written before the relay has read comes as one piece. */
async function dripped(peer: RawPeer, count: number, pauseMs: number, piece: Uint8Array): Promise<void> {
  for (let i = 0; i < count && peer.isOpen; i++) {
    peer.beneath(piece)
    await (pauseMs === 0 ? immediate() : pause(pauseMs))
  }
}
const repeated = (count: number, piece: Buffer) => Buffer.concat(Array.from({ length: count }, () => piece))

/** What a peer leaves half done in WebSocket once it has joined, and with which code its connection ends. */
const HALF_FRAMES: [what: string, send: (peer: RawPeer) => unknown, ends: string][] = [
  ['the head of the largest frame', (peer) => peer.beneath(frameHead(LAST | BINARY, 65_535)), 'CONNECTION_LOST'],
  ['half of the head of a frame', (peer) => peer.beneath(frameHead(LAST | BINARY, 65_535).subarray(0, 3)), 'CONNECTION_LOST'],
  ['the head of a frame that nobody may send', (peer) => peer.beneath(frameHead(LAST | BINARY, 65_537)), 'LIMIT_EXCEEDED'],
  ['the head of a frame of a petabyte', (peer) => peer.beneath(frameHead(LAST | BINARY, 2 ** 50)), 'LIMIT_EXCEEDED'],
  ['all of a frame but its last byte', (peer) => peer.beneath(webSocketFrame(true, 65_535, 65_534)), 'CONNECTION_LOST'],
  [
    'a frame of which a byte comes now and then',
    (peer) => {
      peer.beneath(frameHead(LAST | BINARY, 65_535))
      return dripped(peer, PIECES, 20, Uint8Array.of(0))
    },
    'CONNECTION_LOST',
  ],
  [
    'a frame that comes byte by byte',
    (peer) => {
      peer.beneath(frameHead(LAST | BINARY, 65_535))
      return dripped(peer, 2 * PIECES, 0, Uint8Array.of(0))
    },
    'PROTOCOL_VIOLATION',
  ],
  ['a message without its last fragment', (peer) => peer.beneath(webSocketFrame(false, 1_000, 1_000)), 'CONNECTION_LOST'],
  [
    'as many empty fragments as a message may have, and no last one',
    (peer) => peer.beneath(joined(frameHead(BINARY, 0), repeated(1_000, frameHead(CONTINUATION, 0)))),
    'CONNECTION_LOST',
  ],
  [
    'more empty fragments than a message may have',
    (peer) => peer.beneath(joined(frameHead(BINARY, 0), repeated(PIECES, frameHead(CONTINUATION, 0)))),
    'PROTOCOL_VIOLATION',
  ],
  [
    'fragments that are more than a frame together',
    (peer) => peer.beneath(joined(webSocketFrame(false, 40_000, 40_000), frameHead(CONTINUATION, 40_000))),
    'LIMIT_EXCEEDED',
  ],
  [
    'a message without its last fragment, and pings between',
    (peer) => {
      peer.beneath(webSocketFrame(false, 1_000, 1_000))
      return dripped(peer, PIECES, 20, frameHead(LAST | PING, 0))
    },
    'CONNECTION_LOST',
  ],
  ['half of a ping', (peer) => peer.beneath(joined(frameHead(LAST | PING, 125), new Uint8Array(60))), 'CONNECTION_LOST'],
]

it.each(HALF_FRAMES)(
  '%s, of a peer that has joined, ends its connection in time, and nobody is blamed',
  async (_, send, ends) => {
    const relay = await started(PROBED)
    const honest = new P2PCoordinator({ bootstrap: [relay.url], limits: PROBED })
    coordinators.push(honest)
    await honest.start()
    const peer = await joins(relay)
    const left: [peerId: string, code: string | undefined][] = []
    relay.coordinator.on('disconnected', ({ peerId }, { code }) => void left.push([peerId, code]))
    const from = performance.now()
    await Promise.all([peer.closed, send(peer)])
    // Two probes, a close that is not answered, and a busy machine.
    expect(performance.now() - from).toBeLessThan(5_000)
    // Another path could come for as long as its session is kept; it is not blamed then either.
    await expect.poll(() => relay.getStats().listener.webSockets).toBe(1)
    await expect.poll(() => left, { timeout: 10_000 }).toEqual([[peer.peerId, ends]])
    expect([relay.coordinator.listBans(), relay.coordinator.reputationOf(peer.peerId).faults]).toEqual([[], {}])
    expect([...relay.coordinator.getConnectedPeers()].map(({ publicKey }) => publicKey)).toEqual([honest.publicKey])
  },
)

it('circuits that nobody answers end with their time, and one caller has no more of them than its share', async () => {
  const clock = new VirtualClock(1_700_000_000_000)
  const limits = resolveLimits({ maxCircuitsPerPeer: 8 })
  const circuits = new CircuitRelay({ limits })
  const host = new TestHost('relay', clock).register(circuits)
  const join = (name: string) => {
    const peer = new TestHost(name, clock).register({ protocolName: CIRCUIT_STOP, handleMessage: async () => {} })
    peer.connect(host)
    return peer
  }
  const [mallory, ...silent] = ['mallory', 'a', 'b', 'c', 'd'].map(join)
  for (const peer of silent) await clock.run(peer.request('relay', { type: 'reserve', payload: null, protocol: CIRCUIT_HOP }))
  for (let i = 0; i < 40; i++) {
    const payload = { target: silent[i % 4]!.id, frame: new Uint8Array(10) }
    await clock.run(mallory!.request('relay', { type: 'open', protocol: CIRCUIT_HOP, payload }).catch(() => {}))
  }
  expect(circuits.getStats().circuits).toBeGreaterThan(0)
  expect(circuits.getStats().circuits).toBeLessThanOrEqual(8)
  await clock.advance(limits.circuitMs)
  expect(circuits.getStats().circuits).toBe(0)
})

it('lookups that one client has a server make, and that never end, leave half of all to others', async () => {
  const clock = new VirtualClock(1_700_000_000_000)
  const limits = resolveLimits({ maxWalksForOthers: 32 })
  let walks = 0
  const network = {
    closer: () => [],
    store: async () => ({ stored: [], failed: [] }),
    find: () => {
      walks++
      return new Promise<never>(() => {})
    },
    received: () => {},
    passOn: () => {},
  }
  const store = new RecordStore({ limits, clock })
  const server = new DhtServer(store, new RecordVerifier({ limits, clock, network: 'lotus' } as never), {
    limits,
    clock,
    network: network as never,
  })
  const host = new TestHost('server', clock).register(server)
  const ask = async (name: string, count: number) => {
    const peer = new TestHost(name, clock).register({ protocolName: 'x', handleMessage: async () => {} })
    peer.connect(host)
    const before = walks
    for (let i = 0; i < count; i++) {
      void peer
        .request('server', { type: 'find-record', protocol: DHT_PROTOCOL, payload: { key: `k${i}`, walk: true } })
        .catch(() => {})
    }
    await clock.advance(10)
    return walks - before
  }
  expect(await ask('mallory', 200)).toBe(16)
  for (const name of ['a', 'b', 'c', 'd']) expect(await ask(name, 10)).toBe(4)
  expect(await ask('e', 1)).toBe(0)
})

it('stands in the registry with a deadline, wherever it is kept', () => {
  const HALF_KEPT = Object.entries(KEPT).filter(([, [whose]]) => /handshake|half open|first frame/.test(whose))
  expect(HALF_KEPT.length).toBeGreaterThan(5)
  for (const [, [, bound, end]] of HALF_KEPT) expect(`${bound}; ${end}`).toMatch(/Ms\b|goes/)
})
