import { ByteWriter } from './byte-writer.js'
import { taggedHash } from './hash.js'
import type { TransactionOutput } from './transaction.js'

/** An output that is on the chain. */
export interface OwnedOutput extends Readonly<TransactionOutput> {
  /** 32 bytes, in the order of the chain; people read them backwards. */
  readonly txid: Uint8Array
  readonly index: number
}

/**
 * What the owner of a coin signs to show that it is its own, for one round of a mix and one member: it spends nothing. It is a tagged hash of
 * more than 64 bytes, and what a transaction is signed by is a hash of 32 bytes, so that no proof is the signature of a transaction.
 *
 * @param rosterHash names the round: 32 bytes.
 * @param member Ed25519 key of the member, 32 bytes.
 * @returns 32 bytes.
 */
export function ownershipHash(rosterHash: Uint8Array, member: Uint8Array, coin: OwnedOutput): Uint8Array {
  const { txid, index, sats, script } = coin
  const paid = new ByteWriter().octets(txid).u32(index).u64(sats).take()
  return taggedHash('lotus-p2p/coinjoin/ownership/1', rosterHash, member, paid, script)
}
