// The page of shared-wallet.js: who is here, the wallet that they share, and its payments.
import { byId, cleanText, h, setText, shortId } from './dom.js'
import { culprits, hex, KEY, SharedWallet } from './shared-wallet.js'
import { askers, invitations } from './shared-wallet-asks.js'
import { chosenName, claimWallet, keepName } from './tab-identity.js'

const HERE = 'shared-wallet-here'
const COIN_SATS = 1_000_000n
const FEE_SATS = 2_000n
const MAX_NAME = 32
const MAX_LINES = 100
const STEPS = {
  asked: 'waits for me',
  waiting: 'waits for the others',
  commit: 'committing to nonces',
  nonce: 'exchanging nonces',
  partial: 'signing',
  signed: 'signed',
  sent: 'sent',
  failed: 'failed',
}
const ENDED = ['signed', 'sent', 'failed']

const { p2pkhScript, proveSpent, publicKeyOf, rootsOf, storedIdentity, txidOf } = window.LotusP2P
const policy = window.trustedTypes?.createPolicy('key', { createScriptURL: () => '/shared-wallet-key.js' })
const tab = await claimWallet()
/** Wallets here by peer id: { name, key }. */
const people = new Map()
const rows = new Map()
let shared = JSON.parse(localStorage.getItem(`shared-wallet:${tab}`))

// The demo server tells where its relay is. On your own page this is just ['wss://relay.example'].
const { relay } = await (await fetch('/config.json')).json()
const dialog = askers({ nameOf, accept: (id) => wallet.accept(id), reject: (id, ...why) => wallet.reject(id, ...why), attempt })
const wallet = await SharedWallet.open({
  relays: [relay],
  identity: await storedIdentity({ name: `shared-${tab}` }),
  name: `shared-${tab}`,
  worker: new Worker(policy?.createScriptURL('') ?? '/shared-wallet-key.js', { name: `shared-${tab}` }),
  ask: (request) => dialog.open(request),
  show: (session) => showPayment(session),
  // The relays of the demo are on this machine.
  allowPrivate: true,
})
const { p2p, publicKey } = wallet
const invited = invitations(p2p, { publicKey, nameOf, say, joined: share })

setText(byId('my-key'), publicKey)
byId('name').value = chosenName(`shared-${tab}`) ?? `Wallet ${publicKey.slice(-4)}`
p2p.on('status', (status) => setText(byId('status'), status))
p2p.on('error', (error) => say(`${error.code}: ${error.message}`))
byId('name-form').addEventListener('submit', (event) => {
  event.preventDefault()
  keepName(`shared-${tab}`, byId('name').value)
  attempt(announce)
})
byId('make').addEventListener('click', () => attempt(make))
byId('people').addEventListener('change', () => {
  byId('make').disabled = chosen().length === 0
})
byId('leave').addEventListener('click', () => share(null))
byId('pay-form').addEventListener('submit', (event) => {
  event.preventDefault()
  attempt(pay)
})

p2p.watchResources(HERE, {}, ({ creatorPeerId: id, data }, change) => {
  if (id === p2p.peerId) return
  const key = String(data?.key)
  if (change === 'removed' || !KEY.test(key)) people.delete(id)
  else people.set(id, { name: cleanText(data.name, MAX_NAME) || shortId(id), key })
  showPeople()
})
share(shared)
for (const session of await p2p.musig2.history()) showPayment(session)
attempt(announce)
attempt(() => p2p.start())

function announce() {
  return p2p.announceResource(HERE, p2p.peerId, { name: byId('name').value, key: publicKey }, { whileConnected: true })
}

function chosen() {
  return [...byId('people').querySelectorAll('input:checked')].map(({ value }) => value)
}

/** Invites those chosen; the wallet is there once all have joined. */
async function make() {
  const members = { [publicKey]: p2p.peerId }
  for (const id of chosen()) members[people.get(id).key] = id
  say('Asked the others to share a wallet.')
  share(await invited.make(Object.keys(members).sort(), members))
}

