// The way of what goes by the onion: guard, middle and exit, as the wallet has drawn them, and what each of them sees. Where there are too
// few hops the card says so, and what that means.

import { byId, cleanText, h, many, setText, shortId } from './dom.js'
import { identicon } from './identicon.js'

/** What is looked up by the onion: offers, as the card of resources has them. */
const TYPE = 'swap-offer'
const LOOK_UP_MS = 30_000
const MAX_OPERATOR = 40

const SEES = {
  you: 'Your questions are sealed here, once for each hop.',
  guard: 'Sees your network address and an identity that only it knows. Not what you ask, nor whom.',
  middle: 'Sees the relay before it and the one behind it. Neither you, nor what you ask.',
  exit: 'Sees what you look up, and asks for you. Not who you are.',
  asked: 'Sees a question of the exit.',
}

/** @param options.onError called with a failure and what was being done. */
export function onionPath(wallet, { onError }) {
  const section = byId('onion-path')
  const button = byId('onion-look-up')
  let shown = ''
  let isAsking = false
  let hasAsked = false

  async function lookUp() {
    isAsking = true
    hasAsked = true
    update()
    setText(byId('onion-result'), 'On its way…')
    const startedAt = performance.now()
    try {
      const found = await wallet.onionIdentity().discover(TYPE, null, { timeoutMs: LOOK_UP_MS })
      setText(byId('onion-result'), `${many(found.length, 'offer')} found in ${Math.round(performance.now() - startedAt)} ms`)
    } catch (error) {
      setText(byId('onion-result'), `No answer: ${error.code ?? error.name}`)
      onError(error, 'Looking up by the onion')
    } finally {
      isAsking = false
      update()
    }
  }
  button.addEventListener('click', () => void lookUp())

  function update() {
    const isChosen = wallet.privacy === 'onion'
    const status = isChosen ? wallet.onionStatus() : undefined
    section.hidden = status === undefined
    if (status === undefined) return
    const state = onionState(status)
    section.dataset.state = state.phase
    button.disabled = state.phase !== 'ready' || isAsking
    // The first one by itself, so that there is a way to see.
    if (state.phase === 'ready' && !hasAsked) void lookUp()
    setText(byId('onion-text'), state.text)
    setText(byId('onion-facts'), state.facts)
    const signature = JSON.stringify([state.hops, wallet.name])
    if (signature === shown) return
    shown = signature
    byId('onion-hops').replaceChildren(...wayOf(state.hops, wallet))
  }

  return { update }
}

/**
 * What `onion.status()` says, in words.
 *
 * @returns `phase`: 'seeking' | 'few' | 'ready'; `text`; `facts`; `hops`: those of the last packet, from the guard on.
 */
export function onionState({ guards, hops, operators, minOperators, path, problem }) {
  const facts = `${many(hops, 'hop')}, ${many(operators, 'operator')}, ${many(guards, 'guard')} connected`
  const known = path.map(({ peerId, operator, address }, i) => ({
    role: i === 0 ? 'guard' : i === path.length - 1 ? 'exit' : 'middle',
    peerId,
    address,
    operator: cleanText(operator, MAX_OPERATOR),
  }))
  if (operators >= minOperators && guards > 0) return { phase: 'ready', text: readyText(known), facts, hops: known }
  if (problem === undefined && hops === 0) {
    return { phase: 'seeking', text: 'Asking the relays who of them is a hop…', facts, hops: [] }
  }
  // Hops are known, and no guard is connected yet.
  if (problem === undefined && operators >= minOperators) {
    return { phase: 'seeking', text: 'Connecting to a guard…', facts, hops: [] }
  }
  const code = problem?.code ?? 'ONION_TOO_FEW_OPERATORS'
  return {
    phase: 'few',
    text: `Too few hops: ${hops === 0 ? 'none is' : `${hops} of ${many(operators, 'operator')} ${hops === 1 ? 'is' : 'are'}`} known, and a path needs three, of three operators; with fewer, one of them could see both ends. So nothing goes by the onion: a call by it fails with ${code}. You are hidden as with “Relayed” and no better: your relays see who you talk with, when, and what you look up.`,
    facts,
    hops: [],
  }
}

function readyText(hops) {
  const where = hops.every(({ address }) => /^wss?:\/\/(localhost|127\.|\[::1\])/i.test(address))
    ? ' All hops of this demo run on one machine, so here they hide nothing from whoever runs it.'
    : ''
  return `Each question takes a way of its own, and the answer another one back. Only what an application sends by wallet.onion goes this way: chat and offers above do not.${where}`
}

/** The steps of the way, with this wallet before and the one that is asked behind it. */
function wayOf(hops, wallet) {
  const shown = hops.length > 0 ? hops : [{ role: 'guard' }, { role: 'middle' }, { role: 'exit' }]
  return [
    step({ role: 'you', title: 'You', name: wallet.name, peerId: wallet.peerId }),
    ...shown.map(({ role, operator, peerId, address }) =>
      step({ role, title: TITLES[role], name: operator || (address ?? 'Not drawn yet'), peerId, address }),
    ),
    step({ role: 'asked', title: 'The DHT', name: `Offers: ${TYPE}` }),
  ]
}

const TITLES = { guard: 'Guard', middle: 'Middle', exit: 'Exit' }

function step({ role, title, name, peerId, address }) {
  return h(
    'li',
    { class: 'onion-hop', data: { role, ...(peerId !== undefined && { peer: peerId }) } },
    h('span', { class: 'onion-face', 'aria-hidden': 'true' }, peerId === undefined ? undefined : identicon(peerId)),
    h(
      'div',
      { class: 'onion-words' },
      h('strong', { text: title }),
      h('span', { class: 'onion-name', text: name, dir: 'auto', title: address }),
      peerId === undefined ? undefined : h('code', { text: shortId(peerId), title: peerId }),
      h('p', { class: 'muted', text: SEES[role] }),
    ),
  )
}
