import { errorsPageOf, messageOf } from './sentences.js'

/**
 * Every way the SDK can fail, as a stable code. Applications branch on the code, people read the message.
 *
 * Codes that a peer may send us in a refusal or a close are the same words; see docs/wire-protocol.md.
 */
export const P2P_ERROR_CODES = [
  // What the caller got wrong.
  'INVALID_CONFIG',
  'INVALID_ADDRESS',
  'INSECURE_ADDRESS',
  'INVALID_PEER_ID',
  'INVALID_MESSAGE',
  'INVALID_RESOURCE',
  'INVALID_TOPIC',
  'MESSAGE_TOO_LARGE',
  'UNSERIALIZABLE_PAYLOAD',
  'FOREIGN_SENDER',
  'DUPLICATE_PROTOCOL',
  'SELF_DIAL',
  'SHUT_DOWN',
  'SUSPENDED',
  // How reaching a peer can fail.
  'PEER_NOT_CONNECTED',
  'PEER_UNREACHABLE',
  'PEER_NOT_FOUND',
  'WRONG_PEER',
  'NO_PEERS',
  'NO_RELAY',
  'POOL_FULL',
  'TIMEOUT',
  'ABORTED',
  'BUFFER_FULL',
  'OUTBOX_FULL',
  'CONNECTION_CLOSED',
  'CONNECTION_LOST',
  'DUPLICATE_CONNECTION',
  'REPLACED',
  // What the handshake and the channel refuse.
  'UNSUPPORTED_VERSION',
  'WRONG_NETWORK',
  'HANDSHAKE_FAILED',
  'HANDSHAKE_TIMEOUT',
  'NAME_TAKEN',
  'PROOF_OF_WORK_REQUIRED',
  'PROOF_OF_WORK_TOO_HARD',
  'PROTOCOL_VIOLATION',
  'DECRYPT_FAILED',
  'MALFORMED_DATA',
  'LIMIT_EXCEEDED',
  // What protocols answer.
  'PROTOCOL_NOT_SUPPORTED',
  'HANDLER_FAILED',
  'LISTENER_FAILED',
  'SIGNATURE_REQUIRED',
  'INVALID_SIGNATURE',
  'INVALID_RECORD',
  'STALE_RECORD',
  'STORE_FULL',
  'NOT_STORED',
  'RATE_LIMITED',
  'BANNED',
  'REPLAYED',
  'CLOCK_SKEW',
  'CIRCUIT_REFUSED',
  'NO_RESERVATION',
  'INVALID_STATEMENT',
  'INVALID_EVIDENCE',
  'EQUIVOCATION',
  'PHASE_TIMEOUT',
  // What the platform refuses.
  'ADDRESS_IN_USE',
  'LISTEN_FAILED',
  'IDENTITY_FAILED',
  'STORAGE_FAILED',
  'STORE_IN_USE',
  'STORE_TOO_NEW',
  'TRANSPORT_UNAVAILABLE',
] as const

/**
 * Codes that plugins add, as keys, by declaration merging.
 *
 * @example
 * declare module 'lotus-p2p' {
 *   interface P2PErrorCodesOfPlugins {
 *     DICE_LOST: true
 *   }
 * }
 */
export interface P2PErrorCodesOfPlugins {
  // Those of our own parts are here, for a merge by a path inside the package means nothing to those who install it.
  /** A transaction was not signed together; `details.reason` is a `SigningFailure` of `lotus-p2p/musig2`. */
  SIGNING_FAILED: true
  /** A coin was not mixed; `details.reason` is a `MixFailure` of `lotus-p2p/coinjoin`. */
  MIX_FAILED: true
  /** A key, nonce, script or transaction that is none, or that the Lotus network would refuse. */
  INVALID_TRANSACTION: true
  /** A relay keeps no mail for this box: it was never opened there, was closed, or its owner has been away for `boxMs`. */
  NO_MAILBOX: true
  /** A mailbox, or the relay's room for mail, has no place for this letter. What waits there stays. */
  MAILBOX_FULL: true
  /** The owner of a mailbox takes no letters from strangers, or none as large as this. */
  MAIL_REFUSED: true
  /** The other processes of a relay, or what they share, cannot be reached at present. */
  BACKPLANE_DOWN: true
  /** No path of hops can be chosen: too few are known, old enough, or reachable. */
  ONION_NO_PATH: true
  /** The hops that are known belong to fewer operators than `minOperators`: one of them might see both ends. */
  ONION_TOO_FEW_OPERATORS: true
  /** No answer has come through the onion in time, after all tries. What was asked may have been done. */
  ONION_TIMEOUT: true
  /** The exit refuses what it was asked; `details.reason` is its code. */
  ONION_EXIT_REFUSED: true
  /** An exit has forgotten the message whose answer is asked for, or never had it. */
  ONION_GONE: true
}

