import { hexOf } from '../base/bytes.js'
import { platformTimer } from '../base/clock.js'
import { isP2PError, P2PError } from '../base/errors.js'
import type { Unsubscribe } from '../base/events.js'
import { POINT_BYTES } from '../lotus/curve.js'
import { array, bytes, Fault, int, object, oneOf, optional, type Shape, type Shaped, text } from '../message/shape.js'
import { signerFailed, signingFailed } from './errors.js'
import { NONCE_BYTES } from './nonces.js'
import { isPayment, type RequestKind, readAny } from './request-kind.js'
import type { MuSig2Signer } from './signer.js'
import { type RequestSummary, summaryOf } from './summary.js'

/** A worker, a worker's own scope, or one end of a MessageChannel. In Node, give each thread an end of a MessageChannel. */
export interface SignerPort {
  postMessage(message: unknown): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  removeEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  start?(): void
}

export interface ServeSignerOptions {
  /**
   * Asks the user, in the worker's own words: the page may be lying. False refuses. Called once for each request, before anything is
   * signed for it.
   */
  approve?(summary: RequestSummary): Promise<boolean>
  /** Requests that are none of payments, and who is asked of them: `coinProofs` of `lotus-p2p/coinjoin`. Default: none is signed. */
  other?: RequestKind | undefined
  /** Scripts that the wallet knows as its own, for the summary. */
  ownScripts?: readonly Uint8Array[] | undefined
  /** True: whatever the page asks is signed without `approve`. */
  unattended?: boolean | undefined
  /** True: the page may advertise the keys, and meet cosigners by them, which `approve` is not asked for. */
  mayAdvertise?: boolean | undefined
}

/** How long a signer that asks nobody may take. */
const CALL_MS = 60_000
/** Requests that were approved, remembered; the oldest has to be asked for again. */
const MAX_APPROVED = 128
const MARK = 'lotus-p2p/musig2-signer'

const session = text(64, 64)
const INPUTS = {
  publicKeys: object({}),
  prove: object({ request: bytes(), networkKey: bytes(32), fresh: bytes(16) }),
  createNonces: object({ session, request: bytes() }),
  signPartials: object({ session, nonces: array(array(bytes())), sums: optional(array(bytes(NONCE_BYTES))) }),
  forget: object({ session }),
  proveAnnouncement: object({
    key: bytes(POINT_BYTES),
    network: text(1, 64),
    resource: text(1, 512),
    networkKey: bytes(32),
    day: int(0, 0xffff_ffff),
  }),
}
type Call = keyof typeof INPUTS
const callShape = object({
  mark: oneOf(MARK),
  id: int(0),
  call: oneOf(...(Object.keys(INPUTS) as Call[])),
})
const answerShape = object({ mark: oneOf(`${MARK}/answer`), id: int(0), error: optional(text()) })

/**
 * The worker's side: a page, through its port, may ask for proofs, nonces and signatures, for requests that `approve` has said yes to.
 * Keys and secret nonces stay here. A signer whose keys have to be loaded first is given as a promise, so that the port is listened to at once:
 * a worker loses what comes before.
 *
 * @throws P2PError INVALID_CONFIG without `approve` and without `unattended`.
 * @example
 * // worker.js
 * serveSigner(self, softwareSigner({ secretKeys: [key] }), { approve: (summary) => askTheUser(summary) })
 */
