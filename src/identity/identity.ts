import { get, update } from 'idb-keyval'
import { equalBytes, isBytes } from '../base/bytes.js'
import { identityFailed, type P2PError } from '../base/errors.js'
import { databaseOf } from '../storage/database.js'
import {
  fallbackOr,
  generateCryptoKey,
  noEd25519,
  preferredProvider,
  verify,
  webCryptoEd25519,
  webCryptoSign,
} from './ed25519.js'
import { nodeEd25519 } from './ed25519.node.js'
import { type Ed25519Provider, PUBLIC_KEY_BYTES, SEED_BYTES, type Sign } from './ed25519-provider.js'

/**
 * An Ed25519 key (RFC 8032), which makes a peer what it is to others. `sign` may run anywhere: here, in a worker, in a hardware device.
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
  await identityReady(identity)
  return identity
}

/**
 * The identity of a seed that the caller keeps, for example derived from a wallet's mnemonic. Same seed, same identity.
 *
 * Node derives the public key at once. A browser derives it when the identity signs or a coordinator starts with it, and, with
 * `lotus-p2p`, when `publicKey` is read before, which takes about 20 ms.
 *
 * @param seed 32 secret bytes (RFC 8032 §5.1.5); copied, so the caller may wipe them afterwards.
 * @throws P2PError IDENTITY_FAILED for anything but 32 bytes. In a browser with `lotus-p2p/core` reading `publicKey` throws it
 * before the key is derived.
 */
export function identityFromSeed(seed: Uint8Array): Identity {
  if (!isBytes(seed, SEED_BYTES)) {
    throw identityFailed(`A seed must be a Uint8Array of ${SEED_BYTES} bytes.`)
  }
  if (nodeEd25519 !== undefined) return identityOf(nodeEd25519.publicKey(seed), nodeEd25519.signer(seed))
  return derivedLater(seed.slice())
}

/** The derivations of identities whose public key is not known yet. */
const derivations = /* @__PURE__ */ new WeakMap<object, () => Promise<unknown>>()

/**
 * Resolves when `identity.publicKey` is there; by WebCrypto where that has Ed25519. An identity of the application's own is ready.
 *
 * @throws P2PError IDENTITY_FAILED where the platform has no Ed25519; the identity can be asked again.
 */
export async function identityReady(identity: Identity): Promise<void> {
  await derivations.get(identity)?.()
}

/**
 * The identity, with a copy of its key and every signature by this way: a signer outside may never answer.
 *
 * @param within runs a signature under a deadline.
 */
export function withinDeadline(identity: Identity, within: (sign: () => Promise<Uint8Array>) => Promise<Uint8Array>): Identity {
  const ready = derivations.get(identity)
  // A copy, made when the key is first wanted: a caller may write into the array that it has.
  let publicKey: Uint8Array | undefined
  const keep = () => {
    publicKey ??= identity.publicKey.slice()
    return publicKey
  }
  const bounded: Identity = Object.create(identity, {
    publicKey: { get: keep, enumerable: true },
    sign: { value: (bytes: Uint8Array) => within(async () => identity.sign(bytes)) },
  })
  if (ready !== undefined) derivations.set(bounded, ready)
  return bounded
}

/** Whether the value can be used as an identity. Derives no key. */
export function isIdentity(value: unknown): value is Identity {
  if (typeof value !== 'object' || value === null) return false
  if (derivations.has(value)) return true
  const { publicKey, sign } = value as Partial<Identity>
  return isBytes(publicKey, PUBLIC_KEY_BYTES) && typeof sign === 'function'
}

/** Takes the seed over, and zeroes it once the platform holds the key. */
function derivedLater(seed: Uint8Array): Identity {
  let known: Uint8Array | undefined
  let preparing: Promise<Sign> | undefined
  const show = (publicKey: Uint8Array) => {
    if (known !== undefined) return known
    Object.freeze(Object.defineProperty(identity, 'publicKey', { value: publicKey }))
    known = publicKey
    return known
  }
  const derive = async (provider: Ed25519Provider): Promise<Sign> => {
    const sign = await provider.signer(seed)
    if (known === undefined) show(await provider.publicKey(seed))
    return sign
  }
  const prepare = async () => {
    const provider = await preferredProvider()
    // A WebCrypto that knows Ed25519 may yet refuse a key of ours.
    const sign = await derive(provider).catch((error) => derive(fallbackOr(noEd25519, error)))
    seed.fill(0)
    return sign
  }
  const ready = () => {
    preparing ??= prepare().catch((error) => {
      preparing = undefined
      throw error
    })
    return preparing
  }
  const identity = Object.defineProperties({} as Identity, {
    publicKey: {
      get: () => known ?? show(fallbackOr(notDerived).publicKey(seed)),
      enumerable: true,
      configurable: true,
    },
    sign: { value: async (bytes: Uint8Array): Promise<Uint8Array> => (await ready())(bytes) },
  })
  derivations.set(identity, ready)
  return identity
}

