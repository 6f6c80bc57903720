// The demo: a relay, and an HTTP server for its pages. `npm run demo` builds the SDK first.
//
//   node examples-web/demo.mjs [--port 8080] [--relay-port 8787] [--host 127.0.0.1]

import { existsSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { networkInterfaces } from 'node:os'
import { extname } from 'node:path'
import { parseArgs } from 'node:util'

const PAGES = new URL('./', import.meta.url)
const SDK = new URL('../dist/lotus-p2p.global.js', import.meta.url)
const NODE_SDK = new URL('../dist/node.js', import.meta.url)
/** Ports tried, one after the other, where the wanted one is taken. */
const MAX_PORTS = 20

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
  --relay-port <number>  port of the relay, 0 for a free one (8787)
  --host <address>       interface of both; 0.0.0.0 lets phones in your network join (127.0.0.1)
  --help
`

/** The files that may be asked for, by path. Nothing else is ever opened, so no path leads out of here. */
function servedFiles() {
  const files = new Map([['/dist/lotus-p2p.global.js', SDK]])
  for (const name of readdirSync(PAGES)) {
    if (extname(name) in MEDIA_TYPES) files.set(`/${name}`, new URL(name, PAGES))
  }
  files.set('/', new URL('index.html', PAGES))
  return files
}

/** The relay as this visitor reaches it: by the host name that the page came from. */
function relayAddressFor(request, relayPort) {
  const host = URL.canParse(`http://${request.headers.host}`) ? new URL(`http://${request.headers.host}`).hostname : '127.0.0.1'
  return `ws://${host}:${relayPort}`
}

async function answer(request, response, { files, relayPort }) {
  const send = (status, type, body) => {
    response.writeHead(status, {
      ...SECURITY_HEADERS,
      'Content-Type': `${type}; charset=utf-8`,
      'Content-Length': Buffer.byteLength(body),
    })
    response.end(request.method === 'HEAD' ? undefined : body)
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return send(405, 'text/plain', 'Only GET and HEAD.\n')

  const path = request.url.split('?')[0]
  if (path === '/config.json') {
    return send(200, 'application/json', JSON.stringify({ relay: relayAddressFor(request, relayPort) }))
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

function portOf(flag, text) {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new Error(`--${flag} must be a whole number from 0 to 65535.`)
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8080' },
      'relay-port': { type: 'string', default: '8787' },
      host: { type: 'string', default: '127.0.0.1' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  return { ...values, port: portOf('port', values.port), relayPort: portOf('relay-port', values['relay-port']) }
}

async function main() {
  const { port, relayPort, host, help } = readArguments()
  if (help) return console.log(USAGE)
  if (!existsSync(SDK) || !existsSync(NODE_SDK))
    throw new Error('dist/ is not there yet. Run npm run build first, or npm run demo, which does.')

  const { startRelay } = await import(NODE_SDK)
  const relay = await onFreePort('relay', relayPort, (free) => startRelay({ port: free, host, name: 'Demo relay' }))
  const context = { files: servedFiles(), relayPort: Number(new URL(relay.url).port) }
  const server = createServer((request, response) => void answer(request, response, context))
  let pagePort
  try {
    pagePort = await onFreePort('page', port, (free) => listen(server, free, host))
  } catch (error) {
    await relay.stop()
    throw error
  }

  const pages = hostNames(host).map((name) => `http://${name}:${pagePort}/`)
  console.log(`
  lotus-p2p demo: open it in two tabs, or two browsers

    wallet       ${pages.join('\n                 ')}
    script tag   ${pages[0]}script-tag.html
    relay        ${relay.url}  (also /info and /healthz)

  Ctrl-C ends it.
`)

  const stop = (signal) => {
    // A second signal ends at once.
    process.once(signal, () => process.exit(1))
    server.close()
    server.closeAllConnections()
    relay.stop().then(() => console.log('\n  Relay and page are closed.'), fail)
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
}

function fail(error) {
  console.error(`demo: ${error.message}`)
  process.exitCode = 1
}

main().catch(fail)
