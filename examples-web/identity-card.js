// Who I am, and how well I am connected.

import { MAX_NAME } from './chat-protocol.js'
import { byId, cleanText, h, qualityBars, qualityOf, rttText, setText, shortId } from './dom.js'
import { identicon } from './identicon.js'

/** @param options.onRename called with the new display name. */
export function identityCard(wallet, { onRename }) {
  byId('my-flower').replaceChildren(identicon(wallet.peerId))
  setText(byId('my-id'), shortId(wallet.peerId))
  byId('my-id').title = wallet.peerId

  const name = byId('my-name')
  name.value = wallet.name
  const commit = () => {
    const chosen = cleanText(name.value, MAX_NAME)
    if (chosen !== '' && chosen !== wallet.name) onRename(chosen)
    name.value = wallet.name
  }
  name.addEventListener('blur', commit)
  byId('name-form').addEventListener('submit', (event) => {
    event.preventDefault()
    commit()
    name.blur()
  })

  const copy = byId('copy-id')
  copy.addEventListener('click', async () => {
    const copied = await copyText(wallet.peerId)
    setText(copy, copied ? 'Copied' : 'Press Ctrl+C')
    setTimeout(() => setText(copy, 'Copy id'), 1_500)
  })

  return { update: () => showQuality(wallet) }
}

function showQuality(wallet) {
  const rtts = wallet.relays().map((relay) => relay.connection?.rttMs)
  const best = rtts.filter((rtt) => rtt !== undefined).sort((a, b) => a - b)[0]
  const isOnline = rtts.length > 0
  const words = isOnline ? `${qualityOf(best).word} · ${rttText(best)} to the relay` : 'no relay connected'
  if (byId('quality').dataset.words !== words) {
    byId('quality').dataset.words = words
    byId('quality').replaceChildren(...(isOnline ? [qualityBars(best)] : []), h('span', { text: words }))
  }
}

/** The clipboard is for secure pages only; elsewhere the id is selected for the user to copy. */
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const element = byId('my-id')
    setText(element, text)
    getSelection().selectAllChildren(element)
    return false
  }
}
