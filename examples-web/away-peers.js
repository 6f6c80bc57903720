// Peers that were connected and may come back, so that what was begun with them stays open.

/** As long as a message waits for them. */
export const AWAY_MS = 300_000
/** Peers remembered; those away longest are forgotten first. */
const MAX_AWAY = 12

export class AwayPeers {
  #peers = new Map()

  /** @param why 'asleep' where it said so, 'lost' where the network broke the connection (the SDK makes it anew by itself), else 'left'. */
  add(peer, why) {
    this.#peers.delete(peer.peerId)
    this.#peers.set(peer.peerId, { ...peer, connection: undefined, away: { since: Date.now(), why } })
    if (this.#peers.size > MAX_AWAY) this.remove(this.#peers.keys().next().value)
  }

  remove(peerId) {
    return this.#peers.delete(peerId)
  }

  get(peerId) {
    return this.#peers.get(peerId)
  }

  all() {
    for (const { peerId, away } of this.#peers.values()) if (Date.now() - away.since > AWAY_MS) this.remove(peerId)
    return [...this.#peers.values()]
  }
}
