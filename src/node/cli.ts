#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from '../base/clock.js'
import { isP2PError } from '../base/errors.js'
import { explainErrors } from '../base/sentences.js'
import { printable } from '../base/text.js'
import { TokenBucket } from '../base/token-bucket.js'
import { VERSION } from '../base/version.js'
import { MAX_POW_DIFFICULTY } from '../plugins/proof-of-work/proof-of-work.js'
import type { PeerInfo } from '../protocol/peer-info.js'
import { initCluster, natsBackplane } from './backplane/nats.js'
import type { NatsOptions } from './backplane/nats-link.js'
import { natsMail } from './backplane/nats-mail.js'
import { capacity } from './capacity-command.js'
import { fileIdentity } from './file-identity.js'
import { fileStore } from './file-store.js'
import { keygen } from './keygen-command.js'
import { levelStore } from './level-store.js'
import { levelMail } from './mail-level.js'
import { startRelay } from './relay.js'
import { Lines, LOG_LEVELS, type LogLevel, RelayLog } from './relay-log.js'
import type { RelayOptions } from './relay-options.js'

const USAGE = `Usage: lotus-p2p relay [options]
       lotus-p2p cluster init --nats <address> [--nats-nkey <file>] [--nats-ca <file>] [--cluster <name>] [--replicas <n>]
                                                 makes what several processes of a relay share, with a key that may
       lotus-p2p conform <address> [options]     tests a peer against the wire protocol; see lotus-p2p conform --help
       lotus-p2p keygen [file]                   makes the key of a relay; see lotus-p2p keygen --help
       lotus-p2p capacity --wallets <number>     what so many wallets need; see lotus-p2p capacity --help

Starts a relay: wallets connect to it, find each other and talk through it. It cannot read what they say.

  --port <number>             TCP port, 0 for a free one (8787)
  --host <address>            interface to listen on (0.0.0.0: all)
  --bootstrap <address>       another relay to join, again for more: together they are one network
  --allow-private             believe addresses in private networks when other relays tell them (for tests, and one house)
  --announce <address>        address to tell others, e.g. wss://relay.example behind a TLS proxy; again for more
  --network <name>            the network that it serves; wallets name the same one (lotus)
  --name <label>              a name for people, shown at /info
  --identity <file>           where the relay's key is kept, made if absent (~/.lotus-p2p/relay-<port>.key)
  --data <folder>             keeps bans, pinned names and the key there, for many peers (needs: npm install classic-level);
                              without it they are kept in a file beside the key
  --mail                      keep mailboxes for wallets that are away: with --nats there, with --data on disk,
                              else small letters in memory
  --max-boxes <number>        mailboxes at most (20000)
  --max-mail <MB>             letters that wait, at most (4096; in memory 64)
  --nats <address>            this relay is several processes, joined by NATS: nats://host:4222 or tls://host:4222; again for
                              more servers of one NATS cluster (needs: npm install @nats-io/transport-node @nats-io/jetstream
                              @nats-io/kv, and the same --identity for all processes)
  --nats-nkey <file>          the seed of this process's user of NATS
  --nats-ca <file>            the certificate that signs those of the NATS servers
  --cluster <name>            which of the relays at that NATS this is (lotus)
  --replicas <number>         NATS servers that have each of what is kept there, 3 at a cluster of three (1, or as it is)
  --onion, --no-onion         experimental: be a hop of the onion (on where the relay is reached from everywhere)
  --no-onion-exit             pass packets on only, and serve nobody at the end of a path
  --operator <name>           who runs this relay: no path of the onion has two relays of one operator
  --max-connections <number>  connected peers at most (1000)
  --pow <bits>                proof of work that a new identity has to show, 0 for none (18 where the relay is
                              reached from everywhere, else 0)
  --max-memory <MB>           above it newcomers are refused, then peers ended (3/4 of what the process may have)
  --trust-proxy <networks>    proxies whose X-Forwarded-For is believed: loopback, private, 10.0.0.0/8, …; commas between
  --origin <origin>           pages that may connect: https://wallet.example or *.wallet.example; again for more (all)
  --require-origin            refuse programs other than browsers
  --metrics                   serve /metrics for Prometheus to this machine (needs: npm install prom-client)
  --metrics-token-file <file> the same, to whoever brings the token in this file (or LOTUS_METRICS_TOKEN in the environment;
                              in an argument every user of the machine would see it)
  --drain <seconds>           at SIGTERM, and at POST /drain from this machine, peers are sent away over so long, after a quarter of it, 5
                              seconds at most, in which /healthz says so (20)
  --log <form>                text, or json: one object a line (text)
  --log-level <level>         debug, info, warn or error: what is less is not told (info)
  --quiet                     no line for each connect and disconnect
  --help, --version
`

