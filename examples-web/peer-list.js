// The connected peers, each with its path, round-trip time and name; and the box to connect to more.

import { byId, duration, h, qualityBars, qualityOf, rttText, setText, shortId } from './dom.js'
import { identicon } from './identicon.js'
import { isRelay } from './wallet.js'

/** Rows drawn; the SDK's pool has 50 by default. */
const MAX_ROWS = 60

/** @param options.onMessage called with a peer id when the user wants to write to it; `onError` with what failed. */
export function peerList(wallet, { onMessage, onError }) {
  const list = byId('peers')
  const rows = new Map()

  connectBox(wallet, onError)
  byId('search').addEventListener('click', () => wallet.search())

  function update() {
    const peers = wallet.peers().sort((a, b) => Number(isRelay(b)) - Number(isRelay(a)) || a.peerId.localeCompare(b.peerId))
    const shown = peers.slice(0, MAX_ROWS)
    const ids = new Set(shown.map(({ peerId }) => peerId))
    for (const [peerId, row] of rows) {
      if (ids.has(peerId)) continue
      rows.delete(peerId)
      row.element.remove()
    }
    for (const [index, peer] of shown.entries()) {
      const row = rows.get(peer.peerId) ?? makeRow(peer)
      rows.set(peer.peerId, row)
      row.show(peer)
      if (list.children[index] !== row.element) list.insertBefore(row.element, list.children[index] ?? null)
    }
    byId('no-peers').hidden = peers.length > 0
    const wallets = peers.filter((peer) => !isRelay(peer)).length
    setText(byId('peer-count'), `${wallets} ${wallets === 1 ? 'wallet' : 'wallets'}`)
  }

  function makeRow(peer) {
    const name = h('span', { class: 'peer-name', dir: 'auto' })
    const path = h('span', { class: 'badge path' })
    const rtt = h('span', { class: 'rtt' })
    const bars = h('span', { class: 'row-bars' })
    const since = h('span', { class: 'muted' })
    const relay = isRelay(peer)
    const disconnect = h('button', {
      type: 'button',
      class: 'quiet',
      text: 'Disconnect',
      on: { click: () => wallet.disconnect(peer.peerId).catch((error) => onError(error, 'Disconnecting')) },
    })
    const write = h('button', { type: 'button', class: 'quiet', text: 'Message', on: { click: () => onMessage(peer.peerId) } })
    const element = h(
      'li',
      { class: 'peer', data: { kind: relay ? 'relay' : 'wallet', peer: peer.peerId } },
      identicon(peer.peerId),
      h(
        'div',
        { class: 'peer-main' },
        h('div', { class: 'peer-title' }, name, relay && h('span', { class: 'badge', text: 'relay' })),
        h('div', { class: 'peer-sub' }, h('code', { text: shortId(peer.peerId), title: peer.peerId }), since),
      ),
      h('div', { class: 'peer-link' }, path, h('span', { class: 'peer-quality' }, bars, rtt)),
      h('div', { class: 'peer-actions' }, !relay && write, !relay && disconnect),
    )
    let drawn
    function show(latest) {
      const { transport, rttMs, since: sinceMs } = latest.connection ?? {}
      const label = wallet.nameOf(latest)
      setText(name, label)
      write.setAttribute('aria-label', `Message ${label}`)
      disconnect.setAttribute('aria-label', `Disconnect ${label}`)
      setText(path, transport ?? 'unknown')
      path.dataset.path = transport ?? ''
      path.title = transport === 'circuit' ? 'End-to-end encrypted, through the relay' : 'A direct connection'
      setText(rtt, rttText(rttMs))
      setText(since, sinceMs === undefined ? '' : `for ${duration(Math.max(1_000, Date.now() - sinceMs))}`)
      const { word } = qualityOf(rttMs)
      if (drawn !== word) bars.replaceChildren(qualityBars(rttMs))
      drawn = word
    }
    return { element, show }
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
