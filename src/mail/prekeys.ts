import { equalBytes, hexOf } from '../base/bytes.js'
import type { NoiseKeyPair } from '../channel/x25519.js'
import { array, bytes, tuple } from '../message/shape.js'
import { stateOf } from '../plugins/persistence/state-format.js'
import type { StoreChange } from '../storage/key-value-store.js'
import { generateKeyPair } from './hpke.js'
import { PrekeyKind } from './letter.js'
import { BATCH_PREKEYS, count, GENERATION_BYTES, PREKEY_ID_BYTES } from './messages.js'
import type { MailParts } from './parts.js'
import { type SignedBatch, signBatch } from './prekey-batch.js'

const PREFIX = 'mail/prekey/'
const GENERATION = 'mail/generation'

const entryShape = /* @__PURE__ */ (() =>
  tuple(array(tuple(count, bytes(PREKEY_ID_BYTES), bytes(32), bytes(32), count, count), BATCH_PREKEYS)))()
const generationShape = /* @__PURE__ */ (() => tuple(bytes(GENERATION_BYTES)))()

interface OwnPrekey {
  /** Of its entry in the store: that of a batch has 16, for a start reads all of them. */
  readonly key: string
  readonly kind: number
  readonly id: Uint8Array
  readonly keys: NoiseKeyPair
  readonly madeAt: number
  /** Of a signed prekey: when a newer one was made, milliseconds since the Unix epoch; 0: it is the newest. */
  replacedAt: number
}

/**
 * The X25519 keys that letters to us are sealed to. All are in the store before anybody learns of them, and leave it at their time: what
 * was sealed to a key that is gone stays sealed.
 */
export class Prekeys {
  generation: Uint8Array = new Uint8Array(GENERATION_BYTES)
  /** By their ids in hex. */
  private readonly all = new Map<string, OwnPrekey>()

  constructor(private readonly parts: Pick<MailParts, 'host' | 'limits' | 'state' | 'settings'>) {}

  /** The newest signed prekey, which the card names. */
  get newest(): { id: Uint8Array; key: Uint8Array; madeAt: number } {
    const { id, keys, madeAt } = this.current!
    return { id, key: keys.publicKey, madeAt }
  }

  get recovery(): [id: Uint8Array, key: Uint8Array] | undefined {
    const { prekey } = this.parts.settings.recovery ?? {}
    return prekey && [prekey.id, prekey.keys.publicKey]
  }

  /** Takes in what is in the store; a store without a generation gets one. */
  async load(): Promise<void> {
    const { state, host } = this.parts
    const [known] = await state.read(GENERATION, generationShape, ([generation]) => generation)
    this.all.clear()
    const found = await state.read(PREFIX, entryShape, ([items], key) =>
      items.map(([kind, id, publicKey, secretKey, madeAt, replacedAt]): OwnPrekey => {
        return { key, kind, id, keys: { publicKey, secretKey }, madeAt, replacedAt }
      }),
    )
    for (const prekey of found.flat()) this.all.set(hexOf(prekey.id), prekey)
    this.generation = known ?? host.kit.random.bytes(GENERATION_BYTES)
    if (known === undefined) await state.write({ key: GENERATION, value: stateOf(this.generation) })
  }

  /**
   * Makes a new signed prekey where the newest is old, and deletes the secrets whose time is over.
   *
   * @returns whether the card has to be published anew.
   */
  async rotate(): Promise<boolean> {
    const { host, limits, state } = this.parts
    const now = host.kit.clock.now()
    const touched = new Set<string>()
    const { current } = this
    const isDue = this.isOld(current?.madeAt)
    if (isDue) {
      if (current !== undefined) {
        current.replacedAt = now
        touched.add(current.key)
      }
      touched.add(this.make(PrekeyKind.SIGNED, 1)[0]!.key)
    }
    for (const [name, { key, kind, madeAt, replacedAt }] of this.all) {
      const since = kind === PrekeyKind.SIGNED ? replacedAt : madeAt
      if (since === 0 || now - since < limits.prekeyKeepMs) continue
      this.all.delete(name)
      touched.add(key)
    }
    await state.write(...[...touched].map((key) => this.changeOf(key)))
    return isDue
  }

  /** Makes 16 one-time prekeys for a mailbox. @throws P2PError STORAGE_FAILED, IDENTITY_FAILED. */
  async makeBatch(): Promise<SignedBatch> {
    const made = this.make(PrekeyKind.ONE_TIME, BATCH_PREKEYS)
    const { key, madeAt } = made[0]!
    await this.parts.state.write(this.changeOf(key))
    const published = made.map(({ id, keys }): [Uint8Array, Uint8Array] => [id, keys.publicKey])
    return signBatch(this.parts.host.kit, this.generation, madeAt, published)
  }

  /** Whether the newest batch, of this process or before, is too old to be of use to senders. */
  get batchesAreOld(): boolean {
    return [...this.all.values()].every(({ kind, madeAt }) => kind !== PrekeyKind.ONE_TIME || this.isOld(madeAt))
  }

  /** The keys that a letter names; undefined where they are gone, or never were ours. */
  find(kind: number, id: Uint8Array): NoiseKeyPair | undefined {
    const { recovery } = this.parts.settings
    if (kind === PrekeyKind.RECOVERY) return recovery && equalBytes(recovery.prekey.id, id) ? recovery.prekey.keys : undefined
    const found = this.all.get(hexOf(id))
    return found?.kind === kind ? found.keys : undefined
  }

  /** A letter to a one-time prekey has been delivered: what deletes the secret, to be written with that. */
  spend(id: Uint8Array): StoreChange[] {
    const name = hexOf(id)
    const found = this.all.get(name)
    this.all.delete(name)
    return found === undefined ? [] : [this.changeOf(found.key)]
  }

  private get current(): OwnPrekey | undefined {
    return [...this.all.values()].find(({ kind, replacedAt }) => kind === PrekeyKind.SIGNED && replacedAt === 0)
  }

  private isOld(madeAt = Number.NEGATIVE_INFINITY): boolean {
    const { host, limits } = this.parts
    const ageMs = host.kit.clock.now() - madeAt
    // A date ahead of now is that of a clock that was wrong.
    return ageMs >= limits.prekeyMs || ageMs < -limits.maxLetterAheadMs
  }

  private make(kind: number, length: number): OwnPrekey[] {
    const { clock, random } = this.parts.host.kit
    const key = PREFIX + hexOf(random.bytes(6))
    return Array.from({ length }, () => {
      const made: OwnPrekey = {
        key,
        kind,
        id: random.bytes(PREKEY_ID_BYTES),
        keys: generateKeyPair(),
        madeAt: clock.now(),
        replacedAt: 0,
      }
      this.all.set(hexOf(made.id), made)
      return made
    })
  }

  /** What brings an entry of the store to what there is of it. */
  private changeOf(key: string): StoreChange {
    const items = [...this.all.values()]
      .filter((prekey) => prekey.key === key)
      .map(({ kind, id, keys, madeAt, replacedAt }) => [kind, id, keys.publicKey, keys.secretKey, madeAt, replacedAt])
    return items.length > 0 ? { key, value: stateOf(items) } : { key, delete: true }
  }
}
