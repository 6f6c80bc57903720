// A sale without a marketplace: another wallet accepts an offer, and its seller signs, or does not. Nothing is paid: the signature is a hash.

import { byId, cleanText, h, setText } from './dom.js'

export const OFFER = 'swap-offer'
const TRADE = 'demo-trade'
/** How long a seller may think. */
const ANSWER_MS = 120_000
/** Sales on the page; of these at most so many wait for us. */
const MAX_ROWS = 6
const MAX_OPEN = 3
const MAX_LABEL = 80

/** @param options.onError called with a failure and what was being done. */
export function trade(wallet, { onError }) {
  const { coordinator, sdk } = wallet
  const list = byId('trades')
  let open = 0

  coordinator.registerProtocol({
    protocolName: TRADE,
    rateLimits: { messagesPerS: 1, burst: 5 },
    handleMessage: (message, from) => asked(message, from),
  })

  /** Somebody accepts an offer: ours to sign, if it is still there. */
  async function asked(message, from) {
    const id = message.payload?.id
    if (typeof id !== 'string' || id.length > MAX_LABEL) throw new sdk.P2PError('INVALID_MESSAGE', 'A sale names an offer.')
    const offer = await coordinator.getResource(OFFER, id, { creatorPeerId: wallet.peerId })
    if (offer === null) throw new sdk.P2PError('INVALID_RESOURCE', 'This offer is gone.')
    if (open >= MAX_OPEN) throw new sdk.P2PError('LIMIT_EXCEEDED', 'The seller has enough to sign at the moment.')
    open++
    const name = wallet.nameOf(from)
    const label = cleanText(id, MAX_LABEL)
    const row = addRow(`${name} accepts ${label}. Sign the sale?`)
    const answer = (text, type, payload) => async () => {
      open--
      row.say(text)
      try {
        await coordinator.reply(message, { type, payload })
        if (type === 'signed') await coordinator.withdrawResource(OFFER, id)
      } catch (error) {
        onError(error, 'Answering')
      }
    }
    const signature = await fakeSignature(JSON.stringify(offer.data), wallet.peerId)
    row.ask(`Sign ${label}`, 'Sign', answer(`You signed: ${label} goes to ${name}.`, 'signed', { signature }))
    row.ask(`Refuse ${label}`, 'Refuse', answer(`You refused ${name}.`, 'refused', null))
    wallet.log('message', `${name} accepts ${label}`, { peerId: from.peerId })
  }

  return {
    /** Accepts an offer, and waits for its seller. */
    async accept({ resourceId, creatorPeerId: seller }) {
      const label = cleanText(resourceId, MAX_LABEL)
      const row = addRow(`You accept ${label}. ${wallet.nameOfId(seller)} is asked to sign…`)
      try {
        await coordinator.connectToPeer(seller)
        wallet.traffic(seller, 'out')
        const question = { type: 'accept', payload: { id: resourceId }, protocol: TRADE }
        const { type, payload } = await coordinator.request(seller, question, { timeoutMs: ANSWER_MS })
        const name = wallet.nameOfId(seller)
        wallet.traffic(seller, 'in')
        row.say(type === 'signed' ? `${name} signed ${label}: ${cleanText(payload?.signature, 20)}` : `${name} refused ${label}.`)
      } catch (error) {
        row.say(`${label}: no sale.`)
        onError(error, 'Accepting')
      }
    },
  }

  function addRow(words) {
    const text = h('span', { text: words, dir: 'auto' })
    const element = h('li', { class: 'trade' }, text)
    list.prepend(element)
    while (list.children.length > MAX_ROWS + open) list.lastElementChild.remove()
    return {
      say(next) {
        setText(text, next)
        element.replaceChildren(text)
      },
      ask(label, word, run) {
        element.append(h('button', { type: 'button', text: word, 'aria-label': label, on: { click: run } }))
      },
    }
  }
}

/** A wallet signs a transaction here. */
async function fakeSignature(...parts) {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(parts.join('\n')))
  return Array.from(new Uint8Array(hash, 0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
