/** A peer that has come by itself, as far as it matters for the choice of the one that goes. */
export interface Evictable {
  /** The group of its address, which one party is likely to hold; see `groupOf`. */
  readonly group: string
  /** When it came, by `elapsed`. */
  readonly since: number
  /** When it last said something that is of use, by `elapsed`; 0: never. */
  readonly usedAt: number
  readonly rttMs: number | undefined
  /** Its reputation: below 0 for a peer that has misbehaved. */
  readonly score: number
}

/** Of all peers, one in so many is protected for each quality that an attacker can hardly have for all of its peers at once. */
const PROTECTED = 10

/**
 * Chooses the peer that makes room for a newcomer, as Bitcoin Core's `SelectNodeToEvict` does. First the peers are protected that an
 * attacker would have to outdo on every count: few of their group, near, of use lately, here for long. Of what remains the group with
 * the most connections gives up its youngest. Of the peers here for long, half count by age alone, and half are the oldest of each
 * group in turns: a party that filled an empty pool first is not thereby safe in it.
 *
 * Unlike Bitcoin Core's, this choice lets no peer go where the groups would be no better balanced: a newcomer never takes the place of one from a smaller
 * group or one as small as its own would be. A peer of ill repute goes in any case, the worst first.
 *
 * @param group the newcomer's address group.
 * @returns undefined where no peer has to go.
 */
export function chooseEvicted<Peer extends Evictable>(peers: readonly Peer[], group: string): Peer | undefined {
  const worst = least(peers, ({ score }) => score)
  if (worst !== undefined && worst.score < 0) return worst
  const sizes = sizesOf(peers)
  const sizeOf = (peer: Evictable) => sizes.get(peer.group) ?? 0
  const each = Math.ceil(peers.length / PROTECTED)
  const never = Number.POSITIVE_INFINITY
  const turns = turnsOf(peers)
  // The oldest of each of the smallest groups.
  let rest = without(peers, each, (peer) => (turns.get(peer) === 0 ? sizeOf(peer) : never))
  rest = without(rest, each, ({ rttMs = never }) => rttMs)
  rest = without(rest, each, ({ usedAt }) => (usedAt > 0 ? -usedAt : never))
  const quarter = Math.floor(rest.length / 4)
  rest = without(rest, quarter, ({ since }) => since)
  rest = without(rest, quarter, (peer) => turns.get(peer)!)
  const largest = Math.max(...rest.map(sizeOf))
  const youngest = least(
    rest.filter((peer) => sizeOf(peer) === largest),
    ({ since }) => -since,
  )
  return youngest !== undefined && (sizes.get(group) ?? 0) + 1 < sizeOf(youngest) ? youngest : undefined
}

/** All but the `count` peers with the smallest measure, of equals the oldest; a peer whose measure is infinite stays. */
function without<Peer extends Evictable>(peers: readonly Peer[], count: number, by: (peer: Peer) => number): Peer[] {
  const having = peers.filter((peer) => by(peer) < Number.POSITIVE_INFINITY)
  const out = new Set(having.sort((a, b) => by(a) - by(b) || a.since - b.since).slice(0, count))
  return peers.filter((peer) => !out.has(peer))
}

/** How many of its own group are older, for each. */
function turnsOf(peers: readonly Evictable[]): Map<Evictable, number> {
  const taken = new Map<string, number>()
  const turns = new Map<Evictable, number>()
  for (const peer of [...peers].sort((a, b) => a.since - b.since)) {
    const turn = taken.get(peer.group) ?? 0
    taken.set(peer.group, turn + 1)
    turns.set(peer, turn)
  }
  return turns
}

function sizesOf(peers: Iterable<Pick<Evictable, 'group'>>): Map<string, number> {
  const sizes = new Map<string, number>()
  for (const { group } of peers) sizes.set(group, (sizes.get(group) ?? 0) + 1)
  return sizes
}

/** The peer with the smallest measure, of equals the first. */
function least<Peer>(peers: readonly Peer[], by: (peer: Peer) => number): Peer | undefined {
  return [...peers].sort((a, b) => by(a) - by(b))[0]
}