/** What is told where the call is wrong; the whole of it would push the error off the screen. */
const SHORT_USAGE =
  'Usage: lotus-p2p relay [options], or conform <address>, keygen, capacity. lotus-p2p --help lists the options.\n'
/** The longest time that newcomers are still taken, seconds. */
const MAX_NOTICE_S = 5

class UsageError extends Error {}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

const output = new Lines((lines) => void process.stdout.write(lines))
process.on('exit', () => output.flush())

function logOf(form: string, level: string): RelayLog {
  if (form !== 'text' && form !== 'json') throw new UsageError(`--log is text or json, and not "${printable(form)}".`)
  if (!LOG_LEVELS.some((known) => known === level)) throw new UsageError(`--log-level is one of ${LOG_LEVELS.join(', ')}.`)
  return new RelayLog({
    form,
    level: level as LogLevel,
    write: (line, errors) => {
      if (!errors) return output.add(line)
      output.flush()
      process.stderr.write(line)
    },
    now: () => systemClock.now(),
  })
}

/** Replaced once the call has said which. */
let log = logOf('text', 'info')

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
        'allow-private': { type: 'boolean', default: false },
        announce: { type: 'string', multiple: true },
        network: { type: 'string' },
        name: { type: 'string' },
        identity: { type: 'string' },
        data: { type: 'string' },
        mail: { type: 'boolean', default: false },
        'max-boxes': { type: 'string' },
        'max-mail': { type: 'string' },
        nats: { type: 'string', multiple: true },
        'nats-nkey': { type: 'string' },
        'nats-ca': { type: 'string' },
        cluster: { type: 'string' },
        replicas: { type: 'string' },
        onion: { type: 'boolean', default: false },
        'no-onion': { type: 'boolean', default: false },
        'onion-exit': { type: 'boolean', default: false },
        'no-onion-exit': { type: 'boolean', default: false },
        operator: { type: 'string' },
        'max-connections': { type: 'string', default: '1000' },
        pow: { type: 'string' },
        'max-memory': { type: 'string' },
        'trust-proxy': { type: 'string' },
        origin: { type: 'string', multiple: true },
        'require-origin': { type: 'boolean', default: false },
        metrics: { type: 'boolean', default: false },
        'metrics-token': { type: 'string' },
        'metrics-token-file': { type: 'string' },
        drain: { type: 'string', default: '20' },
        log: { type: 'string', default: 'text' },
        'log-level': { type: 'string', default: 'info' },
        quiet: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        version: { type: 'boolean', short: 'v', default: false },
      },
    })
  } catch (error) {
    // Node adds how to write a file whose name looks like an option.
    throw new UsageError((error as Error).message.replace(/\. To specify .*/s, '.'))
  }
}

