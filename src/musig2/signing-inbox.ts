import { BoundedMap } from '../base/bounded-map.js'
import { equalBytes, hexOf, isBytes } from '../base/bytes.js'
import { elapsed } from '../base/clock.js'
import { isP2PError } from '../base/errors.js'
import { sha256 } from '../base/sha256.js'
import { TokenBucket } from '../base/token-bucket.js'
import { nextTurn } from '../base/turn.js'
import { encodePeerId } from '../identity/peer-id.js'
import type { P2PMessage } from '../message/message.js'
import { malformed, unknownType } from '../message/shape.js'
import type { PeerInfo } from '../protocol/peer-info.js'
import { isSigningMessage, MUSIG2_PROTOCOL, readSigningMessage, signingMessage } from './messages.js'
import type { MuSig2Options } from './musig2-options.js'
import type { SharedContent } from './request.js'
import { kindOf, type RequestKind } from './request-kind.js'
import { Signing, type SigningSurroundings } from './signing.js'
import type { SigningSession } from './signing-session.js'

/**
 * What the requests of one peer may cost us, in keys that are added up, of which each takes some hundred microseconds: so many at once, as
 * the largest request has, and so many a second. A kilobyte, which has to be hashed, counts as three.
 */
const KEYS_AT_ONCE = 2_048
const KEYS_PER_S = 32
const BYTES_OF_KEY = 341
/** A proof that is verified counts as two keys. */
const KEYS_OF_PROOF = 2

/** What became of a request, with its signatures, for members that come back. */
export interface EndedSigning {
  session: SigningSession
  signatures: readonly Uint8Array[] | undefined
}

/** Requests that are none of payments, and who is asked of them. */
export interface AnsweredKind extends RequestKind {
  asked(signing: Signing): void
}

/** Who is asked. */
export interface InboxOwner {
  /** A member asks us: it is answered once the request is kept. */
  received(signing: Signing, seen: () => Promise<void>): Promise<void>
  /** Requests that are answered here beside those of payments. */
  otherKind(): AnsweredKind | undefined
}

/** What other members send: requests, as far as they may ask us, and messages about requests that live. */
export class SigningInbox {
  /** By peer id: what its requests may cost. */
  private readonly budgets: BoundedMap<string, TokenBucket>

  constructor(
    private readonly around: SigningSurroundings,
    private readonly options: MuSig2Options,
    private readonly contacts: ReadonlySet<string>,
    private readonly live: ReadonlyMap<string, Signing>,
    private readonly ended: BoundedMap<string, EndedSigning>,
    private readonly owner: InboxOwner,
  ) {
    this.budgets = new BoundedMap(around.limits.maxRateBuckets)
  }

  async handle(message: P2PMessage, from: PeerInfo): Promise<void> {
    const { type, payload } = message
    try {
      if (type === 'request') await this.asked(message, from)
      else if (isSigningMessage(type)) {
        const read = readSigningMessage(type, payload)
        const id = hexOf(read.fields[1])
        const signing = this.live.get(id)
        const member = signing?.peerIds.indexOf(idOf(from)) ?? -1
        if (member >= 0) {
          // Those of an answer alone are a sixth field. What is dropped is told again, as all answers are.
          const proofs = (read.fields as readonly unknown[])[5]
          if (!Array.isArray(proofs) || this.affords(idOf(from), KEYS_OF_PROOF * proofs.length)) signing!.handle(read, member)
        } else if (signing === undefined && read.type === 'answer' && read.fields[3] === 1) this.late(id, read.fields[1], from)
      } else throw unknownType(message)
    } catch (error) {
      if (!isP2PError(error, 'MALFORMED_DATA') && !isP2PError(error, 'INVALID_SIGNATURE')) throw error
      this.around.kit.reject(from.peerId, error)
    }
  }

  /** A member answers to a request that has ended here. */
  private late(id: string, name: Uint8Array, from: PeerInfo): void {
    const ended = this.ended.get(id)
    if (ended === undefined || !ended.session.members.some(({ peerId }) => peerId === idOf(from))) return
    const { session, signatures } = ended
    const [type, fields] = signatures ? ['signed', [signatures]] : ['cancel', [session.failure?.reason ?? '', '']]
    const payload = signingMessage(name, ...fields)
    this.around.kit.sendTo(from.peerId, { type: type as string, payload, protocol: MUSIG2_PROTOCOL }).catch(() => {})
  }