/** @param found { keys, members }, or null: none any more. */
function share(found) {
  shared = found
  if (found === null) localStorage.removeItem(`shared-wallet:${tab}`)
  else localStorage.setItem(`shared-wallet:${tab}`, JSON.stringify(found))
  byId('making').hidden = found !== null
  byId('sharing').hidden = found === null
  if (found === null) return
  wallet.trust(others())
  setText(byId('shared-by'), Object.values(found.members).map(nameOf).join(', '))
  setText(byId('balance'), `coins of ${COIN_SATS.toLocaleString('en')} sats`)
  setText(byId('script'), hex(wallet.scriptOf(found.keys)))
}

function others() {
  return Object.values(shared.members).filter((id) => id !== p2p.peerId)
}

async function pay() {
  const script = wallet.scriptOf(shared.keys)
  const sats = BigInt(byId('sats').value)
  // A coin that nobody has: a transaction of our own making pays it to the shared key.
  const input = { txid: crypto.getRandomValues(new Uint8Array(32)), index: 0, script: Uint8Array.of(0x51), sequence: 0xffffffff }
  const funding = { version: 2, inputs: [input], outputs: [{ sats: COIN_SATS, script }], locktime: 0 }
  const landlord = p2pkhScript(publicKeyOf(crypto.getRandomValues(new Uint8Array(32))))
  const transaction = {
    version: 2,
    inputs: [{ txid: txidOf(rootsOf(funding)), index: 0, script: new Uint8Array(0), sequence: 0xffffffff }],
    outputs: [
      { sats, script: landlord },
      { sats: COIN_SATS - FEE_SATS - sats, script },
    ],
    locktime: 0,
  }
  const members = Object.fromEntries(Object.entries(shared.members).filter(([, id]) => id !== p2p.peerId))
  const payment = { transaction, spent: [proveSpent(funding, 0)], purpose: byId('purpose').value }
  const { txid } = await wallet.pay(shared.keys, members, payment)
  say(`Signed by all: ${txid}`)
}

function showPeople() {
  const before = new Set(chosen())
  byId('people').replaceChildren(
    ...[...people].map(([id, { name }]) =>
      h(
        'li',
        {},
        h('label', {}, h('input', { type: 'checkbox', value: id, checked: before.has(id) }), `${name} (${shortId(id)})`),
      ),
    ),
  )
  byId('make').disabled = chosen().length === 0
  if (shared !== null) setText(byId('shared-by'), Object.values(shared.members).map(nameOf).join(', '))
}

/** One payment as it stands. */
function showPayment(session) {
  const { id, role, step, members, summary, failure, transaction } = session
  dialog.changed(session)
  const sent = `${summary.sendsSats.toLocaleString('en')} sats for “${cleanText(summary.purpose, 60)}”`
  const row = h(
    'li',
    { data: { step } },
    h('span', { class: 'head', text: `${role === 'initiator' ? 'I propose' : 'I was asked for'} ${sent}` }),
    h('span', { class: 'step', text: STEPS[step] }),
    h(
      'span',
      { class: 'members' },
      ...members.map(({ peerId, state }) => h('span', {}, h('b', { text: nameOf(peerId) }), ` ${state}`)),
    ),
    failure && h('span', { class: 'failure', text: [culprits(session, nameOf), failure.message].filter(Boolean).join(': ') }),
    transaction && h('details', {}, h('summary', { text: 'Transaction' }), h('code', { class: 'bytes', text: transaction })),
    !ENDED.includes(step) &&
      h('button', { type: 'button', class: 'quiet', text: 'Cancel', on: { click: () => wallet.reject(id, 'cancelled') } }),
  )
  const old = rows.get(id)
  rows.set(id, row)
  if (old === undefined) byId('payments').prepend(row)
  else old.replaceWith(row)
}

function nameOf(id) {
  return id === p2p.peerId ? byId('name').value : (people.get(id)?.name ?? shortId(id))
}

async function attempt(run) {
  try {
    await run()
  } catch (error) {
    say(`${error.details?.reason ?? error.code ?? 'Refused'}: ${error.message}`)
  }
}

function say(text) {
  byId('log').append(h('li', { text }))
  if (byId('log').children.length > MAX_LINES) byId('log').firstElementChild.remove()
}
