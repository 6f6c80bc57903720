import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Release } from './address-caps.js'
import type { Admission } from './admission.js'

const UPGRADE = /\r\nupgrade: *websocket\r\n/i
/** What the subprotocol begins with that carries a first frame. */
const FIRST_FRAME = 'lotus-p2p.2.'
/** Of a head, as much as is looked at. */
const MAX_HEAD_BYTES = 4_096

/**
 * Keeps the sockets of a server of ours within a number. A server that simply stops accepting at its maximum
 * (`server.maxConnections`) is shut by whoever opens as many and says nothing; here the one that has waited longest without a
 * request goes for a newcomer, who usually speaks within a round trip.
 */
export class Sockets {
  readonly counts = { ended: 0, refused: 0 }
  private total = 0
  /** Sockets without a request under way, the longest waiting first. */
  private readonly waiting = new Set<Socket>()
  private readonly half = new Map<Socket, Release>()

  constructor(
    private readonly admission: Admission,
    private readonly maxSockets: number,
    /** Time for a head in a flood, milliseconds. */
    private readonly headMs: number,
  ) {}

  /** Sockets open now. */
  get open(): number {
    return this.total
  }

  /** Of these, those that have not sent a whole request. */
  get halfOpen(): number {
    return this.half.size
  }

  /** Stands before the listeners of a server that has just been made: what is refused costs it no HTTP parser. */
  guard(server: Server): void {
    const listeners = server.listeners('connection') as ((socket: Socket) => void)[]
    server.removeAllListeners('connection')
    const serve = (socket: Socket) => {
      for (const listener of listeners) listener.call(server, socket)
    }
    server.on('connection', (socket: Socket) => {
      if (!this.admit(socket)) return
      if (this.admission.isFlooded(socket)) this.screen(socket, serve)
      else serve(socket)
    })
    server.prependListener('upgrade', ({ socket }: IncomingMessage) => this.spoke(socket))
    server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.spoke(socket)
      response.once('close', () => {
        if (!socket.destroyed) this.waiting.add(socket)
      })
    })
  }

  private admit(socket: Socket): boolean {
    const hold = this.admission.socket(socket)
    if (hold === undefined) {
      refuse(socket)
      return false
    }
    if (this.total >= this.maxSockets && !this.makeRoom()) {
      this.counts.refused++
      hold.closed()
      refuse(socket)
      return false
    }
    this.total++
    this.waiting.add(socket)
    this.half.set(socket, hold.spoken)
    socket.once('close', () => {
      this.total--
      this.waiting.delete(socket)
      this.half.delete(socket)
      hold.closed()
    })
    return true
  }

  /**
   * Reads the head of a request before a parser is made for it, in a flood of upgrades that bring no first frame: those beyond what may come
   * are reset. All others, and heads that come in pieces, go to the server as if nobody had looked.
   */
  private screen(socket: Socket, serve: (socket: Socket) => void): void {
    const end = () => socket.destroy()
    socket.setTimeout(this.headMs, end)
    socket.on('error', ignore).on('end', end)
    socket.once('data', (head: Buffer) => {
      if (isBareUpgrade(head.toString('latin1', 0, MAX_HEAD_BYTES)) && !this.admission.bareUpgrade(socket)) {
        refuse(socket)
        return
      }
      socket.pause()
      socket.unshift(head)
      socket.setTimeout(0)
      socket.off('timeout', end).off('error', ignore).off('end', end)
      serve(socket)
      socket.resume()
    })
  }

  private spoke(socket: Socket): void {
    this.waiting.delete(socket)
    this.half.get(socket)?.()
    this.half.delete(socket)
  }

  private makeRoom(): boolean {
    for (const socket of this.waiting) {
      // Its 'close' comes later; the newcomer is let in now.
      this.waiting.delete(socket)
      this.counts.ended++
      socket.destroy()
      return true
    }
    return false
  }
}

/** Whether these bytes are a whole head of an upgrade to WebSocket without a first frame in its subprotocol. */
function isBareUpgrade(head: string): boolean {
  return head.endsWith('\r\n\r\n') && UPGRADE.test(head) && !head.includes(FIRST_FRAME)
}

/** With a reset, so that the system keeps nothing of it (RFC 9293 §3.5.2; no TIME-WAIT). */
function refuse(socket: Socket): void {
  socket.on('error', ignore)
  socket.resetAndDestroy()
}

function ignore(): void {}