  private async asked(message: P2PMessage, from: PeerInfo): Promise<void> {
    const { payload } = message
    const { kit, limits } = this.around
    const reply = (answer: string) => kit.reply(message, { type: 'seen', payload: answer })
    const peerId = idOf(from)
    if (!this.contacts.has(peerId) && !(await this.options.allowFrom?.(peerId))) return reply('unlisted')
    if (!isBytes(payload)) throw malformed('A request')
    const { publicKeys } = await this.options.signer
    // Decoded bytes are views of a whole message.
    const bytes = payload.slice()
    // One of each peer at a time.
    const taken = await kit.check(from.peerId, async () => {
      const kind = kindOf(bytes, this.owner.otherKind())
      if (kind === undefined) return 'rejected'
      const content = kind.contentOf(bytes)
      const initiator = content.members.findIndex(({ networkKey }) => encodePeerId(networkKey) === peerId)
      const own = placeOf(content, publicKeys, kit.publicKey)
      const left = content.expiresAt - kit.clock.now()
      const isOurs = initiator >= 0 && own >= 0 && own !== initiator && content.members.length <= limits.maxSigners
      if (!isOurs || left <= 0 || left > 2 * limits.maxSigningTtlMs) return 'rejected'
      const hash = sha256(bytes)
      const known = this.knows(peerId, content, hash)
      if (known !== undefined) return known
      const keys = content.members.length * content.keysets.length
      if (!this.affords(peerId, keys + bytes.length / BYTES_OF_KEY)) return 'busy'
      const steps = kind.checked(bytes, content)
      let step = steps.next()
      // Everybody else has a turn between two keysets.
      for (; !step.done; step = steps.next()) await nextTurn()
      // Of other peers some may have come meanwhile. What follows, up to the first wait, is one turn.
      const signing = () => new Signing(this.around, step.value!, bytes, own, initiator, this.options)
      return this.knows(peerId, content, hash) ?? { shown: this.owner.received(signing(), () => reply('seen')) }
    })
    await (typeof taken === 'string' ? reply(taken) : taken.shown)
  }

  /** What a peer is told of a request that is here, or for which there is no room; undefined for one that is to be read. */
  private knows(peerId: string, content: SharedContent, hash: Uint8Array): string | undefined {
    const { maxSigningRequests, maxSigningRequestsPerPeer } = this.around.limits
    const id = hexOf(content.id)
    const known = this.live.get(id)
    if (known !== undefined && equalBytes(known.request.hash, hash)) return 'seen'
    if (known !== undefined || this.ended.has(id)) return 'rejected'
    const theirs = [...this.live.values()].filter(({ peerIds, from }) => peerIds[from] === peerId)
    return this.live.size >= maxSigningRequests || theirs.length >= maxSigningRequestsPerPeer ? 'busy' : undefined
  }

  /** Charges a peer for what it has us compute; false where it has to wait. */
  private affords(peerId: string, keys: number): boolean {
    const now = elapsed(this.around.kit.clock)
    const budget = this.budgets.use(peerId, () => new TokenBucket(KEYS_PER_S, KEYS_AT_ONCE, now))
    return budget.take(now, keys) === 0
  }
}

/** Our place among the members; −1 where not all keys of a member are ours. */
export function placeOf({ members, keysets }: SharedContent, publicKeys: readonly Uint8Array[], networkKey: Uint8Array): number {
  const own = members.findIndex((member) => equalBytes(member.networkKey, networkKey))
  const isOurs = (key: Uint8Array) => publicKeys.some((each) => equalBytes(each, key))
  return own >= 0 && keysets.every(({ keys }) => isOurs(keys[own]!)) ? own : -1
}

/** The `lp1…` id of a peer, whatever name it has chosen. */
export function idOf({ publicKey, peerId }: PeerInfo): string {
  return publicKey ? encodePeerId(publicKey) : peerId
}
