#!/usr/bin/env node
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { P2PError } from '../errors.js'
import { MAX_POW_DIFFICULTY } from '../identity/proof-of-work.js'
import type { Logger } from '../logger.js'
import type { PeerInfo } from '../peer/peer-info.js'
import { VERSION } from '../version.js'
import { fileIdentity } from './file-identity.js'
import { startRelay } from './relay.js'
import { printable } from './terminal.js'

const USAGE = `Usage: lotus-p2p relay [options]

Starts a relay: wallets connect to it, find each other and talk through it. It cannot read what they say.

  --port <number>             TCP port, 0 for a free one (8787)
  --host <address>            interface to listen on (0.0.0.0: all)
  --bootstrap <address>       another relay to join, again for more: together they are one network
  --announce <address>        address to tell others, e.g. wss://relay.example behind a TLS proxy; again for more
  --name <label>              a name for people, shown at /info
  --identity <file>           where the relay's key is kept, made if absent (~/.lotus-p2p/relay-<port>.key)
  --max-connections <number>  connected peers at most (1000)
  --pow <bits>                proof of work that a new identity has to show, 0 for none (20 where the relay is
                              reached from everywhere, else 0)
  --quiet                     no line for each connect and disconnect
  --help, --version
`

class UsageError extends Error {}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function complain(line: string): void {
  process.stderr.write(`lotus-p2p: ${line}\n`)
}

function numberOf(flag: string, text: string, min: number, max: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) throw new UsageError(`--${flag} must be a whole number from ${min} to ${max}.`)
  return value
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        port: { type: 'string', default: '8787' },
        host: { type: 'string', default: '0.0.0.0' },
        bootstrap: { type: 'string', multiple: true, default: [] },
        announce: { type: 'string', multiple: true },
        name: { type: 'string' },
        identity: { type: 'string' },
        'max-connections': { type: 'string', default: '1000' },
        pow: { type: 'string' },
        quiet: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        version: { type: 'boolean', short: 'v', default: false },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

async function main(): Promise<void> {
  const { values, positionals } = readArguments()
  if (values.help) return void process.stdout.write(USAGE)
  if (values.version) return say(VERSION)
  if (positionals.length !== 1 || positionals[0] !== 'relay') {
    throw new UsageError(
      positionals.length === 0 ? 'Say what to start: lotus-p2p relay.' : `Unknown command: ${printable(positionals.join(' '))}`,
    )
  }
  const port = numberOf('port', values.port, 0, 65_535)
  const maxConnections = numberOf('max-connections', values['max-connections'], 1, 1_000_000)
  const powDifficulty = values.pow === undefined ? undefined : numberOf('pow', values.pow, 0, MAX_POW_DIFFICULTY)
  const path = values.identity ?? (port === 0 ? undefined : join(homedir(), '.lotus-p2p', `relay-${port}.key`))
  const relay = await startRelay({
    port,
    host: values.host,
    maxConnections,
    logger: terminalLogger,
    bootstrap: values.bootstrap,
    ...(powDifficulty !== undefined && { powDifficulty }),
    ...(values.announce && { announce: values.announce }),
    ...(values.name !== undefined && { name: values.name }),
    ...(path !== undefined && { identity: await fileIdentity(path) }),
  })

  // Before anything is printed: whoever reads the addresses may send a signal at once.
  const stop = (signal: NodeJS.Signals) => {
    say(`${signal}: closing all connections.`)
    // A second signal ends at once.
    process.once(signal, () => process.exit(1))
    relay.stop().then(
      () => process.exit(0),
      (error: Error) => fail(error),
    )
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)

  say(`lotus-p2p ${VERSION} relay${values.name === undefined ? '' : ` "${printable(values.name)}"`}`)
  for (const address of relay.addresses) say(`  listening  ${address}`)
  say(`  peer id    ${relay.peerId}`)
  say(`  work       ${relay.powDifficulty === 0 ? 'none' : `${relay.powDifficulty} bits for each identity`} (--pow)`)
  if (path !== undefined) say(`  identity   ${path}`)
  say(`  wallets    bootstrap: ['${relay.addresses.at(-1)}']  (wss:// behind a TLS proxy for pages served over https)`)

  const { coordinator } = relay
  if (!values.quiet) {
    const log = (what: string) => (peer: PeerInfo) => {
      const label = typeof peer.metadata?.name === 'string' ? ` "${printable(peer.metadata.name, 32)}"` : ''
      say(
        `${new Date().toISOString()}  ${what} ${printable(peer.peerId)}${label}  (${coordinator.getConnectedPeers().length} peers)`,
      )
    }
    coordinator.on('connected', log('+'))
    coordinator.on('disconnected', log('-'))
  }
  coordinator.on('error', (error: Error, peer?: PeerInfo) => {
    const who = peer === undefined ? '' : ` ${printable(peer.peerId)}`
    const code = error instanceof P2PError ? error.code : error.name
    complain(`${new Date().toISOString()}${who} ${code}: ${printable(error.message, 256)}`)
  })
}

const terminalLogger: Logger = {
  debug: () => {},
  warn: (message) => complain(printable(message, 256)),
  error: (message) => complain(printable(message, 256)),
}

function fail(error: unknown): void {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n\n${USAGE}`)
    process.exitCode = 2
    return
  }
  complain(error instanceof P2PError ? error.message : String((error as Error)?.stack ?? error))
  process.exitCode = 1
}

main().catch(fail)
