import { hexOf } from '../base/bytes.js'
import type { P2PError } from '../base/errors.js'
import type { Random } from '../base/random.js'
import { hmacSha256 } from '../channel/hmac.js'
import { bytes, parsed, type Shape, tuple } from '../message/shape.js'
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
  /** Entries that could not be read. */
  bad = 0
  private nameKey: Uint8Array = new Uint8Array(NAME_KEY_BYTES)
  private readonly writer: StateWriter

  constructor(
    readonly store: KeyValueStore,
    private readonly random: Random,
    onFailed: (error: P2PError) => void,
  ) {
    this.writer = new StateWriter(store, onFailed)
  }

  async load(): Promise<void> {
    this.bad = 0
    const [self] = await this.read(SELF, selfShape, (members) => members)
    const [access, nameKey] = self ?? [this.random.bytes(ACCESS_BYTES), this.random.bytes(NAME_KEY_BYTES)]
    this.access = access
    this.nameKey = nameKey
    if (self === undefined) await this.write(this.selfChange())
  }

  /**
   * Reads the entries of a prefix. Those that have another shape are put aside and counted.
   *
   * @param make what an entry holds, by its members after the version.
   */
  async read<Members, T>(prefix: string, shape: Shape<Members>, make: (members: Members, key: string) => T): Promise<T[]> {
    const { found, bad } = await readState(this.store, prefix, (members, key) => make(parsed(shape, members, prefix), key))
    this.bad += bad
    return found.map(([, held]) => held)
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
