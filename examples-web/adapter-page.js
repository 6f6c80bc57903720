// The page of adapter.js: shows what it tells, and asks it for what its buttons say.
import { WalletP2P } from './adapter.js'

const byId = (id) => document.getElementById(id)
const MAX_LINES = 100
const STEPS = ['checking', 'signing']

const policy = window.trustedTypes?.createPolicy('key', { createScriptURL: () => '/adapter-key.js' })
// The demo server tells where its relay is. On your own page this is just ['wss://relay.example'].
const { relay } = await (await fetch('/config.json')).json()
const wallet = await WalletP2P.open({
  relays: [relay],
  key: new Worker(policy?.createScriptURL('') ?? '/adapter-key.js'),
  // The relays of the demo are on this machine.
  allowPrivate: true,
})
/** What is shown in each list, by a key. */
const rows = { wallets: new Map(), offers: new Map(), requests: new Map() }
const names = new Map()

byId('peer-id').textContent = wallet.peerId()
byId('name').value = localStorage.getItem('adapter-name') ?? `Wallet ${wallet.peerId().slice(-4)}`

wallet.addEventListener('status', ({ detail }) => {
  byId('status').textContent = detail.status
})
wallet.addEventListener('text', ({ detail }) => say(`${nameOf(detail.from)}: ${detail.text.slice(0, 200)}`))
wallet.addEventListener('request', ({ detail }) => showRequest(detail))
wallet.addEventListener('error', ({ detail }) => say(`${detail.error.code}: ${detail.error.message}`))
for (const open of wallet.requests()) showRequest(open)

byId('reconnect').addEventListener('click', () => wallet.reconnect())
byId('name-form').addEventListener('submit', (event) => {
  event.preventDefault()
  const name = byId('name').value
  localStorage.setItem('adapter-name', name)
  attempt(() => wallet.setPresence({ name }))
})
byId('offer-form').addEventListener('submit', (event) => {
  event.preventDefault()
  const what = byId('offer').value
  attempt(() => wallet.advertise('adapter-offer', what, { what }))
})

wallet.subscribe('presence', {}, ({ creatorPeerId: id, data }, change) => {
  const greet = button('Say hello', async () => say(`my hello was ${await wallet.send(id, 'Hello!')}`))
  names.set(id, String(data?.name))
  // One that is away can be written to: the adapter keeps the message until it is back.
  if (id !== wallet.peerId()) show('wallets', id, [change === 'removed' ? `${names.get(id)}, away` : names.get(id), greet])
})
wallet.subscribe('adapter-offer', {}, ({ resourceId, creatorPeerId: seller, data }, change) => {
  const isOwn = seller === wallet.peerId()
  const act = isOwn
    ? button('Withdraw', () => wallet.withdraw('adapter-offer', resourceId))
    : button('Buy', () => buy(seller, String(data?.what)))
  const text = `${String(data?.what)}, by ${isOwn ? 'me' : nameOf(seller)}`
  show('offers', `${seller}/${resourceId}`, change !== 'removed' && [text, act])
})
attempt(() => wallet.setPresence({ name: byId('name').value }))
attempt(() => wallet.connect())

/** Asks the seller to sign; says each step. */
async function buy(seller, what) {
  say(`asked ${nameOf(seller)} to sign the sale of ${what}`)
  const signature = await wallet.request(seller, { what }, (state, step) => say(`${nameOf(seller)}: ${step ?? state}`))
  say(`${nameOf(seller)} has signed: ${String(signature).slice(0, 40)}`)
}

function showRequest({ id, from, body }) {
  const end = () => show('requests', id, false)
  const sign = button('Accept', async () => {
    end()
    await wallet.accept(id)
    for (const step of STEPS) await wallet.progress(id, step)
    // A real wallet signs a transaction here.
    await wallet.complete(id, `signature of ${String(body?.what)}`)
  })
  const refuse = button('Reject', async () => {
    end()
    await wallet.reject(id, 'The user said no.')
  })
  show('requests', id, [`${nameOf(from)} asks me to sign the sale of ${String(body?.what)}`, sign, refuse])
}

function nameOf(id) {
  return names.get(id) ?? `${id.slice(0, 10)}…`
}

/** Puts a row into a list, or takes it out of it. What peers say becomes text, never markup. */
function show(list, key, parts) {
  const old = rows[list].get(key)
  rows[list].delete(key)
  if (!parts) return old?.remove()
  const row = document.createElement('li')
  const [text, ...buttons] = parts
  const label = document.createElement('span')
  label.textContent = text.slice(0, 200)
  row.append(label, ...buttons)
  rows[list].set(key, row)
  if (old === undefined) byId(list).append(row)
  else old.replaceWith(row)
}

function button(text, run) {
  const element = document.createElement('button')
  element.type = 'button'
  element.textContent = text
  element.addEventListener('click', () => attempt(run))
  return element
}

async function attempt(run) {
  try {
    await run()
  } catch (error) {
    say(`${error.code ?? 'refused'}: ${error.message}`)
  }
}

function say(text) {
  const line = document.createElement('li')
  line.textContent = text
  byId('log').append(line)
  if (byId('log').children.length > MAX_LINES) byId('log').firstElementChild.remove()
}
