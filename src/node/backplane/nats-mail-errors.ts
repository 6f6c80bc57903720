import { isP2PError, P2PError } from '../../base/errors.js'

/** Error codes of the JetStream API. */
export const WRONG_LAST_SEQUENCE = 10_071
export const INSUFFICIENT_RESOURCES = 10_023
export const TOO_MANY_FOR_SUBJECT = 10_077

/** @throws P2PError STORAGE_FAILED for whatever has failed, in words for an operator; any other error of ours as it is. */
export async function told<T>(result: Promise<T>): Promise<T> {
  try {
    return await result
  } catch (cause) {
    if (isP2PError(cause)) throw isP2PError(cause, 'STORAGE_FAILED') ? cause : away(cause)
    throw new P2PError('STORAGE_FAILED', 'Mail in NATS failed. Look at its servers, their disks, and what this account may do.', {
      cause,
    })
  }
}

export function away(cause?: unknown): P2PError {
  return new P2PError('STORAGE_FAILED', 'The NATS servers are away. Try again in a moment.', {
    cause,
    details: { retryAfterMs: 2_000 },
  })
}

export function contended(): P2PError {
  return new P2PError('STORAGE_FAILED', 'Too many change this mailbox at the same moment. Try again.', {
    details: { retryAfterMs: 1_000 },
  })
}