export type P2PErrorCode = (typeof P2P_ERROR_CODES)[number] | keyof P2PErrorCodesOfPlugins

/** The same symbol in every realm and build: an error of another copy of the SDK is an error of the SDK. */
const BRAND = /* @__PURE__ */ Symbol.for('lotus-p2p.error')

/** Facts about a failure that a program can use. Never holds a key or a payload. */
export interface P2PErrorDetails {
  peerId?: string
  address?: string
  protocol?: string
  limit?: string
  /** Milliseconds after which trying again makes sense. */
  retryAfterMs?: number
  [fact: string]: unknown
}

/**
 * The one error class of the SDK.
 *
 * @example
 * try {
 *   await coordinator.connectToPeer('wss://relay.example')
 * } catch (error) {
 *   if (isP2PError(error, 'POOL_FULL')) retryLater(error.details.retryAfterMs)
 * }
 */
export class P2PError extends Error {
  readonly code: P2PErrorCode
  readonly details: P2PErrorDetails

  constructor(code: P2PErrorCode, message: string, options: { details?: P2PErrorDetails | undefined; cause?: unknown } = {}) {
    super(messageOf(code, message), options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.details = options.details ?? {}
  }

  // An own property would have to be assigned, which fails where `Error.prototype` is frozen.
  override get name(): string {
    return 'P2PError'
  }

  /** Where the code is explained: `lotus-p2p/docs/errors.md#store_full`, or the same anchor of the page that `linkErrors` has set. */
  get docs(): string {
    return errorsPageOf(this.code)
  }

  get [BRAND](): true {
    return true
  }

  /** Walks this error and its causes; returns the first that satisfies the test, or undefined. */
  walk(test: (error: unknown) => boolean): unknown {
    let error: unknown = this
    // A cause chain longer than this is a cycle.
    for (let depth = 0; depth < 32 && error !== undefined && error !== null; depth++) {
      if (test(error)) return error
      error = (error as { cause?: unknown }).cause
    }
    return undefined
  }
}

/**
 * True for a P2PError, and, with a code, only for one of that code. Errors of another copy of the SDK count too, for which
 * `instanceof` is false: of another realm, or of the CommonJS build beside the ES module.
 */
export function isP2PError(error: unknown, code?: P2PErrorCode): error is P2PError {
  if (typeof error !== 'object' || error === null || !(BRAND in error)) return false
  return code === undefined || (error as P2PError).code === code
}

/** The error itself if it is ours, else a P2PError that carries it as cause. */
export function asP2PError(error: unknown, code: P2PErrorCode, message: string): P2PError {
  return isP2PError(error) ? error : new P2PError(code, message, { cause: error })
}

/**
 * A code that came over the network, or the fallback where it has not the form of one. It may be one that only a plugin of both ends,
 * or a later version, knows.
 */
export function codeOf(code: unknown, fallback: P2PErrorCode): P2PErrorCode {
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,63}$/.test(code) ? (code as P2PErrorCode) : fallback
}

/** What a failure says, whatever was thrown. */
export function whyOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

export function identityFailed(message: string, cause?: unknown): P2PError {
  return new P2PError('IDENTITY_FAILED', message, { cause })
}

/**
 * For what no honest peer does.
 *
 * @param what how the sentence goes on after "The peer".
 */
export function violation(what: string): P2PError {
  return new P2PError('PROTOCOL_VIOLATION', `The peer ${what}.`)
}

export function timeoutError(what: string, timeoutMs: number, details: P2PErrorDetails = {}): P2PError {
  return new P2PError('TIMEOUT', `${what} took more than ${timeoutMs} ms. Allow more with timeoutMs.`, {
    details: { ...details, timeoutMs },
  })
}

export function abortedError(what: string, cause?: unknown): P2PError {
  return new P2PError('ABORTED', `${what} was cancelled by its AbortSignal.`, { cause })
}

export function shutDownError(what = 'This coordinator'): P2PError {
  return new P2PError('SHUT_DOWN', `${what} has shut down. Create a new one.`)
}

export function noRelayError(): P2PError {
  return new P2PError('NO_RELAY', 'No relay is connected. Connect to one first.')
}

export function nameTaken(name: string, details: P2PErrorDetails): P2PError {
  return new P2PError('NAME_TAKEN', `The name "${name}" belongs to another key. Choose another name.`, { details })
}

/** For calls that need the network while the coordinator is suspended. */
export function suspendedError(): P2PError {
  return new P2PError('SUSPENDED', 'This coordinator is suspended. Call resume() first.')
}
