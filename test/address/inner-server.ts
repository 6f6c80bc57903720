import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server inside a private network, which nobody is to be led to. */
export interface InnerServer {
  readonly server: Server
  readonly port: number
}

/** @param reached takes what reaches the server: method, or 'upgrade', and path. */
export async function innerServer(reached: (what: string) => void): Promise<InnerServer> {
  const server = createServer((request, response) => {
    reached(`${request.method} ${request.url}`)
    response.end()
  }).on('upgrade', (request, socket) => {
    reached(`upgrade ${request.url}`)
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, port: (server.address() as AddressInfo).port }
}
