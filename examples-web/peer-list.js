// The peers, connected or away; and the box to connect to more.

import { byId, setText } from './dom.js'
import { peerRow } from './peer-row.js'
import { isRelay } from './wallet.js'

/** Rows drawn; the SDK's pool has 50 by default. */
const MAX_ROWS = 60

/** @param actions.onMessage called with a peer id when the user wants to write to it; `onError` with what failed. */
export function peerList(wallet, actions) {
  const list = byId('peers')
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
    for (const [index, peer] of shown.entries()) {
      const row = rows.get(peer.peerId) ?? peerRow(wallet, peer, actions)
      rows.set(peer.peerId, row)
      row.show(peer)
      if (list.children[index] !== row.element) list.insertBefore(row.element, list.children[index] ?? null)
    }
    byId('no-peers').hidden = peers.length > 0
    const count = wallet.wallets().length
    setText(byId('peer-count'), `${count} ${count === 1 ? 'wallet' : 'wallets'}`)
  }

  return { update }
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
