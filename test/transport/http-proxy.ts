import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ProxyRules {
  /** Called once the upstream's whole answer is here. True drops it: the client's socket is cut. */
  drop?: (request: { method: string; url: string }) => boolean
}

/** A plain reverse proxy that buffers: it takes the whole request, then the whole answer, and only then answers. */
export async function bufferingProxy(target: string, { drop }: ProxyRules = {}) {
  const { hostname, port } = new URL(target)
  const seen: { method: string; url: string; headers: IncomingHttpHeaders }[] = []
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request
    seen.push({ method, url, headers })
    const body: Buffer[] = []
    request.on('error', () => {})
    request.on('data', (chunk) => body.push(chunk))
    request.on('end', () => {
      const upstream = httpRequest({ host: hostname, port, method, path: url, headers }, (answer) => {
        const parts: Buffer[] = []
        answer.on('error', () => response.destroy())
        answer.on('data', (chunk) => parts.push(chunk))
        answer.on('end', () => {
          if (drop?.({ method, url })) {
            response.destroy()
            return
          }
          const { 'transfer-encoding': _, connection: __, ...kept } = answer.headers
          const whole = Buffer.concat(parts)
          response.writeHead(answer.statusCode ?? 502, { ...kept, 'content-length': whole.length })
          response.end(whole)
        })
      })
      upstream.on('error', () => response.headersSent || response.writeHead(502).end())
      upstream.end(Buffer.concat(body))
      response.on('close', () => upstream.destroy())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async stop() {
      const down = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await down
    },
  }
}
