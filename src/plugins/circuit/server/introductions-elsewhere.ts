import { askHolder } from '../../../backplane/ask-holder.js'
import type { RelayBackplane } from '../../../backplane/backplane.js'
import type { Clock } from '../../../base/clock.js'
import type { Unsubscribe } from '../../../base/events.js'
import type { Limits } from '../../../base/limits.js'
import type { Random } from '../../../base/random.js'
import { isPeerId } from '../../../identity/peer-id.js'
import { decode, encode } from '../../../message/codec.js'
import { array, int, object, optional, parsed, present, text } from '../../../message/shape.js'
import type { PeerQuery } from '../find-peers.js'

const questionShape = /* @__PURE__ */ (() =>
  object({
    asker: text(1, 128),
    protocol: optional(text(1, 128)),
    resourceType: optional(text(1, 256)),
    peerId: optional(text(1, 128)),
    limit: optional(int(1)),
  }))()
const answerShape = /* @__PURE__ */ (() => object({ peers: array(present), total: int(0) }))()

/** What one process knows. */
export interface Found {
  /** Some of them, drawn by lot. */
  peers: unknown[]
  /** How many fit. */
  total: number
}

interface Wiring {
  readonly backplane: RelayBackplane
  readonly limits: Limits
  readonly random: Random
  readonly clock: Clock
  /** What this process knows. */
  find(query: PeerQuery, asker: string): Found
}

/**
 * Introduces peers of the other processes of a relay. Whoever holds a peer with a known id is asked alone; else all are, and of what they say as
 * many are drawn by lot as were wanted, each process with the weight of what it has.
 */
export class IntroductionsElsewhere {
  private readonly stops: Unsubscribe[]

  constructor(private readonly wiring: Wiring) {
    const { backplane } = wiring
    const answer = (bytes: Uint8Array) => {
      const { asker, ...query } = parsed(questionShape, decode(bytes), 'A question of another process')
      return encode(wiring.find(query, asker))
    }
    this.stops = [backplane.answer('find', answer)]
  }

  close(): void {
    for (const stop of this.stops) stop()
  }

  /**
   * Adds what the others know.
   *
   * @param own what this process knows; the whole answer where the others cannot be reached.
   */
  async add(own: Found, query: PeerQuery, asker: string): Promise<unknown[]> {
    const { backplane, limits, random } = this.wiring
    const { peerId, limit } = query
    const isOne = isPeerId(peerId)
    if (backplane.state === 'down' || (isOne && own.total > 0)) return own.peers
    const answers = isOne ? await this.askHolder(peerId, questionOf(query, asker)) : await this.askAll(query, asker)
    const count = Math.min(limit ?? Number.POSITIVE_INFINITY, limits.maxIntroductions)
    return bounded(drawn([own, ...answers], count, random), limits)
  }

  private async askHolder(peerId: string, question: Uint8Array): Promise<Found[]> {
    try {
      const { backplane, clock } = this.wiring
      return [read(await askHolder(backplane, clock, peerId, 'find', question))]
    } catch {
      return []
    }
  }

  /** What each of the other processes knows. */
  async askAll(query: PeerQuery, asker: string): Promise<(Found & { nodeId: string })[]> {
    const answers = await this.wiring.backplane.gather('find', questionOf(query, asker))
    return answers.flatMap(({ nodeId, bytes }) => {
      try {
        return [{ nodeId, ...read(bytes) }]
      } catch {
        return []
      }
    })
  }
}

function questionOf({ protocol, resourceType, peerId, limit }: PeerQuery, asker: string): Uint8Array {
  return encode({ asker, protocol, resourceType, peerId, limit })
}

function read(bytes: Uint8Array): Found {
  return parsed(answerShape, decode(bytes), 'An introduction of another process')
}

/** So many entries by lot: the next one comes from a process with the probability of its share of those that are left. */
function drawn(found: Found[], count: number, random: Random): unknown[] {
  const piles = found.map(({ peers, total }) => ({ peers: [...peers], left: Math.max(total, peers.length) }))
  const chosen: unknown[] = []
  while (chosen.length < count) {
    const open = piles.filter(({ peers }) => peers.length > 0)
    let at = random.unit() * open.reduce((sum, { left }) => sum + left, 0)
    const pile =
      open.find(({ left }) => {
        at -= left
        return at < 0
      }) ?? open.at(-1)
    if (pile === undefined) break
    chosen.push(pile.peers.shift())
    pile.left--
  }
  return chosen
}

function bounded(entries: unknown[], limits: Limits): unknown[] {
  const max = Math.min(limits.maxIntroductionBytes, limits.maxAnswerBytes)
  let bytes = 0
  return entries.filter((entry) => {
    bytes += encode(entry, limits).length
    return bytes <= max
  })
}
