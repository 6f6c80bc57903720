import { createStore, get, update } from 'idb-keyval'
import { P2PError } from '../base/errors.js'
import {
  equalBytes,
  generateCryptoKey,
  nobleEd25519,
  preferredProvider,
  publicKeyOf,
  SEED_BYTES,
  type Sign,
  verify,
  webCryptoEd25519,
  webCryptoSign,
} from './ed25519.js'

/**
 * Who a peer is: an Ed25519 key (RFC 8032). `sign` may run anywhere: here, in a worker, in a hardware device.
 */
export interface Identity {
  /** Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array
  /** Signs the bytes; resolves to an Ed25519 signature of 64 bytes. */
  sign(bytes: Uint8Array): Promise<Uint8Array>
}

/**
 * A fresh identity that lives as long as the page or process. Where WebCrypto has Ed25519 the private key is a
 * non-extractable CryptoKey that no script can read; elsewhere it is kept in a closure, out of reach of the returned object.
 *
 * @example
 * const coordinator = new P2PCoordinator({ identity: await generateIdentity() })
 */
export async function generateIdentity(): Promise<Identity> {
  if ((await preferredProvider()) === webCryptoEd25519) return fromCryptoKey(await generateCryptoKey())
  const seed = randomSeed()
  const identity = identityFromSeed(seed)
  seed.fill(0)
  return identity
}

/**
 * The identity of a seed that the caller keeps, for example derived from a wallet's mnemonic. Same seed, same identity.
 *
 * @param seed 32 secret bytes (RFC 8032 §5.1.5); copied, so the caller may wipe them afterwards.
 * @throws P2PError IDENTITY_FAILED for anything but 32 bytes.
 */
export function identityFromSeed(seed: Uint8Array): Identity {
  if (!(seed instanceof Uint8Array) || seed.length !== SEED_BYTES) {
    throw new P2PError('IDENTITY_FAILED', `A seed must be a Uint8Array of exactly ${SEED_BYTES} bytes.`)
  }
  const provider = preferredProvider()
  if (!(provider instanceof Promise)) return identityOf(publicKeyOf(seed), provider.signer(seed))
  const own = seed.slice()
  return identityOf(
    publicKeyOf(own),
    provider.then(async (found) => {
      const sign = await Promise.resolve(found.signer(own)).catch(() => nobleEd25519.signer(own))
      own.fill(0)
      return sign
    }),
  )
}

/** What IndexedDB holds: the key itself, or its seed where WebCrypto has no Ed25519. */
type Kept = { version: 1; publicKey: Uint8Array } & ({ privateKey: CryptoKey } | { seed: Uint8Array })

/**
 * The identity that this origin keeps under a name: made on first use, the same one ever after, also for tabs and callers that
 * ask at the same moment. Browsers only; in Node use `fileIdentity` from `lotus-p2p/node`.
 *
 * The private key is stored as a non-extractable CryptoKey: scripts of this origin can sign with it, and none can copy it.
 * **Where WebCrypto has no Ed25519 (Chrome below 137, Safari below 17, Firefox below 129, pages without HTTPS) the 32-byte seed
 * is stored unencrypted instead, readable by every script of this origin.** Browsers may clear storage when space runs short
 * unless the page has called `navigator.storage.persist()`.
 *
 * @param options.name which of the origin's identities, 'default' unless given.
 * @throws P2PError IDENTITY_FAILED without IndexedDB, if it fails, or if what is stored is not a working identity. It is then
 * left as it is; a new identity is never made in its place.
 */
export async function storedIdentity({ name = 'default' }: { name?: string } = {}): Promise<Identity> {
  return openStoredIdentity(name, (await preferredProvider()) === webCryptoEd25519)
}

/** {@link storedIdentity} with the choice between CryptoKey and seed made by the caller. */
export async function openStoredIdentity(name: string, asCryptoKey: boolean): Promise<Identity> {
  if (typeof indexedDB === 'undefined') {
    throw new P2PError(
      'IDENTITY_FAILED',
      'storedIdentity() keeps its key in IndexedDB, which does not exist here. In Node use fileIdentity() from lotus-p2p/node; elsewhere use generateIdentity() or identityFromSeed().',
    )
  }
  let kept: unknown
  try {
    const store = createStore('lotus-p2p-identity', 'identities')
    kept = await get(name, store)
    if (kept === undefined) {
      const fresh = await freshKey(asCryptoKey)
      // One transaction reads and writes, so of two tabs that come here at once the second gets the key of the first.
      await update(
        name,
        (existing: unknown) => {
          kept = existing === undefined ? fresh : existing
          return kept
        },
        store,
      )
    }
  } catch (error) {
    throw new P2PError(
      'IDENTITY_FAILED',
      `The identity "${name}" could not be read from or written to IndexedDB; private windows and full disks do that. Try again, or use generateIdentity() for an identity that lasts as long as the page.`,
      { cause: error },
    )
  }
  return restore(name, kept as Kept)
}

async function freshKey(asCryptoKey: boolean): Promise<Kept> {
  if (asCryptoKey) return { version: 1, ...(await generateCryptoKey()) }
  const seed = randomSeed()
  return { version: 1, publicKey: publicKeyOf(seed), seed }
}

/** Trusts nothing that was stored: the key must sign, and as the public key beside it. */
async function restore(name: string, kept: Partial<Kept> | null): Promise<Identity> {
  let cause: unknown
  try {
    const { version, publicKey } = kept as Kept
    if (version === 1 && publicKey instanceof Uint8Array) {
      const identity =
        'privateKey' in (kept as Kept) ? fromCryptoKey(kept as never) : identityFromSeed((kept as { seed: Uint8Array }).seed)
      const probe = new TextEncoder().encode('lotus-p2p/stored-identity/1')
      if (equalBytes(identity.publicKey, publicKey) && (await verify(await identity.sign(probe), probe, publicKey)))
        return identity
    }
  } catch (error) {
    cause = error
  }
  throw new P2PError(
    'IDENTITY_FAILED',
    `What IndexedDB holds as identity "${name}" is not a working key of this SDK. It was left as it is; remove it from the database "lotus-p2p-identity", or use another name, to get a new identity.`,
    { cause },
  )
}

function fromCryptoKey({ publicKey, privateKey }: { publicKey: Uint8Array; privateKey: CryptoKey }): Identity {
  return identityOf(publicKey, (bytes) => webCryptoSign(privateKey, bytes))
}

/** `sign` is not enumerable and the key is in a closure: printing or serialising an identity shows its public key only. */
function identityOf(publicKey: Uint8Array, signer: Sign | Promise<Sign>): Identity {
  const sign = async (bytes: Uint8Array): Promise<Uint8Array> => (await signer)(bytes)
  return Object.freeze(Object.defineProperty({ publicKey }, 'sign', { value: sign }) as Identity)
}

function randomSeed(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(SEED_BYTES))
}
