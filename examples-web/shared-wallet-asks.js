// What a shared wallet asks its user: to join, and to sign.
import { byId, cleanText, h } from './dom.js'
import { hex, KEY } from './shared-wallet.js'

const PROTOCOL = 'shared-wallet/1'
const MOST_MEMBERS = 15
const MAX_INVITATIONS = 3

/** The dialog that asks whether to sign. Requests wait in a queue. */
export function askers({ nameOf, accept, reject, attempt }) {
  const dialog = byId('ask')
  const queue = []
  const next = () => {
    const [request] = queue
    if (request === undefined) return dialog.close()
    byId('ask-body').replaceChildren(...describe(request, nameOf))
    if (!dialog.open) dialog.showModal()
  }
  const decide = (run) => () => {
    const request = queue.shift()
    next()
    if (request !== undefined) attempt(() => run(request.id))
  }
  byId('ask-accept').addEventListener('click', decide(accept))
  byId('ask-reject').addEventListener(
    'click',
    decide((id) => reject(id, 'declined', 'The user said no.')),
  )
  dialog.addEventListener('cancel', (event) => event.preventDefault())
  return {
    open(request) {
      queue.push(request)
      if (queue.length === 1) next()
    },
    /** One that has ended meanwhile needs no answer. */
    changed({ id, step }) {
      const at = queue.findIndex((request) => request.id === id)
      if (at < 0 || step === 'asked') return
      queue.splice(at, 1)
      if (at === 0) next()
    },
  }
}

/** What would be signed, read from the transaction; the proposer's words last. */
function describe({ from, summary }, nameOf) {
  const sats = (amount) => `${amount.toLocaleString('en')} sats`
  const to = ({ script, isOurs }) => (isOurs ? 'back to this wallet' : `to ${hex(script)}`)
  const row = (left, right) => h('tr', {}, h('td', { text: left }), h('td', { text: right }))
  return [
    h('p', { text: `${nameOf(from)} asks. The payment:` }),
    h(
      'table',
      {},
      h('tbody', {}, ...summary.outputs.map((output) => row(to(output), sats(output.sats))), row('fee', sats(summary.fee))),
    ),
    ...summary.warnings.map((warning) => h('p', { class: 'warning', text: `Look twice: ${warning}` })),
    h('p', { class: 'words', text: `${nameOf(from)}’s words: “${cleanText(summary.purpose, 200)}”` }),
    h('p', { class: 'words', text: `Until ${new Date(summary.expiresAt).toLocaleTimeString()}` }),
  ]
}

/** Invitations to share a wallet. */
export function invitations(p2p, { publicKey, nameOf, say, joined }) {
  const list = byId('invitations')
  let making
  p2p.registerProtocol({
    protocolName: PROTOCOL,
    rateLimits: { messagesPerS: 1, burst: 10 },
    handleMessage: async ({ type, payload }, { peerId }) => {
      if (type === 'invite') show(peerId, payload)
      if (type === 'join' || type === 'decline') making?.(peerId, type)
    },
  })
  const send = (to, type, payload) => p2p.sendTo(to, { type, payload, protocol: PROTOCOL })

  function show(from, payload) {
    const found = readInvitation(payload)
    if (found?.members[publicKey] !== p2p.peerId || !Object.values(found.members).includes(from)) return
    if (list.children.length >= MAX_INVITATIONS) return
    const row = h('li', {})
    const answer = (type) => async () => {
      row.remove()
      if (type === 'join') joined(found)
      await send(from, type, null).catch((error) => say(`${error.code}: ${error.message}`))
    }
    const others = Object.values(found.members).filter((id) => id !== p2p.peerId)
    row.append(
      h('span', { text: `${nameOf(from)} invites me to share a wallet: ${others.map(nameOf).join(', ')} and me` }),
      h('button', { type: 'button', text: 'Join', on: { click: answer('join') } }),
      h('button', { type: 'button', class: 'quiet', text: 'Decline', on: { click: answer('decline') } }),
    )
    list.append(row)
  }

  return {
    /** Resolves once all others have joined; rejects where one declines. */
    async make(keys, members) {
      const waiting = new Set(Object.values(members).filter((id) => id !== p2p.peerId))
      const all = new Promise((resolve, reject) => {
        making = (peerId, type) => {
          if (!waiting.has(peerId)) return
          if (type === 'decline') reject(new Error(`${nameOf(peerId)} does not join.`))
          waiting.delete(peerId)
          say(`${nameOf(peerId)} has joined.`)
          if (waiting.size === 0) resolve()
        }
      })
      all.catch(() => {})
      for (const id of [...waiting]) {
        await p2p.connectToPeer(id)
        await send(id, 'invite', { keys, members })
      }
      await all
      making = undefined
      return { keys, members }
    },
  }
}

/** A peer may send anything. */
function readInvitation(payload) {
  const { keys, members } = payload ?? {}
  if (!Array.isArray(keys) || keys.length < 2 || keys.length > MOST_MEMBERS || new Set(keys).size !== keys.length)
    return undefined
  if (!keys.every((key) => typeof key === 'string' && KEY.test(key) && window.LotusP2P.isPeerId(members?.[key]))) return undefined
  return { keys, members: Object.fromEntries(keys.map((key) => [key, members[key]])) }
}