async function main(): Promise<void> {
  if (process.argv[2] === 'conform') {
    // A relay needs nothing of it.
    const { conform } = await import('./conform/command.js')
    process.exitCode = await conform(process.argv.slice(3), say, (lines) => void process.stderr.write(`${lines}\n`))
    return
  }
  const tool = process.argv[2] === 'keygen' ? keygen : process.argv[2] === 'capacity' ? capacity : undefined
  if (tool !== undefined) {
    process.exitCode = await tool(process.argv.slice(3), say, (lines) => void process.stderr.write(`${lines}\n`))
    return
  }
  const { values, positionals } = readArguments()
  if (values.help) return void process.stdout.write(USAGE)
  if (values.version) return say(VERSION)
  if (positionals.join(' ') === 'cluster init') {
    if (values.nats === undefined) throw new UsageError('cluster init needs --nats.')
    await initCluster(natsOptions(values, values.nats))
    return say('The streams of the cluster are there.')
  }
  if (positionals.length !== 1 || positionals[0] !== 'relay') {
    throw new UsageError(
      positionals.length === 0 ? 'Say what to start: lotus-p2p relay.' : `Unknown command: ${printable(positionals.join(' '))}`,
    )
  }
  log = logOf(values.log, values['log-level'])
  const port = numberOf('port', values.port, 0, 65_535)
  const drainS = numberOf('drain', values.drain, 0, 3_600)
  const maxConnections = numberOf('max-connections', values['max-connections'], 1, 1_000_000)
  const powDifficulty = values.pow === undefined ? undefined : numberOf('pow', values.pow, 0, MAX_POW_DIFFICULTY)
  for (const flag of ['bootstrap', 'announce'] as const) {
    for (const address of values[flag] ?? []) {
      if (!/^wss?:\/\/[^/]/i.test(address)) {
        throw new UsageError(`--${flag} must be a ws:// or wss:// address, and is "${printable(address)}".`)
      }
    }
  }
  const backplane = backplaneOf(values, values.identity)
  const memory = values['max-memory']
  const maxMemoryBytes = memory === undefined ? undefined : numberOf('max-memory', memory, 128, 1_000_000) * 1_048_576
  const limits = mailLimits(values['max-boxes'], values['max-mail'], values.data !== undefined || backplane !== undefined)
  if (limits !== undefined && !values.mail) throw new UsageError('--max-boxes and --max-mail need --mail.')
  if (values['metrics-token'] !== undefined) {
    throw new UsageError('Every user of this machine sees arguments. Use --metrics-token-file or LOTUS_METRICS_TOKEN.')
  }
  const tokenFile = values['metrics-token-file']
  const token = tokenFile === undefined ? process.env.LOTUS_METRICS_TOKEN : tokenIn(tokenFile)
  const { data } = values
  const home = join(homedir(), '.lotus-p2p', `relay-${port}.key`)
  const path = values.identity ?? (data !== undefined ? join(data, 'identity.key') : port === 0 ? undefined : home)
  // Without a folder for its data it keeps what a restart must not forget, bans above all, beside its key.
  const beside = path === undefined ? undefined : fileStore(`${path}.store.json`)
  const store = data === undefined ? beside : levelStore(join(data, 'store'))
  const shared = values.mail && backplane !== undefined ? natsMail(backplane.link) : undefined
  const mail = shared ?? (values.mail && data !== undefined ? levelMail(join(data, 'mail')) : values.mail)
  // Now rather than at the first ban or letter: whether the folders serve.
  await store?.get('')
  if (typeof mail === 'object') await mail.getBox('none')
  const relay = await startRelay({
    port,
    host: values.host,
    maxConnections,
    logger: log.logger,
    onDrain: () => stop('POST /drain'),
    bootstrap: values.bootstrap,
    allowPrivate: values['allow-private'],
    ...(powDifficulty !== undefined && { powDifficulty }),
    requireOrigin: values['require-origin'],
    metrics: token === undefined ? values.metrics : { token },
    ...(maxMemoryBytes !== undefined && { maxMemoryBytes }),
    ...(values['trust-proxy'] !== undefined && { trustProxy: values['trust-proxy'].split(',').map((entry) => entry.trim()) }),
    ...(values.origin && { origins: values.origin }),
    ...(backplane && { backplane }),
    ...(store && { store }),
    ...(mail !== false && { mail }),
    ...(limits && { limits }),
    ...onionOptions(values),
    ...(values.announce && { announce: values.announce }),
    ...(values.network !== undefined && { network: values.network }),
    ...(values.name !== undefined && { name: values.name }),
    ...(path !== undefined && { identity: await fileIdentity(path) }),
  })

  let isStopping = false
  function stop(why: string): void {
    // A second signal ends at once.
    if (isStopping && why !== 'POST /drain') process.exit(1)
    if (isStopping) return
    isStopping = true
    // Who presses a key waits for it.
    const peers = relay.coordinator.getConnectedPeers().length
    const drains = why !== 'SIGINT' && drainS > 0 && peers > 0
    log.tell(
      'info',
      'stopping',
      { why, drains, peers },
      `${why}: ${drains ? 'sending all peers elsewhere' : 'closing all connections'}.`,
    )
    const drained = drains ? relay.drain({ noticeS: Math.min(MAX_NOTICE_S, drainS / 4), spreadS: drainS }) : Promise.resolve()
    drained
      .then(() => relay.stop())
      .then(() => Promise.all([store?.close(), typeof mail === 'object' && mail.close()]))
      .then(
        () => {
          log.tell('debug', 'stopped', {}, 'Stopped.')
          process.exit(0)
        },
        (error: Error) => fail(error),
      )
  }
  // Before anything is printed: whoever reads the addresses may send a signal at once.
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)

  const told = values.announce?.[0]
  const how = told === undefined ? '  (wss:// behind a TLS proxy for pages served over https)' : ''
  const { addresses, peerId, network, powDifficulty: bits } = relay
  log.tell('info', 'started', { version: VERSION, name: values.name, addresses, peerId, network, powDifficulty: bits }, [
    `lotus-p2p ${VERSION} relay${values.name === undefined ? '' : ` "${printable(values.name)}"`}`,
    ...addresses.map((address) => `  listening  ${address}`),
    `  peer id    ${peerId}`,
    `  network    ${network}`,
    `  work       ${bits === 0 ? 'none' : `${bits} bits for each identity`} (--pow)`,
    ...(relay.getStats().onion === undefined
      ? []
      : [`  onion      hop${values['no-onion-exit'] ? '' : ' and exit'} (--no-onion)`]),
    ...(path === undefined ? [] : [`  identity   ${path}`]),
    ...(data === undefined ? [] : [`  data       ${data}`]),
    ...(backplane === undefined
      ? []
      : [`  cluster    ${backplane.link.cluster}, process ${backplane.nodeId} of ${backplane.nodes().length}`]),
    `  wallets    bootstrap: ['${told ?? addresses.at(-1)}']${how}`,
  ])

  const { coordinator } = relay
  if (!values.quiet) {
    let peers = coordinator.getConnectedPeers().length
    const tell =
      (event: 'connected' | 'disconnected', sign: string) =>
      ({ peerId, metadata, connection }: PeerInfo) => {
        const name = typeof metadata?.name === 'string' ? printable(metadata.name, 32) : undefined
        peers += event === 'connected' ? 1 : -1
        const facts = { peerId, name, transport: connection?.transport, peers }
        log.tellNow('info', event, facts, ` ${sign} ${peerId}${name === undefined ? '' : ` "${name}"`}  (${peers} peers)`)
      }
    coordinator.on('connected', tell('connected', '+'))
    coordinator.on('disconnected', tell('disconnected', '-'))
  }
  coordinator.on('peer-banned', ({ id, reason, until }) => {
    const end = new Date(until).toISOString()
    log.tellNow('warn', 'banned', { id, reason, until: end }, `banned ${id} until ${end}: ${reason}`)
  })
  // Whoever makes errors by the thousand is not to fill the disk as well.
  const lines = new TokenBucket(5, 200, performance.now())
  coordinator.on('error', (error: Error, peer?: PeerInfo) => {
    if (lines.take(performance.now()) > 0) return
    const who = peer === undefined ? '' : `${peer.peerId} `
    const code = isP2PError(error) ? error.code : error.name
    log.tellNow('warn', 'fault', { peerId: peer?.peerId, code, message: error.message }, `${who}${code}: ${error.message}`)
  })
}

