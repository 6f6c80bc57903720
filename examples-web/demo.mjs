// The demo: relays, and an HTTP server for its pages. `npm run demo` builds the SDK first.
//
//   node examples-web/demo.mjs [--port 8080] [--relay-port 8787] [--relays 3] [--host 127.0.0.1]

import { existsSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { networkInterfaces } from 'node:os'
import { extname } from 'node:path'
import { parseArgs } from 'node:util'
import { toyChain } from './mix-chain.mjs'

const PAGES = new URL('./', import.meta.url)
const SDK = new URL('../dist/lotus-p2p.global.js', import.meta.url)
/** The SDK with all its parts. */
const ALL = new URL('../dist/lotus-p2p-all.global.js', import.meta.url)
const NODE_SDK = new URL('../dist/node.js', import.meta.url)
const TRANSACTIONS = new URL('../dist/musig2.js', import.meta.url)
/** Ports tried, one after the other, where the wanted one is taken. */
const MAX_PORTS = 20
const MAX_RELAYS = 32
/** Relays that pages are told of: the first is what wallets start with, of the others the onion asks for hops. */
const MAX_NAMED = 3
/** Operators that the relays say they have, in turn: no path of the onion has two hops of one. */
const OPERATORS = ['Lily Relays', 'Reed Relays', 'Heron Relays']
/** Relays of a demo begin together, and should know each other at once; milliseconds. */
const ONION_LIMITS = { onionHopDirectoryMs: 2_000, onionHopDirectoryMinMs: 500 }

const MEDIA_TYPES = { '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml' }

/** What a careful wallet would send as well: scripts and styles from files of this origin only, connections to relays only. */
const SECURITY_HEADERS = {
  'Content-Security-Policy': [
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self' ws: wss: http: https:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
}

const USAGE = `Usage: npm run demo -- [options]

  --port <number>        port of the page, 0 for a free one (8080)
  --relay-port <number>  port of the first relay, 0 for a free one; the others take the next ones (8787)
  --relays <number>      relays, 1 to 32: the nodes of the DHT; wallets start with the first (3)
  --host <address>       interface of all; 0.0.0.0 lets phones in your network join (127.0.0.1)
  --help
`

/** The files that may be asked for, by path. Nothing else is ever opened, so no path leads out of here. */
function servedFiles() {
  const files = new Map([
    ['/dist/lotus-p2p.global.js', SDK],
    ['/dist/lotus-p2p-all.global.js', ALL],
  ])
  for (const name of readdirSync(PAGES)) {
    if (extname(name) in MEDIA_TYPES) files.set(`/${name}`, new URL(name, PAGES))
  }
  files.set('/', new URL('index.html', PAGES))
  return files
}

/** The relays as this visitor reaches them: by the host name that the page came from. */
function relayAddressesFor(request, relayPorts) {
  const host = URL.canParse(`http://${request.headers.host}`) ? new URL(`http://${request.headers.host}`).hostname : '127.0.0.1'
  return relayPorts.map((port) => `ws://${host}:${port}`)
}

async function answer(request, response, { files, relayPorts, chain }) {
  const send = (status, type, body) => {
    response.writeHead(status, {
      ...SECURITY_HEADERS,
      'Content-Type': `${type}; charset=utf-8`,
      'Content-Length': Buffer.byteLength(body),
    })
    response.end(request.method === 'HEAD' ? undefined : body)
  }
  const path = request.url.split('?')[0]
  if (path.startsWith('/chain/')) {
    const found = await chain(request, path).catch(({ message }) => ({ error: message }))
    return send(200, 'application/json', JSON.stringify(found))
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return send(405, 'text/plain', 'Only GET and HEAD.\n')

  if (path === '/config.json') {
    const relays = relayAddressesFor(request, relayPorts)
    return send(200, 'application/json', JSON.stringify({ relay: relays[0], relays: relays.slice(0, MAX_NAMED) }))
  }
  const file = files.get(path)
  if (file === undefined) return send(404, 'text/plain', 'There is no such page.\n')
  try {
    return send(200, MEDIA_TYPES[extname(file.pathname)], await readFile(file))
  } catch {
    return send(404, 'text/plain', 'This file has gone. Was dist/ removed? npm run build makes it.\n')
  }
}

/** Runs `open` with the wanted port, or with the next ones while they are taken; 0 means any free one. */
async function onFreePort(what, wanted, open) {
  for (let port = wanted; ; port++) {
    try {
      const opened = await open(port)
      if (port !== wanted) console.log(`Port ${wanted} is taken; the ${what} uses ${port}.`)
      return opened
    } catch (error) {
      const isTaken = error.code === 'EADDRINUSE' || error.code === 'ADDRESS_IN_USE'
      if (!isTaken || wanted === 0 || port >= Math.min(wanted + MAX_PORTS, 65_535)) throw error
    }
  }
}

/** Each is told of the one before it, and finds the others through the DHT. */
async function startRelays(startRelay, { relays: count, relayPort, host }) {
  const relays = []
  try {
    while (relays.length < count) {
      const before = relays.at(-1)
      // After the last port: any free one.
      const wanted = before === undefined || relayPort === 0 ? relayPort : (portOfUrl(before.url) + 1) % 65_536
      const name = before === undefined ? 'Demo relay' : `Demo relay ${relays.length + 1}`
      const bootstrap = before === undefined ? [] : [before.url]
      const operator = OPERATORS[relays.length % OPERATORS.length]
      relays.push(
        await onFreePort('relay', wanted, (port) =>
          startRelay({ port, host, name, bootstrap, allowPrivate: true, mail: true, onion: { operator }, limits: ONION_LIMITS }),
        ),
      )
    }
    return relays
  } catch (error) {
    await stopAll(relays)
    throw error
  }
}

const stopAll = (relays) => Promise.all(relays.map((relay) => relay.stop()))
const portOfUrl = (url) => Number(new URL(url).port)

function listen(server, port, host) {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host }, () => {
      server.off('error', reject)
      resolve(server.address().port)
    })
  })
}

