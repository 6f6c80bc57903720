// A wallet's peer-to-peer part on lotus-p2p: status, presence, offers, messages, and requests that the other user accepts or rejects.
// Offers and what is not yet delivered outlast a reload by the SDK's store, open requests by this class. Bundled wallets import these from
// 'lotus-p2p'.
const { indexedDbStore, isPeerId, P2PCoordinator } = window.LotusP2P

const PROTOCOL = 'wallet-adapter/1'
const WEEK_S = 604_800
const MAX = { seen: 1_000, open: 50 }

/** Events, with these values in `detail`: 'status' { status }, 'peers', 'text' { from, text }, 'request' { id, from, body }, 'error' { error }. */
export class WalletP2P extends EventTarget {
  #p2p
  /** Requests of others that wait for the user, by id. */
  #open = JSON.parse(localStorage.getItem(PROTOCOL)) ?? {}
  #seen = new Set()
  #asked = new Map()

  /** @param options.key the worker that holds the key, such as adapter-key.js; `relays` are addresses; all else is a P2PConfig. */
  static async open({ relays, key, ...config }) {
    const identity = { publicKey: await ask(key, {}), sign: (bytes) => ask(key, { sign: bytes }) }
    return new WalletP2P(new P2PCoordinator({ bootstrap: relays, identity, store: indexedDbStore(), ...config }))
  }

  constructor(p2p) {
    super()
    this.#p2p = p2p
    p2p.registerProtocol({ protocolName: PROTOCOL, handleMessage: async (message, { peerId }) => this.#receive(message, peerId) })
    p2p.on('status', (status) => this.#tell('status', { status }))
    for (const event of ['connected', 'disconnected', 'path-changed']) p2p.on(event, () => this.#tell('peers', {}))
    p2p.on('error', (error) => this.#tell('error', { error }))
  }

  peerId = () => this.#p2p.peerId
  status = () => this.#p2p.status
  peers = () => this.#p2p.getConnectedPeers().filter(({ isRelay }) => !isRelay)
  connect = () => this.#p2p.start()
  reconnect = () => this.#p2p.reconnect()
  close = () => this.#p2p.shutdown()

  /** Shows others that this wallet is here; relays withdraw it when it is gone. */
  setPresence = (data) => this.#p2p.announceResource('presence', this.peerId(), data, { whileConnected: true })
  advertise = (type, id, data) => this.#p2p.announceResource(type, id, data)
  withdraw = (type, id) => this.#p2p.withdrawResource(type, id)
  discover = (type, conditions = {}) => this.#p2p.discoverResources(type, conditions)
  /** @param listener called with (resource, 'added' | 'updated' | 'removed'). @returns a function that ends it. */
  subscribe = (type, conditions, listener) => this.#p2p.watchResources(type, conditions, listener)

  /** Resolves with 'delivered', or 'expired' after a week: the other wallet may be away meanwhile, and this one may reload. */
  send = (to, text) => this.#post({ id: crypto.randomUUID(), to, type: 'text', body: text })

  /** Asks the other user for something, such as a signature. Resolves with the result; rejects where the other user does. */
  request(to, body, onProgress = () => {}) {
    const id = crypto.randomUUID()
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { to, onProgress, resolve, reject })
      this.#post({ id, to, type: 'request', body }).then((outcome) => outcome === 'expired' && reject(new Error(outcome)), reject)
    }).finally(() => this.#asked.delete(id))
  }
  /** Requests of others that are open: { id, from, body }. */
  requests = () => Object.values(this.#open)
  accept = (id) => this.#answer(id, 'accepted', null)
  progress = (id, value) => this.#answer(id, 'progress', value)
  complete = (id, value) => this.#answer(id, 'done', value)
  reject = (id, reason) => this.#answer(id, 'rejected', reason)

  #answer(re, type, value) {
    const { from } = this.#open[re]
    if (type === 'done' || type === 'rejected') this.#keep(re, undefined)
    return this.#post({ id: crypto.randomUUID(), to: from, type, body: { re, value } })
  }

  #receive({ type, payload }, from) {
    const { id, body } = payload ?? {}
    // A peer may send anything; and what was under way at a crash may come twice.
    if (!/^[0-9a-f-]{36}$/.test(id) || this.#seen.has(`${from} ${id}`)) return
    this.#seen.add(`${from} ${id}`)
    if (this.#seen.size > MAX.seen) this.#seen.delete(this.#seen.values().next().value)
    if (type === 'text' && typeof body === 'string') this.#tell('text', { from, text: body })
    if (type === 'request' && this.requests().length < MAX.open && !Object.hasOwn(this.#open, id)) {
      this.#keep(id, { id, from, body })
      this.#tell('request', { id, from, body })
    }
    const asked = this.#asked.get(body?.re)
    if (asked?.to !== from) return
    if (type === 'done') asked.resolve(body.value)
    if (type === 'rejected') asked.reject(new Error(String(body.value)))
    if (type === 'accepted' || type === 'progress') asked.onProgress(type, body.value)
  }

  /** Sends, now or once both wallets are there. */
  async #post({ id, to, type, body }) {
    if (!isPeerId(to)) throw new Error(`"${to}" is no peer id.`)
    const message = { type, payload: { id, body }, protocol: PROTOCOL }
    const { outcome } = await this.#p2p.sendTo(to, message, { queue: true, ttl: WEEK_S })
    return outcome
  }

  #keep(id, request) {
    if (request === undefined) delete this.#open[id]
    else this.#open[id] = request
    localStorage.setItem(PROTOCOL, JSON.stringify(this.#open))
  }
  #tell = (type, detail) => this.dispatchEvent(new CustomEvent(type, { detail }))
}

/** A question to the worker that has the key, and its answer. */
function ask(worker, question) {
  const { port1, port2 } = new MessageChannel()
  worker.postMessage(question, [port2])
  return new Promise((resolve) => {
    port1.onmessage = ({ data }) => resolve(data)
  })
}
