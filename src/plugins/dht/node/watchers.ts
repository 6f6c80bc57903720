import { P2PError } from '../../../base/errors.js'
import { greediest } from '../../../base/greediest.js'
import type { Limits } from '../../../base/limits.js'

/** Who watches what at this server. Finding the watchers of a key looks at its prefixes, not at the watches. */
export class Watchers {
  private readonly byPattern = new Map<string, Set<string>>()
  private readonly byPeer = new Map<string, Set<string>>()
  /** How many patterns have each length: only these prefixes of a key can be watched. */
  private readonly lengths = new Map<number, number>()
  private total = 0

  /** @param onShed is told of a watch that had to make room. */
  constructor(
    private readonly limits: Limits,
    private readonly onShed: (peerId: string) => void = () => {},
  ) {}

  get count(): number {
    return this.total
  }

  /** @throws P2PError LIMIT_EXCEEDED for too many watches of one peer, or in all. */
  add(peerId: string, pattern: string): void {
    const patterns = this.byPeer.get(peerId)
    if (patterns?.has(pattern)) return
    if ((patterns?.size ?? 0) >= this.limits.maxWatchesPerPeer) throw tooMany('maxWatchesPerPeer', this.limits.maxWatchesPerPeer)
    if (this.total >= this.limits.maxWatches) this.makeRoom(patterns?.size ?? 0)
    this.total++
    this.byPeer.set(peerId, (patterns ?? new Set()).add(pattern))
    const peers = this.byPattern.get(pattern)
    if (peers !== undefined) {
      peers.add(peerId)
      return
    }
    this.byPattern.set(pattern, new Set([peerId]))
    this.lengths.set(pattern.length, (this.lengths.get(pattern.length) ?? 0) + 1)
  }

  delete(peerId: string, pattern: string): void {
    const patterns = this.byPeer.get(peerId)
    if (!patterns?.delete(pattern)) return
    this.total--
    if (patterns.size === 0) this.byPeer.delete(peerId)
    const peers = this.byPattern.get(pattern)!
    peers.delete(peerId)
    if (peers.size > 0) return
    this.byPattern.delete(pattern)
    const sameLength = this.lengths.get(pattern.length)! - 1
    if (sameLength > 0) this.lengths.set(pattern.length, sameLength)
    else this.lengths.delete(pattern.length)
  }

  deletePeer(peerId: string): void {
    for (const pattern of this.byPeer.get(peerId) ?? []) this.delete(peerId, pattern)
  }

  /** @throws P2PError LIMIT_EXCEEDED where nobody has more watches than the peer that wants another. */
  private makeRoom(own: number): void {
    const peerId = greediest(this.byPeer, own)
    if (peerId === undefined) throw tooMany('maxWatches', this.limits.maxWatches)
    const [pattern] = this.byPeer.get(peerId)!
    this.delete(peerId, pattern!)
    this.onShed(peerId)
  }

  /** The peers that watch this key, each once. */
  of(key: string): Set<string> {
    const found = new Set(this.byPattern.get(key))
    for (const length of this.lengths.keys()) {
      if (length > key.length + 1) continue
      for (const peerId of this.byPattern.get(`${key.slice(0, length - 1)}*`) ?? []) found.add(peerId)
    }
    return found
  }
}

function tooMany(limit: 'maxWatchesPerPeer' | 'maxWatches', value: number): P2PError {
  return new P2PError(
    'LIMIT_EXCEEDED',
    `This server keeps no more than ${value} watches (${limit}). Stop some, or ask another server.`,
    {
      details: { limit, value },
    },
  )
}
