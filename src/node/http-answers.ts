import type { ServerResponse } from 'node:http'
import type { P2PErrorCode } from '../errors.js'

/** What every answer says: any page may read it, nobody may keep it. */
export function commonHeaders(response: ServerResponse): void {
  response.setHeader('Access-Control-Allow-Origin', '*')
  response.setHeader('Cache-Control', 'no-store, no-transform')
  response.setHeader('X-Content-Type-Options', 'nosniff')
}

export function answer(response: ServerResponse, status: number, type: string, body: string | Uint8Array): void {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) })
  response.end(body)
}

/** A refusal that programs understand. The connection ends with it: what the request still brings is not read. */
export function refuseRequest(response: ServerResponse, status: number, code: P2PErrorCode, message: string): void {
  if (!response.headersSent && !response.req.complete) response.setHeader('Connection', 'close')
  answer(response, status, 'application/json', `${JSON.stringify({ code, message })}\n`)
}
