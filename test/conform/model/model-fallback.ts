import type { IncomingMessage, ServerResponse } from 'node:http'
import { Pipe } from '../../../src/node/conform/pipe.js'
import { readUint } from '../../../src/node/conform/wire.js'
import { ModelChannel } from './model-channel.js'
import type { ModelPeer } from './model-peer.js'

interface Connection {
  id: string
  pipe: Pipe
  /** Frames that have come. */
  has: number
  sent: Uint8Array[]
  acknowledged: number
  poll: (() => void) | undefined
}

/** HTTP in place of WebSocket (F.3), without streams. */
export class ModelFallback {
  private readonly connections = new Map<string, Connection>()

  constructor(private readonly peer: ModelPeer) {}

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    const body = new Uint8Array(Buffer.concat(parts))
    const url = new URL(request.url ?? '/', 'http://model')
    const [status, content] = await this.result(request.method ?? '', url, body)
    const headers: Record<string, string> = { 'Cache-Control': 'no-store, no-transform', 'Access-Control-Allow-Origin': '*' }
    if (this.peer.breaks('F-10/origin')) delete headers['Access-Control-Allow-Origin']
    if (this.peer.breaks('F-10')) delete headers['Cache-Control']
    response.writeHead(status, headers)
    response.end(content)
  }

  private result(
    method: string,
    url: URL,
    body: Uint8Array,
  ): Promise<[number, Uint8Array | string]> | [number, Uint8Array | string] {
    const { peer } = this
    if (!url.pathname.startsWith('/lotus-p2p/2')) return [404, '']
    if (method === 'OPTIONS') return [peer.breaks('F-10/options') ? 200 : 204, '']
    const id = url.pathname.slice('/lotus-p2p/2/'.length)
    if (id === '') return method === 'POST' ? [200, this.begin(body)] : [405, '']
    const connection = this.connections.get(id)
    if (connection === undefined) return [404, '']
    const after = url.searchParams.get('after')
    if (method === 'POST') return this.upload(connection, Number(url.searchParams.get('n')), after, body)
    return this.poll(connection, Number(after))
  }

  private begin(first: Uint8Array): string {
    const { peer } = this
    const random = crypto.getRandomValues(new Uint8Array(18))
    const id = peer.breaks('F-11')
      ? Buffer.from(random.subarray(0, 8)).toString('base64url')
      : Buffer.from(random).toString('base64url')
    const connection: Connection = { id, has: 1, sent: [], acknowledged: 0, poll: undefined, pipe: undefined as never }
    connection.pipe = new Pipe(
      (frame) => {
        connection.sent.push(frame as Uint8Array)
        connection.poll?.()
      },
      () => this.end(connection),
    )
    this.connections.set(id, connection)
    new ModelChannel(peer, connection.pipe)
    connection.pipe.take(first)
    return id
  }

  private end(connection: Connection): void {
    this.connections.delete(connection.id)
    connection.pipe.finish()
  }

  private upload(connection: Connection, n: number, after: string | null, body: Uint8Array): [number, string] {
    const { peer } = this
    if (body.length > 262_144) {
      if (peer.breaks('F-12/long')) return [200, '1']
      this.end(connection)
      return [413, '']
    }
    if (n > connection.has) {
      if (peer.breaks('F-15')) return [200, String(connection.has)]
      this.end(connection)
      return [409, '']
    }
    const frames: Uint8Array[] = []
    for (let at = 0; at < body.length; ) {
      const length = readUint(body.subarray(at, at + 2))
      if (length === 0 || at + 2 + length > body.length) {
        if (peer.breaks('F-12')) break
        this.end(connection)
        return [400, '']
      }
      frames.push(body.slice(at + 2, at + 2 + length))
      at += 2 + length
    }
    for (const [i, frame] of frames.entries()) {
      if (n + i < connection.has && !peer.breaks('F-14')) continue
      connection.has++
      connection.pipe.take(frame)
    }
    if (after !== null && !this.acknowledge(connection, Number(after))) return [409, '']
    return [200, String(peer.breaks('F-14/count') ? frames.length : connection.has)]
  }

  private acknowledge(connection: Connection, after: number): boolean {
    if (after > connection.sent.length) {
      if (!this.peer.breaks('F-18/above')) this.end(connection)
      return this.peer.breaks('F-18/above')
    }
    if (after < connection.acknowledged && !this.peer.breaks('F-18')) return false
    connection.acknowledged = Math.max(after, connection.acknowledged)
    return true
  }

  private async poll(connection: Connection, after: number): Promise<[number, Uint8Array | string]> {
    if (!this.acknowledge(connection, after)) return [409, '']
    if (connection.sent.length <= after) {
      await new Promise<void>((resolve) => {
        connection.poll = resolve
        setTimeout(resolve, 1_000)
      })
    }
    const frames = connection.sent.slice(after)
    if (this.peer.breaks('F-17')) connection.sent.length = after
    return [
      200,
      new Uint8Array(Buffer.concat(frames.flatMap((frame) => [Buffer.of(frame.length >> 8, frame.length & 255), frame]))),
    ]
  }
}
