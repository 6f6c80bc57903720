import { BoundedMap } from '../base/bounded-map.js'
import { bytesOfHex, equalBytes, hexOf, joined } from '../base/bytes.js'
import { sha256 } from '../base/sha256.js'
import { bytesOf, publicKeyOf, secretOf } from '../lotus/curve.js'
import { freshBytes, schnorrSign } from '../lotus/schnorr.js'
import { announcementHash } from './announcements.js'
import { bindingOf, keysOfMember } from './binding.js'
import { signerFailed } from './errors.js'
import { addNonces, bigEndian, type MadeNonce, makeNonce } from './nonces.js'
import type { SharedRequest } from './request.js'
import { type RequestKind, readAny } from './request-kind.js'
import { partialOf, sessionOf } from './session-math.js'
import type { CreateNoncesInput, MuSig2Signer, ProveAnnouncementInput, ProveInput, SignPartialsInput } from './signer.js'

/** Sessions whose nonces wait. */
const MAX_SESSIONS = 16
/** How long nonces wait: people have decided before. */
const NONCE_LIFE_MS = 300_000
/** Names of sessions that had nonces, remembered for good: enough for years of signing. */
const MAX_NAMES = 100_000
const SESSION = /^[0-9a-f]{64}$/

export interface SoftwareSignerOptions {
  /** 32 bytes each; copied. */
  secretKeys: readonly Uint8Array[]
  /** Requests that it signs beside those of payments: `coinProofs` of `lotus-p2p/coinjoin`. Default: none. */
  other?: RequestKind | undefined
  /** Milliseconds that pass. Default: `performance.now`. */
  now?: (() => number) | undefined
  /** Default: the platform's generator. A nonce hangs on more than it. @internal */
  random?: ((length: number) => Uint8Array) | undefined
}

/**
 * A signer in this process: for the worker's side of `serveSigner`, for Node, and for tests. It knows no network.
 *
 * @throws P2PError INVALID_TRANSACTION for what is no secret key.
 * @example
 * serveSigner(self, softwareSigner({ secretKeys: [key] }), { approve: (summary) => ask(summary) })
 */
export function softwareSigner(options: SoftwareSignerOptions): MuSig2Signer {
  return new SoftwareSigner(options)
}

interface LiveSession {
  readonly request: SharedRequest
  /** By input to sign. */
  readonly made: readonly MadeNonce[]
  readonly endsAt: number
}

class SoftwareSigner implements MuSig2Signer {
  readonly publicKeys: readonly Uint8Array[]
  private readonly secrets: ReadonlyMap<string, Uint8Array>
  private readonly live = new Map<string, LiveSession>()
  private readonly used = new Set<string>()
  /** Requests read last, by hash: adding up keys is most of the work. */
  private readonly requests = new BoundedMap<string, SharedRequest>(MAX_SESSIONS)
  /** Of nonces made in this process: two never have the same. */
  private made = 0
  private readonly other: RequestKind | undefined
  private readonly now: () => number
  private readonly random: (length: number) => Uint8Array

  constructor({ secretKeys, other, now = () => performance.now(), random = freshBytes }: SoftwareSignerOptions) {
    this.publicKeys = secretKeys.map(publicKeyOf)
    this.secrets = new Map(secretKeys.map((key, i) => [hexOf(this.publicKeys[i]!), key.slice()]))
    this.other = other
    this.now = now
    this.random = random
  }

  async prove({ request, networkKey, fresh }: ProveInput): Promise<Uint8Array[]> {
    const read = this.read(request)
    const member = this.memberOf(read)
    if (!equalBytes(read.members[member]!.networkKey, networkKey))
      throw signerFailed('The request gives our key to another member.')
    if (fresh.length !== 16) throw signerFailed('16 fresh bytes are needed.')
    const message = bindingOf(read.hash, networkKey, fresh)
    return keysOfMember(read, member).map((key) => schnorrSign(message, this.secretOf(key), this.random(32)))
  }

