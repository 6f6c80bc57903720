import { hexOf } from '../base/bytes.js'
import type { Clock } from '../base/clock.js'
import type { Limits } from '../base/limits.js'
import type { Random } from '../base/random.js'
import type { NoiseKeyPair } from '../channel/x25519.js'
import type { Identity } from '../identity/identity.js'
import { array, bytes, int, tuple } from '../message/shape.js'
import { stateOf } from '../plugins/persistence/state-format.js'
import type { StoreChange } from '../storage/key-value-store.js'
import { generateKeyPair } from './hpke.js'
import { PrekeyKind } from './letter.js'
import { BATCH_PREKEYS, GENERATION_BYTES, PREKEY_ID_BYTES } from './messages.js'
import { type SignedBatch, signBatch } from './prekey-batch.js'
import type { MailRecovery } from './recovery.js'
import type { MailState } from './state.js'

const SIGNED = 'mail/signed/'
const BATCH = 'mail/batch/'
const GENERATION = 'mail/generation'

const count = /* @__PURE__ */ (() => int(0, Number.MAX_SAFE_INTEGER))()
const signedShape = /* @__PURE__ */ (() => tuple(bytes(PREKEY_ID_BYTES), bytes(32), bytes(32), count, count))()
const batchShape = /* @__PURE__ */ (() =>
  tuple(count, array(tuple(bytes(PREKEY_ID_BYTES), bytes(32), bytes(32)), BATCH_PREKEYS)))()
const generationShape = /* @__PURE__ */ (() => tuple(bytes(GENERATION_BYTES)))()

interface SignedPrekey {
  readonly id: Uint8Array
  readonly keys: NoiseKeyPair
  readonly madeAt: number
  /** When a newer one was made, milliseconds since the Unix epoch; 0: it is the newest. */
  replacedAt: number
}

interface OneTimeBatch {
  readonly key: string
  readonly madeAt: number
  readonly keys: Map<string, [id: Uint8Array, keys: NoiseKeyPair]>
}

/** What a recipient works with to make and keep its prekeys. */
export interface PrekeysOptions {
  clock: Clock
  random: Random
  limits: Required<Limits>
  identity: Identity
  network: string
  state: MailState
  recovery: MailRecovery | undefined
}

/**
 * The X25519 keys that letters to us are sealed to. All are in the store before anybody learns of them, and leave it at their time: what
 * was sealed to a key that is gone stays sealed.
 */
export class Prekeys {
  generation: Uint8Array = new Uint8Array(GENERATION_BYTES)
  /** The oldest first. */
  private signed: SignedPrekey[] = []
  private readonly batches = new Map<string, OneTimeBatch>()

  constructor(private readonly options: PrekeysOptions) {}

  /** The newest signed prekey, which the card names. */
  get newest(): { id: Uint8Array; key: Uint8Array; madeAt: number } {
    const { id, keys, madeAt } = this.signed.at(-1)!
    return { id, key: keys.publicKey, madeAt }
  }

  get recovery(): [id: Uint8Array, key: Uint8Array] | undefined {
    const { prekey } = this.options.recovery ?? {}
    return prekey && [prekey.id, prekey.keys.publicKey]
  }

  /** Takes in what is in the store; a store without a generation gets one. */
  async load(): Promise<void> {
    const { state, random } = this.options
    const [known] = await state.read(GENERATION, generationShape, ([generation]) => generation)
    const signed = await state.read(SIGNED, signedShape, ([id, publicKey, secretKey, madeAt, replacedAt]) => {
      return { id, keys: { publicKey, secretKey }, madeAt, replacedAt }
    })
    const batches = await state.read(BATCH, batchShape, ([madeAt, items], key): OneTimeBatch => {
      const keys = items.map(([id, publicKey, secretKey]): [string, [Uint8Array, NoiseKeyPair]] => [
        hexOf(id),
        [id, { publicKey, secretKey }],
      ])
      return { key, madeAt, keys: new Map(keys) }
    })
    this.signed = signed.sort((a, b) => a.madeAt - b.madeAt)
    this.batches.clear()
    for (const batch of batches) this.batches.set(batch.key, batch)
    this.generation = known ?? random.bytes(GENERATION_BYTES)
    if (known === undefined) await state.write({ key: GENERATION, value: stateOf(this.generation) })
  }

