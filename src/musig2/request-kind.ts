import {
  atOnce,
  checkedRequest,
  contentOfRequest,
  type SharedContent,
  type SharedRequest,
  type SigningRequest,
} from './request.js'

/** The first number of requests that are none of payments. */
export const OTHER_KIND = 2

/** Requests that are none of payments: `coinProofs` of `lotus-p2p/coinjoin` makes this. */
export interface RequestKind {
  /**
   * What a request says, before anything is computed.
   *
   * @throws P2PError SIGNING_FAILED, reason INVALID_REQUEST, with `details.field`.
   * @internal
   */
  contentOf(encoded: Uint8Array): SharedContent
  /** What is expensive about a request, in steps. @throws P2PError as `contentOf`. @internal */
  checked(encoded: Uint8Array, content: SharedContent): Generator<void, SharedRequest, void>
  /** Asks the user, at the signer's side of a port. Absent: such requests are refused there. @internal */
  approve?(request: SharedRequest): Promise<boolean>
}

const PAYMENTS: RequestKind = { contentOf: contentOfRequest, checked: checkedRequest }

/** @param other what is read beside payments. @returns undefined for a request that nobody reads here. */
export function kindOf(encoded: Uint8Array, other: RequestKind | undefined): RequestKind | undefined {
  // The head of an array of less than 16 items is one byte, and the next is the kind.
  return encoded[1] === OTHER_KIND ? other : PAYMENTS
}

/** A request of either kind. One that nobody reads here is refused as a payment that is none. @throws P2PError SIGNING_FAILED, reason INVALID_REQUEST, with `details.field`. */
export function readAny(encoded: Uint8Array, other: RequestKind | undefined): SharedRequest {
  const kind = kindOf(encoded, other) ?? PAYMENTS
  return atOnce(kind.checked(encoded, kind.contentOf(encoded)))
}

export function isPayment(request: SharedRequest): request is SigningRequest {
  return 'transaction' in request
}