  async proveAnnouncement({ key, ...found }: ProveAnnouncementInput): Promise<Uint8Array> {
    const secret = this.secrets.get(hexOf(key))
    if (secret === undefined) throw signerFailed('The signer has not this key.')
    return schnorrSign(announcementHash(found), secret, this.random(32))
  }

  async createNonces({ session, request }: CreateNoncesInput): Promise<Uint8Array[]> {
    if (!SESSION.test(session)) throw signerFailed('A session is named by 64 digits.')
    this.expire()
    if (this.used.has(session)) throw signerFailed('The session has had its nonces.')
    if (this.live.size >= MAX_SESSIONS) throw signerFailed(`More than ${MAX_SESSIONS} sessions wait.`)
    if (this.used.size >= MAX_NAMES) throw signerFailed('The signer has to be started anew.')
    const read = this.read(request)
    const member = this.memberOf(read)
    this.used.add(session)
    const made = read.sign.map(({ keyset }, i) => {
      const key = read.keysets[keyset]!.keys[member]!
      const { point } = read.keys[keyset]!.signingKey
      return makeNonce({
        random: this.random(32),
        publicKey: key,
        secretKey: this.secretOf(key),
        aggregateX: bytesOf(point.x),
        message: read.sighashes[i]!,
        extra: joined(bytesOfHex(session), bigEndian(i, 4), bigEndian(this.made++, 4)),
      })
    })
    this.live.set(session, { request: read, made, endsAt: this.now() + NONCE_LIFE_MS })
    return made.map(({ nonce }) => nonce.slice())
  }

  async signPartials({ session, nonces, sums }: SignPartialsInput): Promise<Uint8Array[]> {
    this.expire()
    const live = this.live.get(session)
    // Taken out first: whatever happens from here on, these nonces have signed.
    this.live.delete(session)
    if (live === undefined) throw signerFailed('The session has no nonces here: they were used, forgotten, or too old.')
    try {
      return this.signed(live, nonces, sums)
    } finally {
      wipe(live)
    }
  }

  async forget(session: string): Promise<void> {
    const live = this.live.get(session)
    this.live.delete(session)
    if (live !== undefined) wipe(live)
  }

  private signed({ request, made }: LiveSession, nonces: Uint8Array[][], sums?: Uint8Array[]): Uint8Array[] {
    const { sign, keysets, keys, sighashes } = request
    const member = this.memberOf(request)
    if (nonces.length !== sign.length || (sums !== undefined && sums.length !== sign.length))
      throw signerFailed('Nonces are needed for each input to sign.')
    const checked = sign.map(({ keyset }, i) => {
      const all = nonces[i]!
      if (all.length !== keysets[keyset]!.keys.length) throw signerFailed('A nonce of each member is needed.')
      if (!equalBytes(all[member]!, made[i]!.nonce)) throw signerFailed('Our nonce is not among the nonces.')
      return sums?.[i] ?? addNonces(all)
    })
    return sign.map(({ keyset }, i) => {
      const { signingKey, places } = keys[keyset]!
      const session = sessionOf(signingKey, checked[i]!, sighashes[i]!)
      const secret = secretOf(this.secretOf(keysets[keyset]!.keys[member]!))
      return partialOf(session, places[member]!, secret, made[i]!.secret)
    })
  }

  private read(bytes: Uint8Array): SharedRequest {
    const hash = hexOf(sha256(bytes))
    return this.requests.use(hash, () => readAny(bytes, this.other))
  }

  /** The member of whose keys all are ours. */
  private memberOf({ members, keysets }: SharedRequest): number {
    const member = members.findIndex((_, i) => keysets.every(({ keys }) => this.secrets.has(hexOf(keys[i]!))))
    if (member < 0) throw signerFailed('The signer has not the keys of any member.')
    return member
  }

  private secretOf(publicKey: Uint8Array): Uint8Array {
    return this.secrets.get(hexOf(publicKey))!
  }

  private expire(): void {
    for (const [session, live] of this.live) {
      if (this.now() < live.endsAt) return
      this.live.delete(session)
      wipe(live)
    }
  }
}

function wipe({ made }: LiveSession): void {
  for (const { secret } of made) {
    secret.first = 0n
    secret.second = 0n
  }
}
