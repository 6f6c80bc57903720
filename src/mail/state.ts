import { hexOf } from '../base/bytes.js'
import type { P2PError } from '../base/errors.js'
import type { Random } from '../base/random.js'
import { hmacSha256 } from '../channel/hmac.js'
import { bytes, parsed, tuple } from '../message/shape.js'
import { readState, stateOf } from '../plugins/persistence/state-format.js'
import { StateWriter } from '../plugins/persistence/state-writer.js'
import type { KeyValueStore, StoreChange } from '../storage/key-value-store.js'
import { ACCESS_BYTES } from './box.js'

const SELF = 'mail/self'
const NAME_KEY_BYTES = 32

const selfShape = /* @__PURE__ */ (() => tuple(bytes(ACCESS_BYTES), bytes(NAME_KEY_BYTES)))()

/** Where mail keeps what outlasts the process: one batch for all that changes in one moment, on disk before anybody is told of it. */
export class MailState {
  /** Whoever shows it, in the form of a box, leaves letters without work. */
  access: Uint8Array = new Uint8Array(ACCESS_BYTES)
  private nameKey: Uint8Array = new Uint8Array(NAME_KEY_BYTES)
  private readonly writer: StateWriter

  constructor(
    readonly store: KeyValueStore,
    private readonly random: Random,
    onFailed: (error: P2PError) => void,
  ) {
    this.writer = new StateWriter(store, onFailed)
  }

  /** @returns how many entries could not be read. */
  async load(): Promise<number> {
    const { found, bad } = await readState(this.store, SELF, (members) => parsed(selfShape, members, 'own keys'))
    const [access, nameKey] = found[0]?.[1] ?? [this.random.bytes(ACCESS_BYTES), this.random.bytes(NAME_KEY_BYTES)]
    this.access = access
    this.nameKey = nameKey
    if (found.length === 0) await this.write(this.selfChange())
    return bad
  }

  /** Whoever has the access key of before deposits by it no more. */
  async renewAccess(): Promise<void> {
    this.access = this.random.bytes(ACCESS_BYTES)
    await this.write(this.selfChange())
  }

  /** The name under which something about a peer is kept: keys of a store can be read even where its values are sealed. */
  nameOf(prefix: string, about: string): string {
    return prefix + hexOf(hmacSha256(this.nameKey, new TextEncoder().encode(about)).subarray(0, 16))
  }

  /** @returns resolves once the changes are in the store. @throws P2PError STORAGE_FAILED. */
  write(...changes: StoreChange[]): Promise<void> {
    return changes.length === 0 ? Promise.resolve() : this.writer.write(...changes)
  }

  /** Writes what nobody waits for. */
  writeSoon(...changes: StoreChange[]): void {
    if (changes.length > 0) this.writer.writeSoon(...changes)
  }

  private selfChange(): StoreChange {
    return { key: SELF, value: stateOf(this.access, this.nameKey) }
  }
}
