import { bytesOfHex, equalBytes, hexOf, isBytes } from '../base/bytes.js'
import { P2PError } from '../base/errors.js'
import { decodePeerId } from '../identity/peer-id.js'
import { SIGHASH_FORKID, SIGHASH_LOTUS } from '../lotus/sighash.js'
import type { SpentOutput } from '../lotus/spent.js'
import { decodeTransaction, type Transaction } from '../lotus/transaction.js'
import { checkedField, invalidRequest } from './errors.js'
import { aggregateKeys, type Keyset, paysTo } from './keyset.js'
import type { InputToSign, Member, RequestContent } from './request.js'
import type { SigningSession } from './signing-session.js'

/** What is to be signed, and by whom. */
export interface SignOptions {
  /** Without signatures in the inputs that are to be signed: as an object, bytes or hex. */
  transaction: Transaction | Uint8Array | string
  /** What each input spends, in their order. */
  spent: readonly SpentOutput[]
  /** Whose keys sign; of several, `keys[i]` belongs to the same member in each. */
  keyset: Keyset | readonly Keyset[]
  /** Which inputs, and how. Default: those that pay to a keyset; Taproot with 0x61, P2PKH with 0x41. */
  sign?: readonly InputToSign[] | undefined
  /** `lp1…` ids of the cosigners, by their wallet keys of the first keyset: 66 hex digits each. */
  cosigners: Readonly<Record<string, string>>
  /** Words for the cosigners' users, who are told not to believe them; at most 256 characters. */
  purpose?: string | undefined
  /** How long cosigners have to accept, milliseconds. Default 10 min, at most a week. */
  ttlMs?: number | undefined
  /** Adds a round of commitments to nonces. Default false: MuSig2 is proven secure without it. */
  nonceCommitments?: boolean | undefined
  /** Sends the signed transaction; default: that of `musig2()`. `sign` waits for it, and fails where it fails. */
  broadcast?: ((transaction: Uint8Array, txid: string) => Promise<unknown>) | undefined
  /** Each change, as the event `session` of this request alone. */
  onProgress?: ((session: SigningSession) => void) | undefined
  /** Cancels it, at all members. */
  signal?: AbortSignal | undefined
}

/** What a request has of its initiator. */
export interface OwnParts {
  publicKeys: readonly Uint8Array[]
  networkKey: Uint8Array
  id: Uint8Array
  expiresAt: number
}

/** The request that the options ask for. @throws P2PError SIGNING_FAILED, reason INVALID_REQUEST, with `details.field`. */
export function contentOf(options: SignOptions, own: OwnParts): RequestContent {
  const { transaction: given, spent, purpose = '', nonceCommitments = false } = options
  const keysets = [options.keyset].flat() as Keyset[]
  const transaction = checkedField('transaction', () => {
    const bytes = typeof given === 'string' ? bytesOfHex(given) : given
    return isBytes(bytes) ? decodeTransaction(bytes) : bytes
  })
  if (keysets.length === 0) throw invalidRequest('keysets', 'A request needs a keyset.')
  const members = membersOf(keysets[0]!, options.cosigners, own)
  const sign = options.sign ?? allOf(keysets, spent)
  return { id: own.id, expiresAt: own.expiresAt, purpose, members, keysets, transaction, spent, sign, nonceCommitments }
}

/** Who signs, and where each is found. @throws P2PError as `contentOf`. */
export function membersOf(
  { keys }: Keyset,
  cosigners: SignOptions['cosigners'],
  own: Pick<OwnParts, 'publicKeys' | 'networkKey'>,
): Member[] {
  const peerIds = new Map(Object.entries(cosigners).map(([key, peerId]) => [key.toLowerCase(), peerId]))
  return keys.map((walletKey, i) => {
    if (own.publicKeys.some((key) => equalBytes(key, walletKey))) return { walletKey, networkKey: own.networkKey }
    const peerId = peerIds.get(hexOf(walletKey))
    if (peerId === undefined) throw invalidRequest(`members.${i}`, 'cosigners has no peer id for a key of the keyset.')
    return { walletKey, networkKey: checkedField(`members.${i}`, () => decodePeerId(peerId)) }
  })
}

/** Each input that spends what is paid to one of the keysets. */
function allOf(keysets: readonly Keyset[], spent: readonly SpentOutput[]): InputToSign[] {
  const keys = keysets.map((keyset, i) => checkedField(`keysets.${i}`, () => aggregateKeys(keyset)))
  return spent.flatMap(({ script }, input) => {
    const keyset = keys.findIndex((key) => paysTo(script, key))
    const type = (keysets[keyset]?.taproot ?? false) === false ? SIGHASH_FORKID : SIGHASH_LOTUS
    return keyset < 0 ? [] : [{ input, type, keyset }]
  })
}

/** @throws P2PError INVALID_CONFIG. */
export function checkTtl(ttlMs: number, maxMs: number): void {
  if (ttlMs > 0 && ttlMs <= maxMs) return
  throw new P2PError('INVALID_CONFIG', `ttlMs must be a number of milliseconds up to ${maxMs}.`, { details: { option: 'ttlMs' } })
}
