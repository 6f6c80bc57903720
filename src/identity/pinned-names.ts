import { equalBytes } from '../base/bytes.js'
import { asP2PError, P2PError } from '../base/errors.js'
import { LazyMap } from '../base/lazy-map.js'
import type { Limits } from '../base/limits.js'
import type { KeyValueStore } from '../storage/key-value-store.js'
import { PUBLIC_KEY_BYTES } from './ed25519.js'
import { assertPeerName, decodePeerId, isPeerId } from './peer-id.js'

const STORE_PREFIX = 'pinned-name/'

/** Stored pins of one key at most: the names that an owner has really had. */
const PINS_PER_KEY = 4

/**
 * Which key a chosen name belongs to: the first one that was met with it over an authenticated channel. A record pins nothing: anyone may
 * publish under any name before its owner comes.
 *
 * At most `limits.maxPinnedNames` pins are stored, of one key no more than a few, and as many more are remembered in memory, the
 * longest unused going first. A stored pin is pushed out by its own key alone, and one in memory not while its owner is connected, or a
 * flood of made-up names could free a name to steal it. Once the store is full, new contacts are remembered in memory; one that the
 * application has asked for is stored all the same.
 */
export class PinnedNames {
  /** Stored pins; undefined until its key was needed. */
  private stored: Map<string, Uint8Array | undefined> | undefined
  private loading: Promise<Map<string, Uint8Array | undefined>> | undefined
  /** Pins in memory, longest unused first. */
  private readonly remembered = new LazyMap<string, Uint8Array>()

  /** @param isUsed whether the owner of a name is connected, or the application has asked for it. */
  constructor(
    private readonly store: KeyValueStore,
    private readonly limits: Pick<Limits, 'maxPinnedNames'>,
    private readonly isUsed: (name: string) => boolean = () => false,
  ) {}

  /**
   * True if the name was free, and is now the key's, or was the key's already; false if it is another key's. A peer id (`lp1…`)
   * is never pinned: it is its key's and no other's.
   *
   * @param publicKey Ed25519 public key, 32 bytes, whose ownership was proven.
   * @param isChosen whether the application has asked for this peer. Default false.
   * @throws P2PError INVALID_PEER_ID if the name breaks the rules of `assertPeerName`; STORAGE_FAILED if the store fails.
   */
  async claim(name: string, publicKey: Uint8Array, isChosen = false): Promise<boolean> {
    if (isPeerId(name)) return equalBytes(decodePeerId(name), publicKey)
    assertPeerName(name)
    await this.storedOwner(name)
    // From here to the pin nothing is awaited, so that of two claims at once one wins.
    const stored = this.stored as Map<string, Uint8Array | undefined>
    const owner = stored.get(name)
    if (owner !== undefined) return equalBytes(owner, publicKey)
    const known = this.recall(name)
    if (known !== undefined && !equalBytes(known, publicKey)) return false
    const own = [...stored].filter(([, key]) => key && equalBytes(key, publicKey))
    if (own.length >= PINS_PER_KEY) {
      const [oldest] = own.find(([name]) => !this.isUsed(name)) ?? []
      if (oldest === undefined) return true
      stored.delete(oldest)
      this.store.delete(STORE_PREFIX + oldest).catch(() => {})
    }
    if (stored.size >= this.limits.maxPinnedNames && !isChosen) {
      this.remember(name, publicKey.slice())
      return true
    }
    stored.set(name, publicKey.slice())
    this.remembered.delete(name)
    try {
      await this.store.set(STORE_PREFIX + name, publicKey.slice())
    } catch (error) {
      stored.delete(name)
      throw storageFailed(error)
    }
    return true
  }

  /** The key (32 bytes) that the name, or peer id, belongs to. @throws P2PError STORAGE_FAILED if the store fails. */
  async lookup(name: string): Promise<Uint8Array | undefined> {
    if (isPeerId(name)) return decodePeerId(name)
    return ((await this.storedOwner(name)) ?? this.recall(name))?.slice()
  }

  private async storedOwner(name: string): Promise<Uint8Array | undefined> {
    const stored = await this.load()
    const owner = stored.get(name)
    if (owner !== undefined) return owner
    let found: Uint8Array | undefined
    try {
      // Asked for unknown names too: another tab may share the store.
      found = await this.store.get(STORE_PREFIX + name)
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

  private load(): Promise<Map<string, Uint8Array | undefined>> {
    this.loading ??= this.store.keys(STORE_PREFIX).then(
      (keys) => {
        this.stored = new Map(keys.map((key) => [key.slice(STORE_PREFIX.length), undefined]))
        return this.stored
      },
      (error) => {
        this.loading = undefined
        throw storageFailed(error)
      },
    )
    return this.loading
  }

  private recall(name: string): Uint8Array | undefined {
    const known = this.remembered.get(name)
    if (known !== undefined) this.remember(name, known)
    return known
  }

  private remember(name: string, publicKey: Uint8Array): void {
    this.remembered.delete(name)
    this.remembered.set(name, publicKey)
    if (this.remembered.size <= this.limits.maxPinnedNames) return
    for (const other of this.remembered.keys()) {
      // The newest counts as used: its owner is about to be connected.
      if (other === name || this.isUsed(other)) continue
      this.remembered.delete(other)
      return
    }
  }
}

function storageFailed(error: unknown): P2PError {
  return asP2PError(error, 'STORAGE_FAILED', 'The store of pinned names failed. Check P2PConfig.store.')
}
