import { joined } from '../base/bytes.js'
import { verify } from '../identity/ed25519.js'
import { signEnvelope, signingBytes } from '../identity/envelope.js'
import type { Identity } from '../identity/identity.js'
import { generateNoiseKeyPair, type NoiseKeyPair } from './noise.js'

/** The longest that a certificate may hold: a process key that leaks is of no use after it. */
export const CERTIFICATE_MS = 604_800_000
/** How long before its making a certificate begins to hold: a peer whose clock is behind ours need not ask for another one. */
const BACKDATED_MS = 3_600_000
/** A certificate that holds for less than this is renewed. */
const RENEWED_BEFORE_MS = 86_400_000
/** Certificates kept: one by our clock, and one by the clock of others where ours is wrong. */
const KEPT = 2

/** An identity's signature over an X25519 key and the time in which the key speaks for the identity. */
export interface Certificate {
  /** Milliseconds since the Unix epoch. */
  notBefore: number
  notAfter: number
  /** Ed25519, 64 bytes, under the tag 'channel'. */
  signature: Uint8Array
}

/** An X25519 pair, and what makes it speak for the identity. */
export interface ChannelKeys {
  readonly noise: NoiseKeyPair
  /** Ed25519 public key of the identity, 32 bytes. */
  readonly publicKey: Uint8Array
  readonly certificate: Certificate
}

/** A new X25519 pair with a certificate that holds from an hour before `now`, for seven days. @throws P2PError IDENTITY_FAILED. */
export async function createChannelKeys(identity: Identity, network: string, now: number): Promise<ChannelKeys> {
  const noise = generateNoiseKeyPair()
  const notBefore = Math.max(0, now - BACKDATED_MS)
  const notAfter = notBefore + CERTIFICATE_MS
  const signed = certified(noise.publicKey, notBefore, notAfter)
  const { publicKey, signature } = await signEnvelope(identity, 'channel', signed, network)
  return { noise, publicKey, certificate: { notBefore, notAfter, signature } }
}

/** Whether an identity has signed that this X25519 key (32 bytes) is its own, for no longer than a certificate may hold. */
export async function verifyCertificate(
  { notBefore, notAfter, signature }: Certificate,
  publicKey: Uint8Array,
  channelKey: Uint8Array,
  network: string,
): Promise<boolean> {
  const lastsMs = notAfter - notBefore
  if (!(lastsMs > 0 && lastsMs <= CERTIFICATE_MS)) return false
  return verify(signature, signingBytes('channel', certified(channelKey, notBefore, notAfter), network), publicKey)
}

/** @param toleranceMs by how much the clocks may differ. */
export function holdsAt({ notBefore, notAfter }: Certificate, at: number, toleranceMs: number): boolean {
  return at >= notBefore - toleranceMs && at <= notAfter + toleranceMs
}

/** X25519 key ‖ notBefore (8, big-endian, milliseconds) ‖ notAfter (8). */
function certified(channelKey: Uint8Array, notBefore: number, notAfter: number): Uint8Array {
  const dates = new DataView(new ArrayBuffer(16))
  dates.setBigUint64(0, BigInt(notBefore))
  dates.setBigUint64(8, BigInt(notAfter))
  return joined(channelKey, new Uint8Array(dates.buffer))
}

interface Kept extends Pick<Certificate, 'notBefore'> {
  keys: Promise<ChannelKeys>
}

/**
 * The keys of one process. A pair serves all channels until its certificate has less than a day left, so that a hardware signer is
 * asked about once a week; channels that are open then live on.
 */
export class ChannelKeyring {
  /** The one used last comes last. */
  private kept: Kept[] = []

  constructor(
    private readonly identity: Identity,
    private readonly network: string,
  ) {}

  /** Keys whose certificate holds at a time, milliseconds since the Unix epoch. @throws P2PError IDENTITY_FAILED. */
  at(now: number): Promise<ChannelKeys> {
    const found = this.kept.find(({ notBefore }) => now >= notBefore && now < notBefore + CERTIFICATE_MS - RENEWED_BEFORE_MS)
    const keys = found?.keys ?? createChannelKeys(this.identity, this.network, now)
    const entry = found ?? { notBefore: Math.max(0, now - BACKDATED_MS), keys }
    this.kept = [...this.kept.filter((other) => other !== entry), entry].slice(-KEPT)
    // A hardware signer may be plugged in later.
    if (found === undefined) {
      keys.catch(() => {
        this.kept = this.kept.filter((other) => other !== entry)
      })
    }
    return keys
  }
}