/** Host names to print: where all interfaces are open, those of this machine that others can reach as well. */
function hostNames(host) {
  if (host !== '0.0.0.0' && host !== '::') return [host.includes(':') ? `[${host}]` : host]
  const outside = Object.values(networkInterfaces())
    .flat()
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
  return ['127.0.0.1', ...outside.map(({ address }) => address)]
}

function wholeNumber(flag, text, min, max) {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (number >= min && number <= max) return number
  throw new Error(`--${flag} must be a whole number from ${min} to ${max}.`)
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8080' },
      'relay-port': { type: 'string', default: '8787' },
      relays: { type: 'string', default: '3' },
      host: { type: 'string', default: '127.0.0.1' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  return {
    ...values,
    port: wholeNumber('port', values.port, 0, 65_535),
    relayPort: wholeNumber('relay-port', values['relay-port'], 0, 65_535),
    relays: wholeNumber('relays', values.relays, 1, MAX_RELAYS),
  }
}

async function main() {
  const { port, host, help, ...more } = readArguments()
  if (help) return console.log(USAGE)
  if (!existsSync(SDK) || !existsSync(NODE_SDK))
    throw new Error('dist/ is not there yet. Run npm run build first, or npm run demo, which does.')

  const { startRelay } = await import(NODE_SDK)
  const relays = await startRelays(startRelay, { host, ...more })
  const chain = toyChain(await import(TRANSACTIONS))
  const context = { files: servedFiles(), relayPorts: relays.map(({ url }) => portOfUrl(url)), chain }
  const server = createServer((request, response) => void answer(request, response, context))
  let pagePort
  try {
    pagePort = await onFreePort('page', port, (free) => listen(server, free, host))
  } catch (error) {
    await stopAll(relays)
    throw error
  }

  const pages = hostNames(host).map((name) => `http://${name}:${pagePort}/`)
  console.log(`
  lotus-p2p demo: open it in two tabs, or two browsers

    wallet       ${pages.join('\n                 ')}
    shared       ${pages[0]}shared-wallet.html
    mix          ${pages[0]}mix.html
    mail         ${pages[0]}mail.html
    script tag   ${pages[0]}script-tag.html
    relays       ${relays.map(({ url }) => url).join('\n                 ')}  (each also /info and /healthz)

  Ctrl-C ends it.
`)

  const stop = (signal) => {
    // A second signal ends at once.
    process.once(signal, () => process.exit(1))
    server.close()
    server.closeAllConnections()
    stopAll(relays).then(() => console.log('\n  Relays and page are closed.'), fail)
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
}

function fail(error) {
  console.error(`demo: ${error.message}`)
  process.exitCode = 1
}

main().catch(fail)
