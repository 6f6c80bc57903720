import { platformTimer } from '../../base/clock.js'
import { P2PError } from '../../base/errors.js'
import { publicFetch } from '../../transport/public-fetch.node.js'

/** Largest answer that holds no frames: a session id, a count, an error. */
const SMALL_ANSWER_BYTES = 4_096

/** A request's time and its ways to be given up. */
export class Exchange {
  timedOut = false
  private readonly controller = new AbortController()
  private timer: ReturnType<typeof setTimeout> | undefined
  private readonly onAbort = () => this.controller.abort(this.outer?.reason)

  constructor(
    private readonly outer: AbortSignal | undefined,
    timeoutMs: number,
  ) {
    outer?.addEventListener('abort', this.onAbort)
    if (outer?.aborted) this.onAbort()
    this.extend(timeoutMs)
  }

  get signal(): AbortSignal {
    return this.controller.signal
  }

  extend(timeoutMs: number): void {
    clearTimeout(this.timer)
    this.timer = platformTimer(() => {
      this.timedOut = true
      this.controller.abort()
    }, timeoutMs)
  }

  done(): void {
    clearTimeout(this.timer)
    this.outer?.removeEventListener('abort', this.onAbort)
    // Frees the socket of an answer that was not read to its end.
    this.controller.abort()
  }
}

/**
 * A request that browsers send without asking the server first (a CORS "simple" one), without cookies and referrer.
 *
 * @param learnt whether others have told the address; see `DialOptions.learnt`.
 * @throws P2PError CONNECTION_LOST where the answer is a refusal; anything else is worth another try.
 */
export async function request(
  url: URL,
  init: { method: 'GET' | 'POST'; body?: Uint8Array<ArrayBuffer>; keepalive?: boolean; signal: AbortSignal },
  learnt: boolean | undefined,
): Promise<Response> {
  const response = await ((learnt && publicFetch) || fetch)(url, {
    ...init,
    ...(init.body && { headers: { 'Content-Type': 'text/plain' } }),
    cache: 'no-store',
    credentials: 'omit',
    redirect: 'error',
    referrerPolicy: 'no-referrer',
  })
  if (response.ok) return response
  const { status } = response
  if (status >= 500 || status === 408 || status === 425 || status === 429) throw new Error(`HTTP status ${status}`)
  // Whatever code it gives: nobody has sealed it.
  throw lost(
    status === 404 || status === 410 ? 'it does not know this session' : `it refused what we sent, HTTP status ${status}`,
  )
}

/** An answer that must be short; who sends more is not the peer. */
export async function smallAnswer(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of chunksOf(response)) {
    bytes += chunk.length
    if (bytes > SMALL_ANSWER_BYTES) throw notThePeer()
    chunks.push(chunk)
  }
  const decoder = new TextDecoder()
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('')
}

/** The bytes of an answer as they come. Safari cannot iterate a stream, and some platforms have none. */
export async function* chunksOf(response: Response): AsyncGenerator<Uint8Array> {
  if (!response.body) {
    yield new Uint8Array(await response.arrayBuffer())
    return
  }
  const reader = response.body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}

export function notThePeer(): Error {
  return new Error('something else than a lotus-p2p peer answered')
}

export function lost(why: string, cause?: unknown): P2PError {
  return new P2PError('CONNECTION_LOST', `The connection to the peer broke (${why}). Connect again.`, { cause })
}

/** Node hides the reason in the cause; browsers tell none. */
export function causeOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { message?: string; code?: string } }
  return cause?.message || cause?.code || message || String(error)
}

export function pause(delayMs: number, until: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      until.removeEventListener('abort', done)
      resolve()
    }
    const timer = platformTimer(done, delayMs)
    until.addEventListener('abort', done)
  })
}