/** @throws UsageError */
function backplaneOf(given: ReturnType<typeof readArguments>['values'], identity: string | undefined) {
  const { nats, 'nats-nkey': nkey, 'nats-ca': ca, cluster } = given
  if (nats === undefined) {
    if (nkey !== undefined || ca !== undefined || cluster !== undefined || given.replicas !== undefined) {
      throw new UsageError('--nats-nkey, --nats-ca, --cluster and --replicas need --nats.')
    }
    return undefined
  }
  if (identity === undefined) throw new UsageError('--nats needs --identity: all processes of a relay have the same key.')
  return natsBackplane(natsOptions(given, nats))
}

/** @throws UsageError */
function natsOptions(given: ReturnType<typeof readArguments>['values'], nats: string[]): NatsOptions {
  const { 'nats-nkey': nkey, 'nats-ca': ca, cluster } = given
  const replicas = given.replicas === undefined ? undefined : numberOf('replicas', given.replicas, 1, 5)
  for (const address of nats) {
    if (!/^(nats|tls):\/\/[^/]/.test(address)) {
      throw new UsageError(`--nats must be a nats:// or tls:// address, and is "${printable(address)}".`)
    }
  }
  return { servers: nats, cluster, nkey, ca, replicas }
}

/** @throws UsageError */
function mailLimits(boxes: string | undefined, megabytes: string | undefined, isOnDisk: boolean) {
  if (boxes === undefined && megabytes === undefined) return undefined
  const bytes = megabytes === undefined ? undefined : numberOf('max-mail', megabytes, 1, 1_000_000) * 1_048_576
  return {
    ...(boxes !== undefined && { maxBoxes: numberOf('max-boxes', boxes, 1, 1_000_000) }),
    ...(bytes !== undefined && (isOnDisk ? { maxMailBytes: bytes } : { maxMailMemoryBytes: bytes })),
  }
}

