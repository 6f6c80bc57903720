import { BoundedMap } from '../base/bounded-map.js'
import { hexOf } from '../base/bytes.js'
import { type Clock, elapsed } from '../base/clock.js'
import type { Limits } from '../base/limits.js'
import { openReply, type SurbKeys } from './surb.js'

/** A reply block that is out. */
export interface KeptBlock {
  readonly kept: SurbKeys
  /** Ids of the hops that the reply crosses. */
  readonly path: readonly string[]
  readonly madeAt: number
  /** Called with the content of the reply. */
  onReply(content: Uint8Array): void
}

/** The reply blocks that are out, by their ids. Each serves once. */
export class ReplyBlocks {
  private readonly blocks: BoundedMap<string, KeptBlock>

  constructor(
    private readonly clock: Clock,
    private readonly limits: Pick<Required<Limits>, 'maxOnionSurbs' | 'onionSurbMs'>,
  ) {
    this.blocks = new BoundedMap(limits.maxOnionSurbs)
  }

  get size(): number {
    return this.blocks.size
  }

  add(surbId: Uint8Array, block: Omit<KeptBlock, 'madeAt'>): void {
    const now = elapsed(this.clock)
    for (const [id, { madeAt }] of this.blocks) {
      if (now - madeAt < this.limits.onionSurbMs) break
      this.blocks.delete(id)
    }
    this.blocks.set(hexOf(surbId), { ...block, madeAt: now })
  }

  /**
   * Opens a reply.
   *
   * @returns the block that it came by; undefined where the id is none of ours.
   * @throws P2PError DECRYPT_FAILED where the reply was changed on its way.
   */
  take(surbId: Uint8Array, delta: Uint8Array): { block: KeptBlock; content: Uint8Array } | undefined {
    const id = hexOf(surbId)
    const block = this.blocks.get(id)
    if (block === undefined) return undefined
    this.blocks.delete(id)
    return { block, content: openReply(block.kept, delta) }
  }

  forget(surbId: Uint8Array): void {
    this.blocks.delete(hexOf(surbId))
  }
}
