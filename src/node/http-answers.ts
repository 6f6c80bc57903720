import type { ServerResponse } from 'node:http'
import type { P2PErrorCode } from '../base/errors.js'
import type { CapRefusal } from './address-caps.js'
import { tooMany } from './admission.js'

/**
 * What every answer says: which pages may read it, and that nobody may keep it.
 *
 * @param origin the page's, where only some may read; undefined: none but programs.
 */
export function commonHeaders(response: ServerResponse, origin: string | undefined): void {
  if (origin !== undefined) response.setHeader('Access-Control-Allow-Origin', origin)
  if (origin !== '*') response.setHeader('Vary', 'Origin')
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

/** A refusal for too many connections from one address: 429 (RFC 6585 §4). */
export function refuseTooMany(response: ServerResponse, refusal: CapRefusal): void {
  const { code, message } = tooMany(refusal)
  response.setHeader('Retry-After', retryAfterS(refusal))
  refuseRequest(response, 429, code, message)
}

/** The value of `Retry-After`, whole seconds (RFC 9110 §10.2.3). */
export function retryAfterS({ retryAfterMs }: CapRefusal): string {
  return String(Math.max(1, Math.ceil(retryAfterMs / 1_000)))
}
