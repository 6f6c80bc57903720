// The peers, connected or away; and the box to connect to more.

import { byId, setText } from './dom.js'
import { peerRow } from './peer-row.js'
import { isRelay } from './wallet.js'

/** Rows drawn; the SDK's pool has 50 by default. */
const MAX_ROWS = 60

/** @param actions.onMessage called with a peer id when the user wants to write to it; `onError` with what failed. */
export function peerList(wallet, actions) {
  const lists = { relay: byId('relay-rows'), wallet: byId('peers') }
  const rows = new Map()

  connectBox(wallet, actions.onError)
  byId('search').addEventListener('click', () => wallet.search())
  wallet.addEventListener('path', ({ detail }) => setText(byId('path-news'), `${detail.name} is now reached by ${detail.to}.`))

  function update() {
    const peers = [...wallet.peers(), ...wallet.awayPeers()].sort(
      (a, b) => Number(isRelay(b)) - Number(isRelay(a)) || a.peerId.localeCompare(b.peerId),
    )
    const shown = peers.slice(0, MAX_ROWS)
    const ids = new Set(shown.map(({ peerId }) => peerId))
    for (const [peerId, row] of rows) {
      if (ids.has(peerId)) continue
      rows.delete(peerId)
      row.element.remove()
    }
    const drawn = { relay: 0, wallet: 0 }
    for (const peer of shown) {
      const kind = isRelay(peer) ? 'relay' : 'wallet'
      const list = lists[kind]
      const index = drawn[kind]++
      const row = rows.get(peer.peerId) ?? peerRow(wallet, peer, actions)
      rows.set(peer.peerId, row)
      row.show(peer)
      if (list.children[index] !== row.element) list.insertBefore(row.element, list.children[index] ?? null)
    }
    byId('relays').hidden = drawn.relay === 0
    setText(byId('relays-line'), lineOf(wallet))
    byId('no-peers').hidden = drawn.wallet > 0
    const count = wallet.wallets().length
    setText(byId('peer-count'), `${count} ${count === 1 ? 'wallet' : 'wallets'}`)
  }

  return { update }
}

/** The relays in one line: they are no company, and all is well with them as a rule. */
function lineOf(wallet) {
  const relays = wallet.relays()
  if (relays.length === 0) return 'No relay at the moment'
  const paths = [...new Set(relays.map(({ connection }) => connection?.transport))].join(', ')
  return `${relays.length === 1 ? wallet.nameOf(relays[0]) : `${relays.length} relays`} · ${paths}`
}

function connectBox(wallet, onError) {
  const form = byId('connect-form')
  const input = byId('connect-target')
  const button = form.querySelector('button')
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const target = input.value.trim()
    if (target === '') return input.focus()
    button.disabled = true
    try {
      await wallet.connect(target)
      input.value = ''
    } catch (error) {
      onError(error, 'Connecting')
    } finally {
      button.disabled = false
    }
  })
}
