import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket, connect as tcpConnect } from 'node:net'

/** The network between tabs and a relay: a TCP line that a test can cut, let die in silence, or close to WebSockets. */
export interface Line {
  /** The relay's address by this line. */
  readonly url: string
  /** Sockets that are open now. */
  readonly open: number
  /** WebSockets refused so far. */
  readonly refused: number
  /** From now on the sockets there are carry nothing more, and nobody is told; new ones work. As a NAT that has forgotten them. */
  forget(): void
  /** Ends every socket and accepts none until `mend`. */
  cut(): void
  mend(): void
  close(): Promise<void>
}

/** @param webSockets false: each is refused with status 403, as some proxies do. */
export async function openLine(relayUrl: string, { webSockets = true } = {}): Promise<Line> {
  const { hostname, port } = new URL(relayUrl)
  const pairs = new Set<[Socket, Socket]>()
  let whole = true
  let refused = 0
  const server = createServer((near) => {
    near.on('error', () => undefined)
    if (!whole) {
      near.resetAndDestroy()
      return
    }
    near.once('data', (head) => {
      if (!webSockets && /^upgrade: *websocket/im.test(head.toString('latin1'))) {
        refused++
        near.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
        return
      }
      const far = tcpConnect(Number(port), hostname)
      const pair: [Socket, Socket] = [near, far]
      pairs.add(pair)
      far.write(head)
      near.pipe(far).pipe(near)
      for (const [socket, other] of [pair, [far, near] as const]) {
        socket.on('error', () => undefined)
        socket.once('close', () => {
          if (pairs.delete(pair)) other.destroy()
        })
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const forgotten: Socket[] = []
  const end = () => {
    for (const pair of pairs) for (const socket of pair) socket.destroy()
    pairs.clear()
  }
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    get open() {
      return pairs.size
    },
    get refused() {
      return refused
    },
    forget() {
      for (const [near, far] of pairs) {
        near.unpipe(far)
        far.unpipe(near)
        forgotten.push(near, far)
        // What comes is read and lost, as on a wire that leads nowhere.
        near.resume()
        far.resume()
      }
      pairs.clear()
    },
    cut() {
      whole = false
      end()
    },
    mend() {
      whole = true
    },
    async close() {
      end()
      for (const socket of forgotten) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
