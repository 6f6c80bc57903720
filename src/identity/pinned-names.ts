import { BoundedMap } from '../base/bounded-map.js'
import { equalBytes } from '../base/bytes.js'
import { asP2PError, P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import type { KeyValueStore } from '../storage/key-value-store.js'
import { PUBLIC_KEY_BYTES } from './ed25519.js'
import { assertPeerName, decodePeerId, isPeerId } from './peer-id.js'

const STORE_PREFIX = 'pinned-name/'

/** How a name was learnt: from the peer itself over an authenticated channel, or from a record it signed. */
export type PinKind = 'contact' | 'record'

interface Pin {
  publicKey: Uint8Array
  kind: PinKind
}

/**
 * Which key a chosen name belongs to: the first one seen with it. A contact's pin is stored, survives a reload, and overrides a
 * record's, which is in memory only: anyone may publish records under any name before the owner comes.
 *
 * At most `limits.maxPinnedNames` pins are stored, and as many more are remembered in memory, the longest unused going first.
 * A stored pin is never pushed out, or a flood of made-up names could free a name to steal it; once the store is full, new
 * contacts are remembered in memory.
 */
export class PinnedNames {
  readonly #store: KeyValueStore
  readonly #max: number
  /** Stored pins; undefined until its key was needed. */
  #stored: Map<string, Uint8Array | undefined> | undefined
  #loading: Promise<Map<string, Uint8Array | undefined>> | undefined
  /** Pins in memory; made with the first, for most coordinators see none. */
  #remembered: BoundedMap<string, Pin> | undefined

  constructor(store: KeyValueStore, limits: Pick<Limits, 'maxPinnedNames'>) {
    this.#store = store
    this.#max = limits.maxPinnedNames
  }

  /**
   * True if the name was free, and is now the key's, or was the key's already; false if it is another key's. A peer id (`lp1…`)
   * is never pinned: it is its key's and no other's.
   *
   * @param publicKey Ed25519 public key, 32 bytes, whose ownership was proven.
   * @throws P2PError INVALID_PEER_ID if the name breaks the rules of `assertPeerName`; STORAGE_FAILED if the store fails.
   */
  async claim(name: string, publicKey: Uint8Array, kind: PinKind): Promise<boolean> {
    if (isPeerId(name)) return equalBytes(decodePeerId(name), publicKey)
    assertPeerName(name)
    await this.#storedOwner(name)
    // From here to the pin nothing is awaited, so that of two claims at once one wins.
    const stored = this.#stored as Map<string, Uint8Array | undefined>
    const owner = stored.get(name)
    if (owner !== undefined) return equalBytes(owner, publicKey)
    const known = this.#recall(name)
    if (known !== undefined && (kind === 'record' || known.kind === 'contact') && !equalBytes(known.publicKey, publicKey))
      return false
    if (kind === 'record' || stored.size >= this.#max) {
      this.#remember(name, { publicKey: publicKey.slice(), kind: known?.kind === 'contact' ? 'contact' : kind })
      return true
    }
    stored.set(name, publicKey.slice())
    this.#remembered?.delete(name)
    try {
      await this.#store.set(STORE_PREFIX + name, publicKey.slice())
    } catch (error) {
      stored.delete(name)
      throw storageFailed(error)
    }
    return true
  }

  /** The key (32 bytes) that the name, or peer id, belongs to. @throws P2PError STORAGE_FAILED if the store fails. */
  async lookup(name: string): Promise<Uint8Array | undefined> {
    if (isPeerId(name)) return decodePeerId(name)
    return ((await this.#storedOwner(name)) ?? this.#recall(name)?.publicKey)?.slice()
  }

  async #storedOwner(name: string): Promise<Uint8Array | undefined> {
    const stored = await this.#load()
    const owner = stored.get(name)
    if (owner !== undefined) return owner
    let found: Uint8Array | undefined
    try {
      // Asked for unknown names too: another tab may share the store.
      found = await this.#store.get(STORE_PREFIX + name)
    } catch (error) {
      throw storageFailed(error)
    }
    // A claim may have pinned it meanwhile.
    const pinned = stored.get(name)
    if (pinned !== undefined) return pinned
    if (found === undefined) {
      stored.delete(name)
      return undefined
    }
    if (found.length !== PUBLIC_KEY_BYTES) {
      throw new P2PError('STORAGE_FAILED', 'The store holds no key for a pinned name. Remove it.', {
        details: { key: STORE_PREFIX + name },
      })
    }
    stored.set(name, found)
    return found
  }

  #load(): Promise<Map<string, Uint8Array | undefined>> {
    this.#loading ??= this.#store.keys(STORE_PREFIX).then(
      (keys) => {
        this.#stored = new Map(keys.map((key) => [key.slice(STORE_PREFIX.length), undefined]))
        return this.#stored
      },
      (error) => {
        this.#loading = undefined
        throw storageFailed(error)
      },
    )
    return this.#loading
  }

  #recall(name: string): Pin | undefined {
    const known = this.#remembered?.get(name)
    if (known !== undefined) this.#remember(name, known)
    return known
  }

  #remember(name: string, pin: Pin): void {
    this.#remembered ??= new BoundedMap(this.#max)
    this.#remembered.set(name, pin)
  }
}

function storageFailed(error: unknown): P2PError {
  return asP2PError(error, 'STORAGE_FAILED', 'The store of pinned names failed. Check P2PConfig.store.')
}
