/**
 * A transport of an application's own, as its author would write it: nothing here but the public entry and Node's TCP. Frames
 * travel after their length, two bytes big-endian. An address is `tcp://<host>:<port>`.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import {
  type Connection,
  type DialOptions,
  FramePipe,
  type Limits,
  type Listener,
  P2PError,
  type Transport,
} from '../../src/index.js'

const MAX_FRAME_BYTES = 65_535
const EARLY_BYTES = 131_072

/** Better than HTTP, not as good as WebSocket. */
export const TCP_RANK = 2.5

export const tcp: Transport = tcpTransport()

export function tcpTransport(rank = TCP_RANK): Transport {
  return {
    name: 'tcp',
    rank,
    direct: true,
    canDial: (address) => address.startsWith('tcp://'),
    async dial(address, { signal, firstFrame, limits }: DialOptions): Promise<Connection> {
      const [, host, port] = /^tcp:\/\/([^/:]+):(\d{1,5})$/.exec(address) ?? []
      if (host === undefined || !(Number(port) <= 65_535)) {
        throw new P2PError('INVALID_ADDRESS', 'A TCP address is tcp://<host>:<port>.', { details: { address } })
      }
      if (signal?.aborted) throw aborted()
      return new Promise((resolve, reject) => {
        const socket = connect({ host, port: Number(port) })
        const onAbort = () => {
          socket.destroy()
          reject(aborted())
        }
        signal?.addEventListener('abort', onAbort)
        const settled = () => signal?.removeEventListener('abort', onAbort)
        socket.once('error', (cause) => {
          settled()
          reject(new P2PError('PEER_UNREACHABLE', `Nobody answers at ${address}.`, { details: { address }, cause }))
        })
        socket.once('connect', () => {
          settled()
          const pipe = pipeOver(socket, rank, address, true, limits)
          pipe.send(firstFrame)
          resolve(pipe)
        })
      })
    },
  }
}

export class TcpListener implements Listener {
  readonly transport = 'tcp'
  addresses: readonly string[] = []
  private server: Server | undefined
  private readonly pipes = new Set<Connection>()

  constructor(private readonly rank = TCP_RANK) {}

  async listen(accept: (connection: Connection) => void): Promise<void> {
    const server = createServer((socket) => {
      const pipe = pipeOver(socket, this.rank, `tcp://${socket.remoteAddress}:${socket.remotePort}`, false)
      this.pipes.add(pipe)
      socket.once('close', () => this.pipes.delete(pipe))
      accept(pipe)
    })
    this.server = server
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    this.addresses = [`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`]
  }

  async close(): Promise<void> {
    for (const pipe of this.pipes) pipe.close()
    await new Promise((resolve) => this.server?.close(resolve) ?? resolve(undefined))
  }
}

function pipeOver(socket: Socket, rank: number, remoteAddress: string, outbound: boolean, limits?: Limits): FramePipe {
  let failure: Error | undefined
  let rest = Buffer.alloc(0)
  const pipe = new FramePipe({
    transport: 'tcp',
    rank,
    direct: true,
    remoteAddress,
    outbound,
    maxFrameBytes: MAX_FRAME_BYTES,
    limits,
    transmit: (frame) => {
      const length = Buffer.alloc(2)
      length.writeUInt16BE(frame.length)
      socket.write(length)
      socket.write(frame, () => pipe.pump())
    },
    heldBytes: () => socket.writableLength,
    flushed: () => socket.end(),
    attached: () => socket.resume(),
    ended: () => socket.destroy(),
  })
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE()) {
      const end = 2 + rest.readUInt16BE()
      pipe.receive(new Uint8Array(rest.subarray(2, end)))
      rest = rest.subarray(end)
    }
    if (pipe.earlyBytes > EARLY_BYTES) socket.pause()
  })
  socket.on('error', (cause) => {
    failure = new P2PError('CONNECTION_LOST', 'The TCP connection broke.', { cause })
  })
  socket.on('close', () => pipe.end(failure))
  return pipe
}

function aborted(): P2PError {
  return new P2PError('ABORTED', 'The dial was given up.')
}