function notDerived(): P2PError {
  return identityFailed('This identity has no key yet. Await coordinator.start() first.')
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
 * @param options `name`: which of the origin's identities, 'default' unless given.
 * @throws P2PError IDENTITY_FAILED without IndexedDB, if it fails, or if what is stored is not a working identity. It is then
 * left as it is; a new identity is never made in its place.
 */
export async function storedIdentity(options?: { name?: string | undefined }): Promise<Identity> {
  const { name = 'default' } = options ?? {}
  return openStoredIdentity(name, (await preferredProvider()) === webCryptoEd25519)
}

/** {@link storedIdentity} with the choice between CryptoKey and seed made by the caller. */
export async function openStoredIdentity(name: string, asCryptoKey: boolean): Promise<Identity> {
  // Where all storage is blocked, to look at it fails: using it tells why.
  if (!('indexedDB' in globalThis)) {
    throw identityFailed('There is no IndexedDB here. Use fileIdentity() of lotus-p2p/node, or generateIdentity().')
  }
  let kept: unknown
  try {
    const identities = databaseOf('lotus-p2p-identity', 'identities')
    const read = () => identities((store) => get<unknown>(name, store))
    // One transaction reads and writes, so of two tabs that come here at once the second gets the key of the first.
    const keep = (fresh: Kept) =>
      identities((store) => update(name, (existing: unknown) => (isBlank(existing) ? fresh : existing), store))
    kept = await read()
    if (kept === undefined && asCryptoKey) {
      const fresh = await freshKey(true)
      await keep(fresh).catch((error) => {
        if (error?.name !== 'DataCloneError') throw error
      })
      kept = await read()
      // The platform signs with a CryptoKey and cannot store one, or stores nothing in its place.
      if (isBlank(kept)) kept = undefined
    }
    if (kept === undefined) {
      await keep(await freshKey(false))
      kept = await read()
    }
  } catch (error) {
    throw identityFailed(
      `IndexedDB failed for the identity "${name}", as it does in private windows and where space runs out. Use generateIdentity() there.`,
      error,
    )
  }
  return restore(name, kept as Kept)
}

/** Nothing, or an entry whose CryptoKey was lost on its way into the database. */
function isBlank(kept: unknown): boolean {
  return kept === undefined || (kept as { privateKey?: unknown } | null)?.privateKey === null
}

async function freshKey(asCryptoKey: boolean): Promise<Kept> {
  if (asCryptoKey) return { version: 1, ...(await generateCryptoKey()) }
  const seed = randomSeed()
  return { version: 1, publicKey: await (await preferredProvider()).publicKey(seed), seed }
}

/** Trusts nothing that was stored: the key must sign, and as the public key beside it. */
async function restore(name: string, kept: Partial<Kept> | null): Promise<Identity> {
  let cause: unknown
  try {
    const { version, publicKey } = kept as Kept
    if (version === 1 && isBytes(publicKey)) {
      const identity =
        'privateKey' in (kept as Kept) ? fromCryptoKey(kept as never) : identityFromSeed((kept as { seed: Uint8Array }).seed)
      await identityReady(identity)
      const probe = new TextEncoder().encode('lotus-p2p/stored-identity/1')
      if (equalBytes(identity.publicKey, publicKey) && (await verify(await identity.sign(probe), probe, publicKey)))
        return identity
    }
  } catch (error) {
    cause = error
  }
  throw identityFailed(
    `The stored identity "${name}" is no working key, and was left as it is. Remove it, or use another name.`,
    cause,
  )
}

function fromCryptoKey({ publicKey, privateKey }: { publicKey: Uint8Array; privateKey: CryptoKey }): Identity {
  return identityOf(publicKey, (bytes) => webCryptoSign(privateKey, bytes))
}

/** `sign` is not enumerable and the key is in a closure: printing or serialising an identity shows its public key only. */
function identityOf(publicKey: Uint8Array, signer: Sign): Identity {
  const sign = async (bytes: Uint8Array): Promise<Uint8Array> => signer(bytes)
  return Object.freeze(Object.defineProperty({ publicKey }, 'sign', { value: sign }) as Identity)
}

function randomSeed(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(SEED_BYTES))
}
