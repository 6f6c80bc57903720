import type { Agent, IncomingMessage } from 'node:http'
import { publicLookup } from '../address/public-lookup.node.js'

/** Sockets to hosts that others have told are kept apart from those that the application has named. */
const agents = new Map<string, Agent>()

/**
 * `fetch` of Node for addresses that others have told: connects only to what `publicLookup` has checked, and follows no redirect. Node's
 * own `fetch` takes no lookup hook. Undefined in browsers.
 */
export const publicFetch: typeof fetch | undefined = async (input, init = {}) => {
  const url = new URL(String(input))
  const { Agent, request } = await (url.protocol === 'https:' ? import('node:https') : import('node:http'))
  const { Readable } = await import('node:stream')
  const agent = agents.get(url.protocol) ?? new Agent({ keepAlive: true })
  agents.set(url.protocol, agent)
  const body = init.body as Uint8Array | null | undefined
  const headers: Record<string, string | number> = { ...(init.headers as Record<string, string>) }
  if (body) headers['Content-Length'] = body.byteLength
  return new Promise((resolve, reject) => {
    const failed = (cause: unknown) =>
      reject(init.signal?.aborted ? init.signal.reason : new TypeError('fetch failed', { cause }))
    const answered = (answer: IncomingMessage) => {
      try {
        const { statusCode: status = 500, headersDistinct } = answer
        const told = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
          values.map((value): [string, string] => [name, value]),
        )
        resolve(new Response(Readable.toWeb(answer) as ReadableStream<Uint8Array>, { status, headers: told }))
      } catch (error) {
        answer.destroy()
        failed(error)
      }
    }
    const options = { method: init.method ?? 'GET', headers, agent, signal: init.signal ?? undefined, lookup: publicLookup }
    request(url, options, answered)
      .on('error', failed)
      .end(body ?? undefined)
  })
}
