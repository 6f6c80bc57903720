import { base64urlnopad } from '@scure/base'
import { abortedError, P2PError } from '../base/errors.js'
import { DEFAULT_LIMITS, type Limits } from '../base/limits.js'
import { EarlyFrames } from './frames/early-frames.js'
import type { Connection, DialOptions, FrameSink, Transport } from './transport.js'
import { loadWebSocket } from './websocket.node.js'

/** Largest frame: the largest Noise message (Noise rev 34 §3). */
export const WEBSOCKET_FRAME_BYTES = 65_535
/** The subprotocol; a first frame follows it as `.` and base64url. */
export const WEBSOCKET_SUBPROTOCOL = 'lotus-p2p.1'
/** How often a browser's socket is asked whether it has drained: there is no event for it. */
const DRAIN_POLL_MS = 5

/**
 * WebSocket in browsers, workers and Node. The first frame rides in the upgrade request, which saves a round trip.
 *
 * @example
 * new P2PCoordinator({ transports: [webSocket()] }) // the default
 */
export function webSocket(options: { limits?: Limits } = {}): Transport {
  const limits = options.limits ?? DEFAULT_LIMITS
  return {
    name: 'websocket',
    canDial: (address) => /^wss?:/i.test(address),
    dial: (address, dialOptions) => dial(address, dialOptions, limits),
  }
}

async function dial(address: string, { signal, firstFrame }: DialOptions, limits: Limits): Promise<Connection> {
  const url = checkAddress(address)
  const loaded = loadWebSocket()
  const WebSocketImplementation = loaded instanceof Promise ? await loaded : loaded
  return new Promise((resolve, reject) => {
    if (signal?.aborted) throw abortedError('The dial', signal.reason)
    if (!WebSocketImplementation) {
      throw new P2PError('TRANSPORT_UNAVAILABLE', 'This platform has no WebSocket. Give P2PConfig.transports another transport.')
    }
    const subprotocol = `${WEBSOCKET_SUBPROTOCOL}.${base64urlnopad.encode(firstFrame)}`
    // Browsers ignore the third argument, which is for `ws` in Node.
    const socket = new (WebSocketImplementation as unknown as NodeWebSocketConstructor)(url, [subprotocol], {
      perMessageDeflate: false,
      maxPayload: WEBSOCKET_FRAME_BYTES,
    })
    socket.binaryType = 'arraybuffer'
    const connection = new WebSocketConnection(socket, address, limits)
    const settle = () => {
      signal?.removeEventListener('abort', onAbort)
      socket.onopen = null
    }
    const onAbort = () => {
      settle()
      reject(abortedError('The dial', signal?.reason))
      connection.close()
    }
    signal?.addEventListener('abort', onAbort)
    socket.onopen = () => {
      settle()
      resolve(connection)
    }
    connection.onFailedDial = (reason) => {
      settle()
      // Browsers hide why, on purpose; Node tells.
      const why = reason === undefined ? '' : ` (${reason})`
      const message = `No connection to ${address}${why}. Check the address, that the peer runs, and that the network lets WebSocket through.`
      reject(new P2PError('PEER_UNREACHABLE', message, { details: { address } }))
    }
  })
}

/** @throws P2PError INVALID_ADDRESS, INSECURE_ADDRESS. */
function checkAddress(address: string): string {
  let url: URL
  try {
    url = new URL(address)
  } catch (error) {
    throw invalidAddress(address, 'it is not a URL', error)
  }
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') throw invalidAddress(address, 'it must begin with ws:// or wss://')
  if (url.hash !== '') throw invalidAddress(address, 'it must not have a #fragment')
  if (url.username !== '' || url.password !== '') throw invalidAddress(address, 'it must not hold a password')
  const page = (globalThis as { location?: { protocol?: string } }).location
  const loopback = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)
  if (page?.protocol === 'https:' && url.protocol === 'ws:' && !loopback) {
    const message = `A page loaded over https cannot reach ${address}. Use wss://, or serve the relay behind TLS.`
    throw new P2PError('INSECURE_ADDRESS', message, { details: { address } })
  }
  return url.href
}

