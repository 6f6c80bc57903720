// Letters to wallets that are away, with lotus-p2p/mail: `mail.html?wallet=bob` is Bob, whose key and letters this browser keeps.
const { indexedDbStore, mailbox, P2PCoordinator, storedIdentity } = window.LotusP2P

const byId = (id) => document.getElementById(id)
const MAX_LINES = 100
const LIFETIME_S = 86_400
const STATES = {
  waiting: 'waits for the other wallet',
  direct: 'is handed over',
  mailing: 'is brought to a mailbox',
  mailed: 'lies at a mailbox: you may close this page',
}

const name = (new URL(location.href).searchParams.get('wallet') ?? 'alice').slice(0, 32)
const title = name.charAt(0).toUpperCase() + name.slice(1)
byId('name').textContent = title
document.title = `${title}: letters`

// The demo server tells where its relay is. On your own page this is just ['wss://relay.example'].
const { relay } = await (await fetch('/config.json')).json()
const wallet = new P2PCoordinator({
  bootstrap: [relay],
  // The relays of the demo are on this machine.
  allowPrivate: true,
  identity: await storedIdentity({ name: `mail-${name}` }),
  store: indexedDbStore(`mail-${name}`),
  plugins: [mailbox({ count: 1, strangers: { bits: 12 } })],
})
/** Names of wallets by their ids. */
const names = new Map()
/** Texts of letters of ours, by message id. */
const texts = new Map()

wallet.on('status', (status) => {
  byId('status').textContent = status
})
wallet.on('error', (error) => say(`${error.code}: ${error.message}`))
wallet.on('message', ({ payload, protocol, mailed, sentAt, redelivered }, from) => {
  if (protocol !== 'letters') return
  const how = mailed ? `by mail, written ${new Date(sentAt).toLocaleString()}` : 'directly'
  row(
    'letters',
    `${nameOf(from.peerId)}: ${String(payload?.text).slice(0, 400)}`,
    `${how}${redelivered ? ', perhaps a second time' : ''}`,
  )
})
wallet.on('mailed', ({ messageId }) => say(`“${texts.get(messageId) ?? 'A letter'}” lies at a mailbox`))
wallet.on('mail-receipt', ({ messageId, peerId, receipt }) => {
  const what = texts.get(messageId) ?? 'a letter of before'
  say(receipt === 'delivered' ? `${nameOf(peerId)} has had “${what}”` : `nobody knows what became of “${what}”`)
})

byId('letter').addEventListener('submit', (event) => {
  event.preventDefault()
  void send(byId('to').value, byId('text').value, byId('sealed').checked)
})
byId('sealed').addEventListener('change', () => {
  byId('depositor').textContent = byId('sealed').checked
    ? 'an identity that is used for ten letters to one recipient at most, and for nothing else'
    : 'the wallet that brings it, by its peer id'
})

wallet.watchResources('mail-demo', {}, ({ creatorPeerId, data }) => {
  if (creatorPeerId === wallet.peerId || names.get(creatorPeerId) === String(data?.name)) return
  names.set(creatorPeerId, String(data?.name).slice(0, 32))
  const known = [...byId('to').options].find(({ value }) => value === creatorPeerId)
  const option = known ?? document.createElement('option')
  option.value = creatorPeerId
  option.textContent = names.get(creatorPeerId)
  if (known === undefined) byId('to').append(option)
})
setInterval(show, 500)

try {
  await wallet.start()
  byId('peer-id').textContent = wallet.peerId
  byId('status').textContent = wallet.status
  // It is told for a day, also while this wallet is away: whoever reads it can write.
  await wallet.announceResource('mail-demo', name, { name: title }, { ttl: LIFETIME_S })
} catch (error) {
  say(`${error.code}: ${error.message}`)
}

async function send(to, text, sealed) {
  try {
    const message = { type: 'letter', protocol: 'letters', payload: { text } }
    const queued = await wallet.sendTo(to, message, { queue: true, ttl: LIFETIME_S, sealed })
    texts.set(queued.messageId, text)
    show()
    if ((await queued.outcome) === 'delivered') say(`${nameOf(to)} has had “${text}”`)
  } catch (error) {
    say(`${error.code}: ${error.message}`)
  }
}

/** What is on its way, and where mail for us is kept. */
function show() {
  byId('waiting').replaceChildren()
  for (const { messageId, peerId, state } of wallet.mail.waiting()) {
    const cancel = document.createElement('button')
    cancel.type = 'button'
    cancel.textContent = 'Take back'
    cancel.hidden = state === 'mailed'
    cancel.addEventListener('click', () => say(wallet.mail.cancel(messageId) ? 'taken back' : 'too late: it has left'))
    row('waiting', `To ${nameOf(peerId)}: ${texts.get(messageId) ?? 'a letter of before'}`, STATES[state], cancel)
  }
  const boxes = wallet.mail.boxes().filter(({ isOpen }) => isOpen)
  byId('boxes').textContent =
    boxes.length === 0 ? 'none yet' : `${boxes.length}, at ${boxes.map(({ address }) => address ?? 'a relay').join(', ')}`
}

function nameOf(id) {
  return names.get(id) ?? `${id.slice(0, 10)}…`
}

/** What peers say becomes text, never markup. */
function row(list, text, how, ...buttons) {
  const item = document.createElement('li')
  const label = document.createElement('span')
  label.textContent = text
  const about = document.createElement('small')
  about.textContent = how
  item.append(label, about, ...buttons)
  byId(list).append(item)
}

function say(text) {
  const line = document.createElement('li')
  line.textContent = text
  byId('log').append(line)
  if (byId('log').children.length > MAX_LINES) byId('log').firstElementChild.remove()
}
