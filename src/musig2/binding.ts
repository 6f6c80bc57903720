import { equalBytes } from '../base/bytes.js'
import { taggedHash } from '../lotus/hash.js'
import { schnorrVerify } from '../lotus/verify-schnorr.js'
import type { SharedRequest } from './request.js'

/** What binds a member's wallet key to its network key, for one request: 32 bytes, no hash of any transaction. */
export function bindingOf(requestHash: Uint8Array, networkKey: Uint8Array, fresh: Uint8Array): Uint8Array {
  return taggedHash('lotus-p2p/musig2/member/1', requestHash, networkKey, fresh)
}

/** The distinct keys of a member, in the order of the keysets. */
export function keysOfMember({ keysets }: SharedRequest, member: number): Uint8Array[] {
  const keys: Uint8Array[] = []
  for (const { keys: all } of keysets) if (!keys.some((key) => equalBytes(key, all[member]!))) keys.push(all[member]!)
  return keys
}

/** Whether a member has proven that its keys are its own. */
export function bindingHolds(request: SharedRequest, member: number, fresh: Uint8Array, proofs: readonly Uint8Array[]): boolean {
  const keys = keysOfMember(request, member)
  const message = bindingOf(request.hash, request.members[member]!.networkKey, fresh)
  return proofs.length === keys.length && keys.every((key, i) => schnorrVerify(proofs[i]!, message, key))
}