export function invalidAddress(address: string, why: string, cause?: unknown): P2PError {
  const message = `"${address.slice(0, 200)}" is not an address that can be dialled: ${why}.`
  return new P2PError('INVALID_ADDRESS', message, { details: { address }, cause })
}

type NodeWebSocketConstructor = new (url: string, protocols: string[], options: object) => WebSocket

class WebSocketConnection implements Connection {
  readonly transport = 'websocket'
  readonly outbound = true
  readonly maxFrameBytes = WEBSOCKET_FRAME_BYTES
  onFailedDial: ((reason: string | undefined) => void) | undefined
  private readonly early = new EarlyFrames()
  private draining = false
  private fault: P2PError | undefined
  private lastWait: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly socket: WebSocket,
    readonly remoteAddress: string,
    private readonly limits: Limits,
  ) {
    let reason: string | undefined
    let opened = false
    socket.addEventListener('open', () => {
      opened = true
    })
    socket.onmessage = ({ data }) => this.receive(data)
    socket.onerror = (event) => {
      const { message, error } = event as { message?: unknown; error?: { code?: string } }
      if (typeof message === 'string' && message !== '') reason = message
      // `ws` in Node has refused what came, and would wait half a minute for the peer to agree.
      if (opened && error?.code?.startsWith('WS_ERR_')) this.refuse()
    }
    socket.onclose = ({ code }) => {
      clearTimeout(this.lastWait)
      if (!opened) return this.onFailedDial?.(reason)
      // 1000 and 1001 are ends on purpose, 1005 one without a word.
      const clean = code === 1000 || code === 1001 || code === 1005
      const message = `The connection broke (WebSocket close code ${code}). Connect again.`
      this.early.closed(this.fault ?? (clean ? undefined : new P2PError('CONNECTION_LOST', message, { details: { code } })))
    }
  }

  get bufferedAmount(): number {
    return this.socket.bufferedAmount
  }

  attach(sink: FrameSink): void {
    this.early.attach(sink)
  }

  send(frame: Uint8Array): void {
    if (this.socket.readyState !== OPEN) return
    this.socket.send(frame as Uint8Array<ArrayBuffer>)
    if (!this.draining && this.socket.bufferedAmount > this.limits.sendLowWaterBytes) {
      this.draining = true
      this.pollDrain()
    }
  }

  close(): void {
    this.socket.close(1000)
    // `ws` in Node waits half a minute for a peer that is gone, and holds the process; browsers have no terminate.
    const { terminate } = this.socket as { terminate?: () => void }
    if (terminate !== undefined && this.lastWait === undefined && this.socket.readyState !== CLOSED) {
      this.lastWait = setTimeout(() => terminate.call(this.socket), this.limits.closeGraceMs)
    }
  }

  private refuse(): void {
    this.fault ??= new P2PError(
      'PROTOCOL_VIOLATION',
      'The peer sent a text frame or one that is too large; only binary frames count.',
    )
    this.close()
  }

  private pollDrain(): void {
    // The socket's own time, not the coordinator's clock: it is the operating system that drains.
    setTimeout(() => {
      if (this.socket.readyState !== OPEN) return
      if (this.socket.bufferedAmount > this.limits.sendLowWaterBytes) return this.pollDrain()
      this.draining = false
      this.early.drained()
    }, DRAIN_POLL_MS)
  }

  private receive(data: unknown): void {
    if (this.fault !== undefined) return
    if (data instanceof ArrayBuffer && data.byteLength <= WEBSOCKET_FRAME_BYTES) {
      this.early.frame(new Uint8Array(data))
      return
    }
    this.refuse()
  }
}

const OPEN = 1
const CLOSED = 3
