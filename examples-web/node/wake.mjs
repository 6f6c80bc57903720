// Waking a device: a letter comes for a wallet that is asleep, and its relay knocks at the push service that the wallet has named.
//
//   npm run build && node examples-web/node/wake.mjs
//
// What is sent is Web Push without content: a POST that the relay's operator signs (VAPID, RFC 8292). In place of the browser and its
// vendor's service, a few lines below play both.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { P2PCoordinator } from 'lotus-p2p'
import { mailbox } from 'lotus-p2p/mail'
import { memoryMail, startRelay } from 'lotus-p2p/node'

const push = await pushService()

// The operator's key pair. A page subscribes with its public half: `pushManager.subscribe({ userVisibleOnly: true, applicationServerKey })`.
const vapid = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
const applicationServerKey = base64url(await crypto.subtle.exportKey('raw', vapid.publicKey))

// The hosts that the relay calls: what a stranger has left is not to make it call any others. In earnest:
// fcm.googleapis.com, updates.push.services.mozilla.com, web.push.apple.com, *.notify.windows.com, by https alone.
const services = new Set([push.origin])

const relay = await startRelay({ port: 0, host: '127.0.0.1', mail: memoryMail(), onMail: wakeUp })

async function wakeUp({ wake, waiting }) {
  const { endpoint } = JSON.parse(wake)
  const { origin } = new URL(endpoint)
  if (!services.has(origin)) return
  console.log(`The relay knocks: ${waiting} letter for a wallet that is asleep`)
  const Authorization = `vapid t=${await tokenFor(origin)}, k=${applicationServerKey}`
  await fetch(endpoint, { method: 'POST', redirect: 'error', headers: { Authorization, TTL: '3600', Urgency: 'high' } })
}

// RFC 8292 §2: a JWT signed with ES256, for one push service and 12 hours.
async function tokenFor(aud) {
  const parts = [
    { typ: 'JWT', alg: 'ES256' },
    { aud, exp: Math.floor(Date.now() / 1_000) + 43_200, sub: 'mailto:operator@relay.example' },
  ]
  const text = parts.map((part) => base64url(new TextEncoder().encode(JSON.stringify(part)))).join('.')
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, vapid.privateKey, new TextEncoder().encode(text))
  return `${text}.${base64url(signature)}`
}

// Bob leaves word how he is woken. In a page: `wake: JSON.stringify(await registration.pushManager.subscribe(…))`.
const options = { bootstrap: [relay.url], plugins: [mailbox({ count: 1, wake: JSON.stringify({ endpoint: push.endpoint }) })] }
const bob = new P2PCoordinator(options)
const alice = new P2PCoordinator({ bootstrap: [relay.url], plugins: [mailbox({ count: 1 })] })
const bobIsReachable = reachable(bob)
await Promise.all([bob.start(), alice.start()])
await bobIsReachable
const card = bob.mail.card()
const bobId = await alice.mail.addCard(card)
await bob.shutdown()
console.log('Bob is asleep')

const knocked = once(push.server, 'knock')
const { outcome } = await alice.sendTo(bobId, { type: 'note', payload: 'Wake up!' }, { queue: true })
console.log(`Alice's letter is ${await outcome}`)
const [isGenuine] = await knocked
console.log(`The push service wakes Bob's device: ${isGenuine ? 'the operator has signed it' : 'who is this?'}`)

await alice.shutdown()
await relay.stop()
push.server.close()

/** Resolves once a mailbox is open, and its relay has the card for whoever asks. */
function reachable(wallet) {
  return new Promise((resolve) => wallet.on('mailbox', ({ isOpen, hasCard }) => isOpen && hasCard && resolve()))
}

/** What the vendor of a browser runs: it checks who knocks, and wakes the service worker, whose `push` event opens the wallet. */
async function pushService() {
  const server = createServer(async ({ headers }, response) => {
    const [, token, key] = /^vapid t=(\S+), k=(\S+)$/.exec(headers.authorization ?? '') ?? []
    response.writeHead(201).end()
    server.emit('knock', token !== undefined && key === applicationServerKey && (await isSigned(token, key)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${server.address().port}`
  return { server, origin, endpoint: `${origin}/subscription/bob` }
}

async function isSigned(token, key) {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const publicKey = await crypto.subtle.importKey('raw', Buffer.from(key, 'base64url'), algorithm, false, ['verify'])
  const at = token.lastIndexOf('.')
  const signature = Buffer.from(token.slice(at + 1), 'base64url')
  return crypto.subtle.verify(algorithm, publicKey, signature, new TextEncoder().encode(token.slice(0, at)))
}

function base64url(bytes) {
  return Buffer.from(bytes).toString('base64url')
}
