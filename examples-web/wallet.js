// The demo's one peer: a P2PCoordinator, a chat protocol, and the search for other wallets. It draws nothing.

import { AWAY_MS, AwayPeers } from './away-peers.js'
import { CHAT, ChatProtocol, MAX_NAME } from './chat-protocol.js'
import { cleanText, shortId } from './dom.js'
import { defaultName } from './identicon.js'

/** Wallets that this page connects to by itself. */
const MAX_WALLETS = 24
/** Newcomers connect to us by themselves; this only mends what failed. */
const SEARCH_AGAIN_MS = 10_000
/** Shorter than the SDK's 30 s, so that the page shows fresh round-trip times. */
const HEARTBEAT_MS = 5_000
/** Why a peer has gone, by the code that it, or the network, gave. */
const WHY = { CONNECTION_CLOSED: 'left', SHUT_DOWN: 'left', SUSPENDED: 'asleep' }
const WORDS = { left: 'left', asleep: 'fell asleep', lost: 'was lost' }

/**
 * Emits, as CustomEvents with `detail`:
 * `change` (status or peers) · `path` { peerId, name, from, to } · `chat` { peerId, name, text, toAll } ·
 * `traffic` { peerId, direction } · `log` { kind, text, peerId?, code? }.
 */
export class Wallet extends EventTarget {
  isAsleep = false
  /** Names that peers told after they had connected. */
  #names = new Map()
  #away = new AwayPeers()
  /** Since when a peer is served by the path that it has, by peer id. */
  #pathSince = new Map()
  /** Peers that the user disconnected: not searched out again. */
  #dismissed = new Set()
  #searching = false
  #timer
  #relays
  /** What `onion()` has brought; undefined until that setting is chosen. */
  #onion
  #onionIdentity

  /**
   * @param options.paths the part of the P2PConfig that says how peers may be reached.
   * @param options.relays addresses of relays of several operators, for the onion.
   */
  constructor({ sdk, identity, paths, relays, name }) {
    super()
    this.#relays = relays
    this.coordinator = new sdk.P2PCoordinator({
      identity,
      heartbeatInterval: HEARTBEAT_MS,
      ...paths,
      ...(name !== undefined && { metadata: { name } }),
      // What a plugin may read, and the application has no other way to: the setting as it is at this moment.
      plugins: [{ name: 'demo', attach: (kit) => ({ kitOfDemo: () => kit }) }],
    })
    this.sdk = sdk
    this.peerId = this.coordinator.peerId
    this.name = name ?? defaultName(this.peerId)
    /** The name in the metadata, which every connected peer is told; undefined: none. */
    this.toldName = name
    this.coordinator.registerProtocol(
      new ChatProtocol(sdk, {
        onName: (told, from) => this.#named(told, from),
        onText: (text, from, toAll) => this.#received(text, from, toAll),
      }),
    )
    this.#listen()
  }

  async start() {
    this.#timer = setInterval(() => this.search(), SEARCH_AGAIN_MS)
    await this.coordinator.start()
    this.search()
  }