export function serveSigner(
  port: SignerPort,
  signer: MuSig2Signer | Promise<MuSig2Signer>,
  options: ServeSignerOptions,
): Unsubscribe {
  const { approve, other, unattended = false, ownScripts, mayAdvertise = false } = options
  if (approve === undefined && !unattended) {
    throw new P2PError('INVALID_CONFIG', 'serveSigner needs approve, which asks the user, or unattended: true.')
  }
  const approved = new Set<string>()
  const check = async (request: Uint8Array, mayAsk: boolean): Promise<void> => {
    if (approve === undefined) return
    const read = readAny(request, other)
    const hash = hexOf(read.hash)
    if (approved.has(hash)) return
    const ask = () => (isPayment(read) ? approve(summaryOf(read, ownScripts)) : other?.approve?.(read))
    if (!mayAsk || !(await ask())) {
      throw signingFailed('The request was not approved at the signer.', { reason: 'REJECTED' })
    }
    approved.add(hash)
    for (const oldest of approved) if (approved.size > MAX_APPROVED) approved.delete(oldest)
  }
  const run: { [C in Call]: (real: MuSig2Signer, input: Shaped<(typeof INPUTS)[C]>) => unknown } = {
    publicKeys: ({ publicKeys }) => publicKeys,
    prove: async (real, input) => {
      await check(input.request, true)
      return real.prove(input)
    },
    createNonces: async (real, input) => {
      await check(input.request, false)
      return real.createNonces(input)
    },
    signPartials: (real, input) => real.signPartials(input),
    forget: (real, input) => real.forget(input.session),
    proveAnnouncement: (real, input) => {
      if ((approve !== undefined && !mayAdvertise) || real.proveAnnouncement === undefined) {
        throw signingFailed('The signer advertises no keys.', { reason: 'REJECTED' })
      }
      return real.proveAnnouncement(input)
    },
  }
  // It fails where it is used.
  Promise.resolve(signer).catch(() => {})
  const onMessage = async ({ data }: { data: unknown }): Promise<void> => {
    const asked = callShape(data)
    if (asked instanceof Fault) return
    const { id, call } = asked
    const answer = { mark: `${MARK}/answer`, id }
    try {
      const input = INPUTS[call]((data as { input?: unknown }).input ?? {})
      if (input instanceof Fault) throw signerFailed('The signer was asked in another form.')
      port.postMessage({
        ...answer,
        result: await (run[call] as (real: MuSig2Signer, given: unknown) => unknown)(await signer, input),
      })
    } catch (error) {
      // What an error carries may be secret: its sentence and reason alone leave.
      const reason = isP2PError(error) ? error.details.reason : undefined
      port.postMessage({ ...answer, error: isP2PError(error) ? error.message : 'The signer failed.', reason })
    }
  }
  const listener = (event: { data: unknown }) => void onMessage(event)
  port.addEventListener('message', listener)
  port.start?.()
  return () => port.removeEventListener('message', listener)
}

/**
 * The page's side of `serveSigner`. Resolves once the signer has told its public keys.
 *
 * @throws P2PError SIGNING_FAILED, reason SIGNER_FAILED, where nobody answers for a minute.
 * @example
 * const signer = await workerSigner(new Worker(new URL('worker.js', import.meta.url), { type: 'module' }))
 */
export async function workerSigner(port: SignerPort): Promise<MuSig2Signer> {
  const waiting = new Map<number, (answer: unknown) => void>()
  let asked = 0
  port.addEventListener('message', ({ data }) => {
    const answer = answerShape(data)
    if (answer instanceof Fault) return
    const settle = waiting.get(answer.id)
    waiting.delete(answer.id)
    settle?.(data)
  })
  port.start?.()

  /** A person may take as long as the request lasts: `prove` alone asks one. */
  const ask = async <T>(call: Call, result: Shape<T>, input: object, timeoutMs?: number): Promise<T> => {
    const id = asked++
    let timer: ReturnType<typeof setTimeout> | undefined
    const answer = await new Promise<unknown>((resolve, reject) => {
      waiting.set(id, resolve)
      port.postMessage({ mark: MARK, id, call, input })
      if (timeoutMs === undefined) return
      timer = platformTimer(() => {
        waiting.delete(id)
        reject(signerFailed('The signer does not answer. Its worker may have crashed.'))
      }, timeoutMs)
    }).finally(() => clearTimeout(timer))
    const { error, reason, result: value } = answer as { error?: string; reason?: unknown; result?: unknown }
    if (error !== undefined) throw signingFailed(error, { reason: reason === 'REJECTED' ? 'REJECTED' : 'SIGNER_FAILED' })
    const found = result(value)
    if (found instanceof Fault) throw signerFailed('The signer answered in another form.')
    return found
  }

  const publicKeys = await ask('publicKeys', array(bytes(POINT_BYTES)), {}, CALL_MS)
  return {
    publicKeys,
    prove: (input) => ask('prove', array(bytes()), input),
    createNonces: (input) => ask('createNonces', array(bytes()), input, CALL_MS),
    signPartials: (input) => ask('signPartials', array(bytes()), input, CALL_MS),
    forget: (input) => ask('forget', optional(oneOf(undefined)), { session: input }, CALL_MS),
    proveAnnouncement: (input) => ask('proveAnnouncement', bytes(), input, CALL_MS),
  }
}