/** Nothing where the relay decides by itself. @throws UsageError */
function onionOptions(values: ReturnType<typeof readArguments>['values']): Pick<RelayOptions, 'onion'> {
  const { onion, operator } = values
  if (onion && values['no-onion']) throw new UsageError('Use one of --onion and --no-onion.')
  if (values['onion-exit'] && values['no-onion-exit']) throw new UsageError('Use one of --onion-exit and --no-onion-exit.')
  if (values['no-onion']) return { onion: false }
  const isAsked = onion || values['onion-exit'] || values['no-onion-exit'] || operator !== undefined
  return isAsked ? { onion: { exit: !values['no-onion-exit'], operator } } : {}
}

/** @throws UsageError */
function tokenIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new UsageError(`--metrics-token-file: ${(error as Error).message}`)
  }
}

function fail(error: unknown): void {
  if (error instanceof UsageError) {
    // The error last, where it is seen.
    process.stderr.write(`${SHORT_USAGE}${error.message}\n`)
    process.exitCode = 2
    return
  }
  const isOurs = isP2PError(error)
  const facts = { code: isOurs ? error.code : undefined, message: (error as Error)?.message }
  log.tell('error', 'failed', facts, [`lotus-p2p: ${isOurs ? error.message : String((error as Error)?.stack ?? error)}`])
  process.exitCode = 1
}

// What it says is for people: the sentences, where `startRelay` in Node has them by the conditions of the package's exports.
explainErrors()
main().catch(fail)
