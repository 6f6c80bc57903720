// One peer in the list: its path, how it is doing, and what can be done with it.

import { duration, h, qualityBars, qualityOf, rttText, setText, shortId, timeOf } from './dom.js'
import { identicon } from './identicon.js'
import { pathBadge } from './path-badge.js'
import { isRelay } from './wallet.js'

const AWAY = {
  asleep: 'It said that it sleeps, as a page does too that is left; messages wait for it until it is back',
  reconnecting: 'The network broke the connection; it is made anew by itself',
  away: 'It has left, and may come back; messages wait for it',
}

/** A loss that is not mended by then takes longer: the SDK goes on, but nobody should wait for it. */
const SOON_MS = 15_000

/** What to say of a peer that is not connected. While we sleep ourselves, nobody is. */
function absenceOf({ why, since }, wallet) {
  if (wallet.isAsleep || why === 'asleep') return wallet.isAsleep ? 'away' : 'asleep'
  return why === 'lost' && Date.now() - since < SOON_MS ? 'reconnecting' : 'away'
}

/** @param options.onMessage called with a peer id when the user wants to write to it; `onError` with what failed. */
export function peerRow(wallet, peer, { onMessage, onError }) {
  const { peerId } = peer
  const relay = isRelay(peer)
  const name = h('span', { class: 'peer-name', dir: 'auto' })
  const path = pathBadge()
  const rtt = h('span', { class: 'rtt' })
  const bars = h('span', { class: 'row-bars' })
  const since = h('span', { class: 'since' })
  const action = (text, title, run, kind = '') =>
    h('button', { type: 'button', class: `quiet ${kind}`, text, title, on: { click: run } })
  const attempt = async (run, doing) => {
    try {
      await run()
    } catch (error) {
      onError(error, doing)
    }
  }

  const write = action('Message', undefined, () => onMessage(peerId))
  const kill = action(
    'Kill path',
    'Break this path, as a network would: another takes over, or the connection is made anew',
    () => attempt(() => wallet.killPath(peerId), 'Killing the path'),
    'danger',
  )
  const disconnect = action(
    'Disconnect',
    'Say goodbye, and do not look for it again',
    () => attempt(() => wallet.disconnect(peerId), 'Disconnecting'),
    'danger',
  )
  const forget = action('Forget', 'Take it off the list', () => wallet.forget(peerId))
  const element = h(
    'li',
    { class: 'peer', data: { kind: relay ? 'relay' : 'wallet', peer: peerId } },
    identicon(peerId),
    h(
      'div',
      { class: 'peer-main' },
      h('div', { class: 'peer-title' }, name, relay && h('span', { class: 'badge', text: 'relay' })),
      h('div', { class: 'peer-sub' }, h('code', { text: shortId(peerId), title: peerId }), since),
    ),
    h('div', { class: 'peer-link' }, path.element, h('span', { class: 'peer-quality' }, bars, rtt)),
    h('div', { class: 'peer-actions' }, !relay && write, kill, !relay && disconnect, forget),
  )

  let drawn
  function show(latest) {
    const { connection, away } = latest
    const label = wallet.nameOf(latest)
    setText(name, label)
    for (const [button, what] of [
      [write, 'Message'],
      [kill, 'Kill the path to'],
      [disconnect, 'Disconnect'],
      [forget, 'Forget'],
    ])
      button.setAttribute('aria-label', `${what} ${label}`)

    const isAway = connection === undefined
    element.dataset.state = isAway ? 'away' : 'connected'
    kill.hidden = disconnect.hidden = isAway
    forget.hidden = !isAway
    if (isAway) path.show(absenceOf(away, wallet), AWAY[absenceOf(away, wallet)])
    else path.show(connection.transport)

    const sinceMs = isAway ? away.since : wallet.pathSince(latest)
    const long = `for ${duration(Math.max(1_000, Date.now() - sinceMs))}`
    setText(since, isAway ? '' : long)
    setText(rtt, isAway ? long : rttText(connection.rttMs))
    since.title = `By this path since ${timeOf(sinceMs)}`
    rtt.title = isAway ? `Away since ${timeOf(sinceMs)}` : 'Round-trip time'

    const word = isAway ? '' : qualityOf(connection.rttMs).word
    if (drawn !== word) bars.replaceChildren(...(isAway ? [] : [qualityBars(connection.rttMs)]))
    drawn = word
  }
  return { element, show }
}
