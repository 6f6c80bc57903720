import { isWebAddress } from '../address/addresses.js'
import { publicLookup } from '../address/public-lookup.node.js'
import { parseWebAddress } from '../address/web-address.js'
import { toBase64Url } from '../base/base64url.js'
import { isArrayBuffer } from '../base/bytes.js'
import { platformTimer } from '../base/clock.js'
import { abortedError, P2PError, violation } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { FramePipe } from './frames/frame-pipe.js'
import type { Connection, DialOptions, Transport } from './transport.js'
import { loadWebSocket, webSocketOptions } from './websocket.node.js'

/** Largest frame: the largest Noise message (Noise rev 34 §3). */
export const WEBSOCKET_FRAME_BYTES = 65_535
/** The subprotocol; a first frame follows it as `.` and base64url. */
export const WEBSOCKET_SUBPROTOCOL = 'lotus-p2p.2'
/** How often a browser's socket is asked whether it has drained: there is no event for it. */
const DRAIN_POLL_MS = 5
const OPEN = 1
const CHECK = "Check the address, network and certificate, and connect-src in the page's Content-Security-Policy."

/**
 * WebSocket in browsers, workers and Node. The first frame rides in the upgrade request, which saves a round trip.
 *
 * @param options.limits default: those of the coordinator that dials.
 * @example
 * webSocket().dial('wss://relay.example', { firstFrame }) // every coordinator has one
 */
export function webSocket(options?: { limits?: Limits | undefined }): Transport {
  return new WebSocketTransport(options)
}

/** As `webSocket()`, as a class. */
export class WebSocketTransport implements Transport {
  readonly name = 'websocket'
  readonly rank = 3
  readonly direct = true

  /** @param options.limits default: those of the coordinator that dials. */
  constructor(private readonly options?: { limits?: Limits | undefined } | null) {}

  canDial(address: string): boolean {
    return isWebAddress(address, 'ws')
  }

  dial(address: string, dialOptions: DialOptions): Promise<Connection> {
    return dial(address, { ...dialOptions, limits: this.options?.limits ?? dialOptions.limits })
  }
}

async function dial(address: string, { signal, firstFrame, limits, learnt }: DialOptions): Promise<Connection> {
  const { href } = parseWebAddress(address, 'ws')
  const loaded = loadWebSocket()
  const WebSocketImplementation = loaded && 'then' in loaded ? await loaded : loaded
  return new Promise((resolve, reject) => {
    if (signal?.aborted) throw abortedError('The dial', signal.reason)
    if (!WebSocketImplementation) {
      throw new P2PError('TRANSPORT_UNAVAILABLE', 'This platform has no WebSocket.')
    }
    const subprotocol = `${WEBSOCKET_SUBPROTOCOL}.${toBase64Url(firstFrame)}`
    let socket: WebSocket
    try {
      // Browsers ignore the third argument, which is for `ws` in Node.
      socket = new (WebSocketImplementation as unknown as NodeWebSocketConstructor)(href, [subprotocol], {
        ...webSocketOptions?.(WEBSOCKET_FRAME_BYTES),
        ...(learnt && { lookup: publicLookup }),
      })
    } catch (cause) {
      // Safari and mixed content: what the page may not reach throws.
      throw new P2PError('PEER_UNREACHABLE', `No connection to ${address}. ${CHECK}`, { details: { address }, cause })
    }
    const settle = () => {
      signal?.removeEventListener('abort', onAbort)
    }
    const onAbort = () => {
      settle()
      reject(abortedError('The dial', signal?.reason))
      pipe.close()
    }
    const opened = () => {
      settle()
      resolve(pipe)
    }
    const failed = (reason: string | undefined) => {
      settle()
      // Browsers hide why, on purpose; Node tells.
      const message = `No connection to ${address}${reason === undefined ? '' : ` (${reason})`}. ${CHECK}`
      reject(new P2PError('PEER_UNREACHABLE', message, { details: { address } }))
    }
    const pipe = pipeOver(socket, address, limits, opened, failed)
    signal?.addEventListener('abort', onAbort)
  })
}

type NodeWebSocketConstructor = new (url: string, protocols: string[], options: object) => WebSocket

function pipeOver(
  socket: WebSocket,
  address: string,
  limits: Limits | undefined,
  opened: () => void,
  failed: (reason: string | undefined) => void,
): FramePipe {
  let reason: string | undefined
  let isOpen = false
  let fault: P2PError | undefined
  let polling = false
  // The socket's own time, not the coordinator's clock: it is the operating system that drains.
  const poll = () => {
    polling = socket.readyState === OPEN && pipe.bufferedAmount > pipe.limits.sendLowWaterBytes
    if (polling) platformTimer(poll, DRAIN_POLL_MS)
    else pipe.pump()
  }
  const pipe = new FramePipe({
    transport: 'websocket',
    rank: 3,
    direct: true,
    remoteAddress: address,
    outbound: true,
    maxFrameBytes: WEBSOCKET_FRAME_BYTES,
    limits,
    accepts: () => socket.readyState === OPEN,
    transmit: (frame) => {
      socket.send(frame as Uint8Array<ArrayBuffer>)
      if (polling || socket.bufferedAmount <= pipe.limits.sendLowWaterBytes) return
      polling = true
      platformTimer(poll, DRAIN_POLL_MS)
    },
    heldBytes: () => socket.bufferedAmount,
    flushed: () => socket.close(1000),
    late: () => pipe.end(fault),
    // `ws` in Node waits half a minute for a peer that is gone, and holds the process; browsers have no terminate.
    ended: () => (socket as { terminate?: () => void }).terminate?.(),
  })
  const refuse = () => {
    fault ??= violation('sent a text frame or too large a one')
    pipe.close()
  }
  socket.binaryType = 'arraybuffer'
  socket.onopen = () => {
    isOpen = true
    opened()
  }
  socket.onmessage = ({ data }) => {
    if (fault !== undefined) return
    if (isArrayBuffer(data) && data.byteLength <= WEBSOCKET_FRAME_BYTES) pipe.receive(new Uint8Array(data))
    else refuse()
  }
  socket.onerror = (event) => {
    const { message, error } = event as { message?: unknown; error?: { code?: string } }
    if (typeof message === 'string' && message !== '') reason = message
    // `ws` in Node has refused what came, and would wait half a minute for the peer to agree.
    if (isOpen && error?.code?.startsWith('WS_ERR_')) refuse()
    // Chromium fires no `close` where the page's policy forbids the address.
    if (!isOpen) {
      failed(reason)
      pipe.end(undefined)
    }
  }
  socket.onclose = ({ code }) => {
    // 1000 and 1001 are ends on purpose, 1005 one without a word.
    const clean = code === 1000 || code === 1001 || code === 1005
    const message = `The connection broke (${code}). Connect again.`
    pipe.end(fault ?? (clean ? undefined : new P2PError('CONNECTION_LOST', message, { details: { code } })))
    if (!isOpen) failed(reason)
  }
  return pipe
}
