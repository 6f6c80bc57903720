// Signing together in a wallet, on lotus-p2p/musig2: the keys in a worker, a mirror of all requests for the page, one dialog that asks and
// one that shows progress. Bundled wallets import these from 'lotus-p2p' and 'lotus-p2p/musig2'.
const { aggregateKeys, indexedDbStore, musig2, P2PCoordinator, statements, workerSigner } = window.LotusP2P

/** The form of a compressed key in hex. */
export const KEY = /^0[23][0-9a-f]{64}$/

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
const bytesOf = (digits) => Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))

export class SharedWallet {
  /** Requests by id: each a snapshot that is never changed, for a store of React, Vue or Svelte. */
  sessions = new Map()

  /**
   * @param options.worker holds the key: shared-wallet-key.js.
   * @param options.ask called with a request to decide: the dialog that asks.
   * @param options.show called with each snapshot: the dialog of progress.
   */
  static async open({ relays, identity, name, worker, ask, show, ...config }) {
    const signer = await workerSigner(worker)
    const plugins = [statements(), musig2({ signer })]
    const p2p = new P2PCoordinator({ bootstrap: relays, identity, store: indexedDbStore(name), plugins, ...config })
    return new SharedWallet(p2p, hex(signer.publicKeys[0]), ask, show)
  }

  constructor(p2p, publicKey, ask, show) {
    Object.assign(this, { p2p, publicKey })
    p2p.musig2.on('session', (session) => {
      this.sessions.set(session.id, session)
      show(session)
    })
    // After a reload, requests that nobody has decided come again.
    p2p.musig2.on('request', ask)
  }

  /** The script that pays to all of these keys together. @param keys 66 digits each. */
  scriptOf = (keys) => aggregateKeys({ keys: keys.map(bytesOf) }).script

  /** Those who may ask this wallet's user to sign; strangers never do. @param peerIds the other members. */
  trust(peerIds) {
    for (const peerId of peerIds) this.p2p.musig2.contacts.add(peerId)
  }

  /**
   * Asks all members to sign, and resolves with { txid, transaction } once they have.
   *
   * @param members peer ids of the others by their keys.
   * @param payment { transaction, spent, purpose }.
   */
  pay(keys, members, payment, options) {
    const keyset = { keys: keys.map(bytesOf) }
    return this.p2p.musig2.sign({ ...payment, keyset, cosigners: members, ...options })
  }

  accept = (id) => this.p2p.musig2.accept(id)
  reject = (id, reason, note) => this.p2p.musig2.reject(id, reason, note)
  /** Who of them can be reached now, or why not. */
  reachable = (peerIds) => this.p2p.musig2.preflight(peerIds)
}

/** The names of those that a failure hangs on. */
export const culprits = ({ failure }, nameOf) => (failure?.members ?? []).map(nameOf).join(', ')
