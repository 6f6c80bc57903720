// What was said, and the box to say more: to one wallet, or to all.

import { MAX_TEXT } from './chat-protocol.js'
import { beforePaint, byId, cleanText, duration, h, setText, timeOf } from './dom.js'
import { hueOf, identicon } from './identicon.js'

/** A delivery that took longer than this says how long. */
const LONG_MS = 2_000
/** Messages kept on the page. */
const MAX_MESSAGES = 200
const ALL = 'all'

/** @param options.onError called with a failure and what was being done. */
export function conversation(wallet, { onError }) {
  const list = byId('messages')
  const target = byId('message-target')
  const input = byId('message-text')
  const button = byId('message-send')
  /** What makes each bubble that is not yet drawn: a flood between two paints costs no more than what stays on the page. */
  let waiting = []

  const draw = beforePaint(() => {
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60
    list.append(...waiting.map((make) => make()))
    waiting = []
    while (list.children.length > MAX_MESSAGES) list.firstElementChild.remove()
    byId('no-messages').hidden = list.children.length > 0
    if (atEnd) list.scrollTop = list.scrollHeight
  })

  function add(make) {
    waiting.push(make)
    if (waiting.length > MAX_MESSAGES) waiting.shift()
    draw()
  }

  wallet.addEventListener('chat', ({ detail }) => {
    const { peerId, name, text, toAll } = detail
    const scope = toAll ? 'to all connected' : 'to you alone'
    const answer = () => choose(peerId)
    const at = Date.now()
    add(() => bubbleOf({ direction: 'in', peerId, name, text, scope, at, answer }).element)
  })

  byId('message-form').addEventListener('submit', (event) => {
    event.preventDefault()
    send()
  })
  target.addEventListener('change', showButton)
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    send()
  })

  async function send() {
    const text = cleanText(input.value, MAX_TEXT, { lines: true })
    if (text === '' || button.disabled) return input.focus()
    const to = target.value
    input.value = ''
    const name = to === ALL ? 'all connected' : wallet.nameOfId(to)
    const bubble = bubbleOf({ direction: 'out', peerId: wallet.peerId, name: 'You', text, scope: `to ${name}`, at: Date.now() })
    add(() => bubble.element)
    try {
      if (to === ALL) bubble.state('ok', await sendToAll(text))
      else await sendToOne(to, text, bubble)
    } catch (error) {
      bubble.state('failed', `not delivered: ${error.code ?? error.name}`)
      onError(error, `Sending to ${name}`)
    }
  }

  /** The wallet may be away: the bubble says so until it has the message, or too long has passed. */
  async function sendToOne(to, text, bubble) {
    const began = performance.now()
    bubble.state('waiting', 'waiting')
    if ((await wallet.sayTo(to, text)) === 'expired') return bubble.state('failed', 'expired')
    const took = performance.now() - began
    bubble.state('ok', took > LONG_MS ? `delivered after ${duration(took)}` : 'delivered')
  }

  async function sendToAll(text) {
    const { sent, failed } = await wallet.sayToAll(text)
    if (failed.length > 0) onError(failed[0].error, `Sending to ${wallet.nameOfId(failed[0].peerId)}`)
    return failed.length > 0 ? `sent to ${sent.length}, failed for ${failed.length}` : `sent to ${sent.length}`
  }

  /** The wallets one can write to, those that are away too; the choice is kept while its wallet is known. */
  function update() {
    const wallets = wallet.wallets()
    const options = [
      [ALL, `All connected (${wallets.length})`],
      ...wallets.map((peer) => [peer.peerId, wallet.nameOf(peer)]),
      ...wallet.awayWallets().map((peer) => [peer.peerId, `${wallet.nameOf(peer)} (away)`]),
    ]
    const signature = JSON.stringify(options)
    if (target.dataset.options !== signature) {
      const chosen = target.value
      target.dataset.options = signature
      target.replaceChildren(...options.map(([value, text]) => h('option', { value, text })))
      target.value = options.some(([value]) => value === chosen) ? chosen : ALL
    }
    setText(byId('no-messages'), wayOf(wallets))
    showButton()
  }

  function showButton() {
    button.disabled = target.value === ALL && wallet.wallets().length === 0
  }

  function choose(peerId) {
    if ([...target.options].some(({ value }) => value === peerId)) target.value = peerId
    showButton()
    input.focus()
  }

  return { update, choose }
}

/** How what is said gets to the others. */
function wayOf(wallets) {
  const relayed = wallets.filter(({ connection }) => connection?.transport === 'circuit').length
  if (wallets.length === 0) return 'Nobody is connected yet. What you write is for the wallets that are.'
  if (relayed === 0) return 'Say something. It goes straight from browser to browser, encrypted.'
  return `Say something. The relay carries it${relayed < wallets.length ? ' to some' : ''}, and cannot read it.`
}

function bubbleOf({ direction, peerId, name, text, scope, at, answer }) {
  const state = h('span', { class: 'delivery' })
  const author =
    answer === undefined
      ? h('span', { class: 'author', text: name })
      : h('button', { type: 'button', class: 'author', text: name, title: 'Answer', dir: 'auto', on: { click: answer } })
  const element = h(
    'li',
    { class: 'bubble', data: { direction }, css: { '--hue': hueOf(peerId) } },
    direction === 'in' && identicon(peerId),
    h(
      'div',
      { class: 'bubble-body' },
      h('div', { class: 'bubble-head' }, author, h('span', { class: 'scope', text: scope, dir: 'auto' })),
      h('p', { text, dir: 'auto' }),
      h('div', { class: 'bubble-foot' }, h('time', { text: timeOf(at) }), state),
    ),
  )
  return {
    element,
    state(kind, words) {
      state.dataset.kind = kind
      setText(state, words)
    },
  }
}
