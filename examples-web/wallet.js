// The demo's one peer: a P2PCoordinator, a chat protocol, and the search for other wallets. It draws nothing.

import { cleanText, shortId } from './dom.js'
import { defaultName } from './identicon.js'

const CHAT = 'demo-chat'
/** A peer that lists this protocol forwards circuits: it is a relay. */
const RELAY_PROTOCOL = 'lotus/circuit-hop'
export const MAX_TEXT = 1_000
export const MAX_NAME = 32
/** Wallets that this page connects to by itself. */
const MAX_WALLETS = 24
/** Newcomers connect to us by themselves; this only mends what failed. */
const SEARCH_AGAIN_MS = 10_000
/** Shorter than the SDK's 30 s, so that the page shows fresh round-trip times. */
const HEARTBEAT_MS = 5_000

/**
 * Emits, as CustomEvents with `detail`:
 * `change` (status or peers) · `chat` { direction, peerId, name, text, toAll, … } · `traffic` { peerId, direction } ·
 * `log` { kind, text, peerId?, code? }.
 */
export class Wallet extends EventTarget {
  status = 'offline'
  /** Names that peers told after they had connected. */
  #names = new Map()
  /** Peers that the user disconnected: not searched out again. */
  #dismissed = new Set()
  #searching = false
  #timer

  constructor({ sdk, identity, relay, name }) {
    super()
    this.coordinator = new sdk.P2PCoordinator({
      identity,
      bootstrap: [relay],
      heartbeatInterval: HEARTBEAT_MS,
      ...(name !== undefined && { metadata: { name } }),
    })
    this.sdk = sdk
    this.relayAddress = relay
    this.peerId = this.coordinator.peerId
    this.name = name ?? defaultName(this.peerId)
    this.coordinator.registerProtocol(new ChatProtocol(this))
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

  peers() {
    return this.coordinator.getConnectedPeers()
  }

  relays() {
    return this.peers().filter(isRelay)
  }

  wallets() {
    return this.peers().filter((peer) => !isRelay(peer))
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
    return this.nameOf(this.coordinator.getPeer(peerId) ?? { peerId })
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

  /**
   * Asks the relays who else speaks our protocol, and connects to each. Nobody has to ask all the time: who comes
   * later finds us.
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
      this.report(error, 'Looking for wallets')
    } finally {
      this.#searching = false
    }
  }

  /** To one wallet, which acknowledges it. Resolves to the time that took, in milliseconds. */
  async sayTo(peerId, text) {
    const began = performance.now()
    this.traffic(peerId, 'out')
    await this.coordinator.request(peerId, { type: 'text', payload: { text }, protocol: CHAT })
    return performance.now() - began
  }

  /** To all wallets. Resolves to the SDK's BroadcastResult. */
  async sayToAll(text) {
    for (const { peerId } of this.wallets()) this.traffic(peerId, 'out')
    const exclude = this.relays().map(({ peerId }) => peerId)
    return this.coordinator.broadcast({ type: 'text', payload: { text }, protocol: CHAT }, { exclude })
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

  /** A message of our protocol has come; nothing in it is trusted. */
  received(message, from) {
    this.traffic(from.peerId, 'in')
    if (message.type === 'name') {
      this.#names.set(from.peerId, cleanText(message.payload?.name, MAX_NAME))
      return this.#change()
    }
    const text = cleanText(message.payload?.text, MAX_TEXT, { lines: true })
    if (text === '') throw new this.sdk.P2PError('INVALID_MESSAGE', 'A chat message has a text of 1 to 1,000 characters.')
    const name = this.nameOf(from)
    this.#emit('chat', { direction: 'in', peerId: from.peerId, name, text, toAll: message.to === undefined })
    this.log('message', `${name} wrote ${message.to === undefined ? 'to all' : 'to me'}`, { peerId: from.peerId })
    return undefined
  }

  #listen() {
    const { coordinator } = this
    coordinator.on('status', (status) => {
      this.status = status
      this.log('status', status)
      this.#change()
    })
    coordinator.on('connected', (peer) => {
      this.log('peer', `${this.nameOf(peer)} connected by ${peer.connection?.transport ?? 'an unknown path'}`, {
        peerId: peer.peerId,
      })
      this.#change()
      if (isRelay(peer)) this.search()
      else this.#tellName(peer.peerId).catch((error) => this.report(error, `Telling ${shortId(peer.peerId)} our name`))
    })
    coordinator.on('disconnected', (peer) => {
      this.log('peer', `${this.nameOf(peer)} left`, { peerId: peer.peerId })
      this.#names.delete(peer.peerId)
      this.#change()
    })
    coordinator.on('error', (error, peer) => this.report(error, peer === undefined ? 'The network' : this.nameOf(peer)))
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

/** Chat as an IProtocolHandler: `text` { text }, answered with `received` where it came to us alone, and `name` { name }. */
class ChatProtocol {
  protocolName = CHAT
  #wallet
  #host

  constructor(wallet) {
    this.#wallet = wallet
  }

  onRegister(host) {
    this.#host = host
  }

  async handleMessage(message, from) {
    if (message.type !== 'text' && message.type !== 'name') return
    this.#wallet.received(message, from)
    // A thrown P2PError would have reached the sender with its code instead.
    if (message.type === 'text' && message.to !== undefined) await this.#host.reply(message, { type: 'received', payload: null })
  }
}

export function isRelay(peer) {
  return peer.protocols?.includes(RELAY_PROTOCOL) === true
}
