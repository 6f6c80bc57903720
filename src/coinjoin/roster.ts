import { compareBytes, hexOf } from '../base/bytes.js'
import type { Identity } from '../identity/identity.js'
import { taggedHash } from '../lotus/hash.js'
import { encode } from '../message/codec.js'
import { array, bytes, int, oneOf, parsed, type Shaped, text, tuple, union } from '../message/shape.js'
import { signStatement, verifyStatement } from '../statements/statement.js'
import { MIX_PROTOCOL } from './attempt.js'
import { MAX_MEMBERS } from './items.js'
import { placeOf, VERSION } from './pool.js'

/** Members below which nobody is hidden. */
export const MIN_MEMBERS = 3
const JOIN = 'join'
/** Of messages, in errors. */
const TITLE = 'A message of lotus/coinjoin'

/** A member's signed word that it takes part in what was proposed: `fresh` are 16 bytes that it has drawn for this answer. */
export type Join = readonly [key: Uint8Array, minPeers: number, fresh: Uint8Array, signature: Uint8Array]

const shapes = /* @__PURE__ */ (() => {
  const poolId = text(32, 32, /^[0-9a-f]{32}$/)
  const minPeers = int(MIN_MEMBERS, MAX_MEMBERS)
  const epoch = int(0, 0xffff_ffff)
  return {
    propose: tuple(oneOf(VERSION), poolId, epoch, bytes(32), array(bytes(32), MAX_MEMBERS, MIN_MEMBERS)),
    answer: union(
      tuple(oneOf('yes'), minPeers, bytes(16), bytes(64)),
      tuple(oneOf('no'), oneOf('TOO_SMALL', 'BUSY', 'UNKNOWN_ENTRY', 'REFUSED')),
    ),
    roster: tuple(oneOf(VERSION), bytes(32), array(tuple(bytes(32), minPeers, bytes(16), bytes(64)), MAX_MEMBERS, MIN_MEMBERS)),
  }
})()

export type Proposal = Shaped<(typeof shapes)['propose']>
export type Answer = Shaped<(typeof shapes)['answer']>

/** @throws P2PError MALFORMED_DATA. */
export function readProposal(payload: unknown): Proposal {
  return parsed(shapes.propose, payload, TITLE)
}

/** @throws P2PError MALFORMED_DATA. */
export function readAnswer(payload: unknown): Answer {
  return parsed(shapes.answer, payload, TITLE)
}

/** A roster as its proposer sends it. */
export interface Formed {
  /** Hash of the proposal that it follows. */
  readonly proposal: Uint8Array
  readonly joins: readonly Join[]
}

/** Reads a roster. @throws P2PError MALFORMED_DATA. */
export function readRoster(payload: unknown): Formed {
  const [, proposal, joins] = parsed(shapes.roster, payload, TITLE)
  return { proposal, joins }
}

export function proposalHash(proposal: Proposal): Uint8Array {
  return taggedHash('lotus-p2p/coinjoin/proposal/1', encode(proposal))
}

/** The payload of a roster. */
export function rosterPayload(proposal: Uint8Array, joins: readonly Join[]): unknown[] {
  return [VERSION, proposal, joins]
}

/** Names a round: 32 bytes. */
export function rosterHashOf(joins: readonly Join[]): Uint8Array {
  return taggedHash('lotus-p2p/coinjoin/roster/1', encode(joins))
}

/** A statement: two of one key for one proposal are a proof against it. */
export async function signJoin(
  identity: Identity,
  network: string,
  proposal: Uint8Array,
  minPeers: number,
  fresh: Uint8Array,
): Promise<Join> {
  const { signature } = await signStatement(identity, statementOf(proposal, minPeers, fresh), { network })
  return [identity.publicKey, minPeers, fresh, signature]
}

/** Whether a member has said so itself. */
export async function isJoined(network: string, proposal: Uint8Array, [key, minPeers, fresh, signature]: Join): Promise<boolean> {
  const { protocol, session, round, slot, value } = statementOf(proposal, minPeers, fresh)
  const payload = encode([protocol, session, round, slot, value])
  return verifyStatement({ publicKey: key, payload, signature }, { network }).then(
    () => true,
    () => false,
  )
}

/** The largest set in which nobody has fewer members than it wants, in bytewise order of the keys. */
export function largestSet(joins: readonly Join[]): Join[] {
  let left = [...joins]
  for (;;) {
    const next = left.filter(([, minPeers]) => minPeers <= left.length)
    if (next.length === left.length) return next.sort((a, b) => compareBytes(a[0], b[0]))
    left = next
  }
}

/**
 * Whether a list has at least three quarters of those that we would have listed ourselves: nobody fills a round with its own.
 *
 * @param order keys of all entries that we have seen, in the drawn order; as many as a round may have count.
 */
export function coversEnough(keys: readonly Uint8Array[], order: readonly Uint8Array[]): boolean {
  const own = order.slice(0, MAX_MEMBERS)
  return 4 * own.filter((key) => includesKey(keys, key)).length >= 3 * own.length
}

/** Whether keys are in bytewise order, each once. */
export function areSorted(keys: readonly Uint8Array[]): boolean {
  return keys.every((key, i) => i === 0 || compareBytes(keys[i - 1]!, key) < 0)
}

export function includesKey(keys: readonly Uint8Array[], key: Uint8Array): boolean {
  return placeOf(keys, key) >= 0
}

function statementOf(proposal: Uint8Array, minPeers: number, fresh: Uint8Array) {
  return { protocol: MIX_PROTOCOL, session: hexOf(proposal), round: 0, slot: JOIN, value: encode([minPeers, fresh]) }
}
