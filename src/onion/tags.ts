import { BoundedMap } from '../base/bounded-map.js'
import { hexOf } from '../base/bytes.js'
import { P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import type { Random } from '../base/random.js'
import { INBOX_TAG_BYTES } from './packet.js'

/** Tags that are attached before anybody needs them: a purpose that begins does not show in what the guard is told. */
const SPARE = 8

/** The inbox tags by which guards find this wallet: one for each purpose, and some for those to come. */
export class Tags {
  private readonly used = new Map<string, Uint8Array>()
  private spare: Uint8Array[]
  /** Tags that have served, and that late replies may still name. */
  private readonly old: BoundedMap<string, Uint8Array>

  constructor(
    private readonly random: Random,
    private readonly limits: Pick<Required<Limits>, 'maxOnionIdentities'>,
    /** Of loops, 16 bytes. */
    private readonly loopTag: Uint8Array,
    private readonly onChange: () => void,
  ) {
    this.spare = this.drawn(SPARE)
    this.old = new BoundedMap(SPARE)
  }

  /** At most 64, as guards keep for one connection. */
  get all(): Uint8Array[] {
    const room = this.limits.maxOnionIdentities - this.used.size
    return [this.loopTag, ...this.used.values(), ...this.spare, ...this.old.values()].slice(
      0,
      Math.max(1, 1 + this.used.size + room),
    )
  }

  get size(): number {
    return this.used.size
  }

  /**
   * A tag for a purpose.
   *
   * @returns the tag, 16 bytes, and whether guards have it already.
   * @throws P2PError LIMIT_EXCEEDED.
   */
  take(): { tag: Uint8Array; isAttached: boolean } {
    const { maxOnionIdentities } = this.limits
    if (this.used.size >= maxOnionIdentities) {
      throw new P2PError('LIMIT_EXCEEDED', 'Too many identities of the onion are open. Close one.', {
        details: { limit: 'maxOnionIdentities', max: maxOnionIdentities },
      })
    }
    const spare = this.spare.shift()
    const tag = spare ?? this.random.bytes(INBOX_TAG_BYTES)
    this.used.set(hexOf(tag), tag)
    if (this.spare.length < SPARE / 2) {
      this.spare.push(...this.drawn(SPARE - this.spare.length))
      this.onChange()
    }
    return { tag, isAttached: spare !== undefined }
  }

  /** Takes a tag up again that was given back. */
  retake(tag: Uint8Array): void {
    const id = hexOf(tag)
    this.old.delete(id)
    this.used.set(id, tag)
    this.onChange()
  }

  give(tag: Uint8Array): void {
    const id = hexOf(tag)
    if (this.used.delete(id)) this.old.set(id, tag)
  }

  private drawn(count: number): Uint8Array[] {
    return Array.from({ length: count }, () => this.random.bytes(INBOX_TAG_BYTES))
  }
}
