import { isBytes } from '../base/bytes.js'
import { P2PError } from '../base/errors.js'
import { sha256 } from '../base/sha256.js'
import { hmacSha256 } from '../channel/hmac.js'
import type { NoiseKeyPair } from '../channel/x25519.js'
import { readCard } from './card.js'
import type { MailHost, RelayPlace } from './host.js'
import { keyPairOf } from './hpke.js'
import { PREKEY_ID_BYTES } from './messages.js'

const LOOKUP_MS = 20_000

/** What letters outlive a lost store by: a prekey and the keys of mailboxes, derived from one secret. */
export interface MailRecovery {
  /** The prekey that all letters are sealed to. @internal */
  readonly prekey: { readonly id: Uint8Array; readonly keys: NoiseKeyPair }
  /** The seed of the key of our mailbox at a relay, 32 bytes. @internal */
  seedFor(relayId: string): Uint8Array
  /** Where our last card says that our mailboxes are. @internal */
  relays(host: MailHost): Promise<RelayPlace[]>
}

/**
 * Letters outlive a lost store, for `mailbox({ recoverable })`. Whoever learns the secret later can open what relays have kept: there is no
 * forward secrecy then.
 *
 * @param secret 32 bytes, such as the seed of the identity.
 * @throws P2PError INVALID_CONFIG.
 * @example
 * const wallet = new P2PCoordinator({ identity: identityFromSeed(seed), plugins: [mailbox({ recoverable: mailRecovery(seed) })] })
 */
export function mailRecovery(secret: Uint8Array): MailRecovery {
  if (!isBytes(secret, 32)) throw new P2PError('INVALID_CONFIG', 'mailRecovery() needs 32 bytes.')
  const own = secret.slice()
  const keys = keyPairOf(derived(own, 'lotus-p2p/mail-recovery/1'))
  return {
    prekey: { id: sha256(keys.publicKey).slice(0, PREKEY_ID_BYTES), keys },
    seedFor: (relayId) => derived(own, `lotus-p2p/mail-box/1/${relayId}`),
    async relays(host) {
      const record = await host.findCard(host.kit.publicKey, { timeoutMs: LOOKUP_MS })
      const { boxes } = record === undefined ? { boxes: [] } : readCard(record)
      return boxes.map(([peerId, address]) => ({ peerId, address: address ?? undefined, isTrusted: false }))
    },
  }
}

/** Derives a secret from a longer-lived one: HKDF-SHA256 (RFC 5869) of 32 bytes without salt. */
export function derived(secret: Uint8Array, info: string): Uint8Array {
  return hmacSha256(hmacSha256(new Uint8Array(32), secret), new TextEncoder().encode(`${info}\x01`))
}