  async stop() {
    clearInterval(this.#timer)
    await this.coordinator.shutdown()
  }

  get status() {
    return this.coordinator.status
  }

  /** Goodbye to all, until `wake`: what an app does that is put into the background. */
  sleep() {
    this.isAsleep = true
    this.coordinator.suspend()
    this.log('status', 'asleep')
    this.#change()
  }

  async wake() {
    this.isAsleep = false
    this.log('status', 'awake again')
    this.#change()
    await this.coordinator.resume()
  }

  /** Who may learn this wallet's network address: the SDK ends and makes paths as it needs. */
  async choosePrivacy(privacy) {
    if (privacy === 'onion') await this.#useOnion()
    // The onion asks relays of several operators who is a hop.
    this.coordinator.configure({ privacy, ...(privacy === 'onion' && { bootstrap: this.#relays }) })
    this.log('status', `privacy: ${privacy}`)
    this.#change()
  }

  /** How the onion does; undefined until it was chosen. */
  onionStatus() {
    return this.#onion?.status()
  }

  /** For look-ups that nobody can tie to this wallet. */
  onionIdentity() {
    this.#onionIdentity ??= this.#onion.identity('look-ups')
    return this.#onionIdentity
  }

  async #useOnion() {
    if (this.#onion !== undefined) return
    // The demo's relays are as young as the demo, and all at one address: a wallet that is no demo leaves these options out.
    const groupOf = ({ operator, peerId }) => operator ?? peerId
    const plugin = this.sdk.onion({ hopAgeMs: 0, guardAgeMs: 0, groupOf })
    const { onion } = await this.coordinator.use(plugin)
    this.#onion = onion
  }

  get privacy() {
    return this.coordinator.kitOfDemo().privacy
  }

  peers() {
    return this.coordinator.getConnectedPeers()
  }

  /** Peers that were here and may come back, each with `away` { since, why }. */
  awayPeers() {
    return this.#away.all()
  }

  relays() {
    return this.peers().filter(isRelay)
  }

  wallets() {
    return this.peers().filter((peer) => !isRelay(peer))
  }

  awayWallets() {
    return this.awayPeers().filter((peer) => !isRelay(peer))
  }

  /** Milliseconds since the Unix epoch. */
  pathSince(peer) {
    return this.#pathSince.get(peer.peerId) ?? peer.connection?.since
  }

  /** The connected relay that a circuit runs through. */
  relayOf(peer) {
    const relays = this.relays()
    return relays.find(({ peerId }) => peer.addresses.relays?.includes(peerId)) ?? relays[0]
  }

  nameOf(peer) {
    return (
      this.#names.get(peer.peerId) ||
      cleanText(peer.metadata?.name, MAX_NAME) ||
      (isRelay(peer) ? 'Relay' : defaultName(peer.peerId))
    )
  }

  /** A name for a peer id, connected or not. */
  nameOfId(peerId) {
    if (peerId === this.peerId) return this.name
    return this.nameOf(this.coordinator.getPeer(peerId) ?? this.#away.get(peerId) ?? { peerId })
  }

  /** Tells all wallets the new name; those that connect later are told then. */
  async rename(name) {
    this.name = name
    this.#change()
    await Promise.allSettled(this.wallets().map((peer) => this.#tellName(peer.peerId)))
  }

  /** @param target an address, a peer id, or a name. */
  async connect(target) {
    this.#dismissed.delete(target)
    await this.coordinator.connectToPeer(target)
  }

  async disconnect(peerId) {
    this.#dismissed.add(peerId)
    await this.coordinator.disconnectFromPeer(peerId)
  }

  /** Breaks the path that serves a peer, as a network would: the SDK finds another, or comes back. */
  killPath(peerId) {
    this.log('path', `${this.nameOfId(peerId)}: path killed`, { peerId })
    this.coordinator.dropPath(peerId)
  }

  /** Shows a peer that is away no longer. */
  forget(peerId) {
    this.#away.remove(peerId)
    this.#names.delete(peerId)
    this.#change()
  }

  /**
   * Asks the relays who else speaks our protocol, and connects to each. Nobody has to ask all the time: a wallet that comes
   * later asks too, and finds us.
   */
  async search() {
    if (this.#searching || this.relays().length === 0) return
    this.#searching = true
    try {
      const found = await this.coordinator.findPeers({ protocol: CHAT })
      const room = Math.max(0, MAX_WALLETS - this.wallets().length)
      const fresh = found
        .filter(({ peerId }) => !this.coordinator.isConnected(peerId) && !this.#dismissed.has(peerId))
        .slice(0, room)
      await Promise.all(fresh.map((peer) => this.#meet(peer)))
    } catch (error) {
      if (!this.isAsleep) this.report(error, 'Looking for wallets')
    } finally {
      this.#searching = false
    }
  }

  /** To one wallet, which may be away: the message waits for it. Resolves to 'delivered' or 'expired'. */
  async sayTo(peerId, text) {
    this.traffic(peerId, 'out')
    const message = { type: 'text', payload: { text }, protocol: CHAT }
    const { outcome } = await this.coordinator.sendTo(peerId, message, { queue: true, ttl: AWAY_MS / 1_000 })
    return outcome
  }

  /** To all wallets. Resolves to the SDK's BroadcastResult; rejects with NO_PEERS where no wallet is connected. */
  async sayToAll(text) {
    for (const { peerId } of this.wallets()) this.traffic(peerId, 'out')
    return this.coordinator.broadcast({ type: 'text', payload: { text }, protocol: CHAT })
  }

  log(kind, text, more = {}) {
    this.#emit('log', { kind, text, at: Date.now(), ...more })
  }

  /** Shows a failure with its code and its sentence. */
  report(error, doing) {
    this.log('error', `${doing}: ${error.message}`, { code: error.code ?? error.name })
  }

  /** Something went to a peer, or came from it. */
  traffic(peerId, direction) {
    this.#emit('traffic', { peerId, direction })
  }

  #named(name, from) {
    this.traffic(from.peerId, 'in')
    this.#names.set(from.peerId, name)
    this.#change()
  }

  #received(text, from, toAll) {
    this.traffic(from.peerId, 'in')
    const name = this.nameOf(from)
    this.#emit('chat', { peerId: from.peerId, name, text, toAll })
    this.log('message', `${name} wrote ${toAll ? 'to all' : 'to me'}`, { peerId: from.peerId })
  }

  #listen() {
    const { coordinator } = this
    coordinator.on('status', (status) => {
      this.log('status', status)
      this.#change()
    })
    coordinator.on('connected', (peer) => this.#connected(peer))
    coordinator.on('path-changed', (peer, from) => this.#pathChanged(peer, from))
    coordinator.on('disconnected', (peer, reason) => this.#disconnected(peer, reason))
    coordinator.on('delivered', ({ to }) => this.log('message', `${this.nameOfId(to)} got my message`, { peerId: to }))
    coordinator.on('expired', ({ to }) => this.log('message', `A message to ${this.nameOfId(to)} expired`, { peerId: to }))
    coordinator.on('error', (error, peer) => this.report(error, peer === undefined ? 'The network' : this.nameOf(peer)))
  }

  #connected(peer) {
    const { peerId } = peer
    this.#away.remove(peerId)
    this.#pathSince.set(peerId, Date.now())
    this.log('peer', `${this.nameOf(peer)} connected by ${peer.connection?.transport ?? 'an unknown path'}`, { peerId })
    this.#change()
    if (isRelay(peer)) this.search()
    else this.#tellName(peerId).catch((error) => this.report(error, `Telling ${shortId(peerId)} our name`))
  }

  #pathChanged(peer, from) {
    const { peerId } = peer
    const name = this.nameOf(peer)
    const to = peer.connection?.transport ?? 'unknown'
    this.#pathSince.set(peerId, Date.now())
    this.log('path', `${name}: ${from} → ${to}`, { peerId })
    this.#emit('path', { peerId, name, from, to })
    this.#change()
  }

  #disconnected(peer, reason) {
    const { peerId } = peer
    const why = WHY[reason.code] ?? 'lost'
    this.#pathSince.delete(peerId)
    if (!this.#dismissed.has(peerId)) this.#away.add(peer, why)
    const what = this.isAsleep ? 'let go' : WORDS[why]
    this.log('peer', `${this.nameOf(peer)} ${what}`, { peerId, ...(why === 'lost' && { code: reason.code }) })
    this.#change()
  }

  async #meet(peer) {
    try {
      await this.coordinator.connectToPeer(peer)
    } catch (error) {
      // It has left, or is in the middle of leaving: not a fault to show, but one to see.
      this.log('status', `${this.nameOf(peer)} could not be reached: ${error.message}`, { peerId: peer.peerId, code: error.code })
    }
  }

  async #tellName(peerId) {
    await this.coordinator.sendTo(peerId, { type: 'name', payload: { name: this.name }, protocol: CHAT })
  }

  #change() {
    this.#emit('change')
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}

/** Relays carry what wallets say and are no company: the SDK leaves them out of `findPeers` and `broadcast`. */
export function isRelay(peer) {
  return peer.isRelay === true
}