  /**
   * Makes a new signed prekey where the newest is old, and deletes the secrets whose time is over.
   *
   * @returns whether the card has to be published anew.
   */
  async rotate(): Promise<boolean> {
    const { clock, limits, random } = this.options
    const now = clock.now()
    const changes: StoreChange[] = []
    const newest = this.signed.at(-1)
    // A date ahead of now is that of a clock that was wrong.
    const isDue = newest === undefined || now - newest.madeAt >= limits.prekeyMs || newest.madeAt > now + limits.maxLetterAheadMs
    if (isDue) {
      const made = { id: random.bytes(PREKEY_ID_BYTES), keys: generateKeyPair(), madeAt: now, replacedAt: 0 }
      for (const prekey of this.signed) {
        if (prekey.replacedAt > 0) continue
        prekey.replacedAt = now
        changes.push(changeOf(prekey))
      }
      changes.push(changeOf(made))
      this.signed.push(made)
    }
    const isOver = (at: number) => now - at >= limits.prekeyKeepMs
    for (const prekey of this.signed) if (prekey.replacedAt > 0 && isOver(prekey.replacedAt)) changes.push(deletionOf(prekey))
    this.signed = this.signed.filter(({ replacedAt }) => replacedAt === 0 || !isOver(replacedAt))
    for (const { key, madeAt } of this.batches.values()) {
      if (!isOver(madeAt)) continue
      this.batches.delete(key)
      changes.push({ key, delete: true })
    }
    await this.options.state.write(...changes)
    return isDue
  }

  /** Makes 16 one-time prekeys for a mailbox. @throws P2PError STORAGE_FAILED, IDENTITY_FAILED. */
  async makeBatch(): Promise<SignedBatch> {
    const { clock, random } = this.options
    const items = Array.from({ length: BATCH_PREKEYS }, (): [Uint8Array, NoiseKeyPair] => [
      random.bytes(PREKEY_ID_BYTES),
      generateKeyPair(),
    ])
    const key = BATCH + hexOf(random.bytes(6))
    const batch: OneTimeBatch = { key, madeAt: clock.now(), keys: new Map(items.map((item) => [hexOf(item[0]), item])) }
    this.batches.set(key, batch)
    await this.options.state.write(batchChange(batch))
    const published = items.map(([id, { publicKey }]): [Uint8Array, Uint8Array] => [id, publicKey])
    return signBatch(this.options, this.generation, batch.madeAt, published)
  }

  /** The keys that a letter names; undefined where they are gone, or never were ours. */
  find(kind: number, id: Uint8Array): NoiseKeyPair | undefined {
    const name = hexOf(id)
    if (kind === PrekeyKind.SIGNED) return this.signed.find((prekey) => hexOf(prekey.id) === name)?.keys
    if (kind === PrekeyKind.RECOVERY) {
      const { prekey } = this.options.recovery ?? {}
      return prekey && hexOf(prekey.id) === name ? prekey.keys : undefined
    }
    if (kind !== PrekeyKind.ONE_TIME) return undefined
    for (const { keys } of this.batches.values()) if (keys.has(name)) return keys.get(name)![1]
    return undefined
  }

  /** A letter to a one-time prekey has been delivered: what deletes the secret, to be written with that. */
  spend(id: Uint8Array): StoreChange[] {
    for (const batch of this.batches.values()) {
      if (!batch.keys.delete(hexOf(id))) continue
      if (batch.keys.size > 0) return [batchChange(batch)]
      this.batches.delete(batch.key)
      return [{ key: batch.key, delete: true }]
    }
    return []
  }
}

function changeOf({ id, keys, madeAt, replacedAt }: SignedPrekey): StoreChange {
  return { key: SIGNED + hexOf(id), value: stateOf(id, keys.publicKey, keys.secretKey, madeAt, replacedAt) }
}

function deletionOf({ id }: SignedPrekey): StoreChange {
  return { key: SIGNED + hexOf(id), delete: true }
}

function batchChange({ key, madeAt, keys }: OneTimeBatch): StoreChange {
  const items = [...keys.values()].map(([id, { publicKey, secretKey }]) => [id, publicKey, secretKey])
  return { key, value: stateOf(madeAt, items) }
}
