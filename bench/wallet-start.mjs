/**
 * What the start of a wallet costs a relay, in processor time: socket, handshake, hello, reservation, peer record with its signature, the line
 * in the log, and with `--find` a question for peers. README.md says how it is measured. Given several folders, it measures their `lotus-p2p relay`
 * in turn, with the same wallets: `node bench/wallet-start.mjs ../before/dist dist`. With `--floor` it measures beside them what no relay can do without.
 */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { command } from './attacks/child.mjs'
import { median } from './lib/statistics.mjs'

/** What a start puts off, such as the peer record and delayed acknowledgements, is done after so long, milliseconds. */
const SETTLE_MS = 700
const bench = fileURLToPath(new URL('./', import.meta.url))
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    /** Wallets that start before any is counted: compilers and memory have settled then. */
    before: { type: 'string', default: '300' },
    wallets: { type: 'string', default: '600' },
    'at-once': { type: 'string', default: '8' },
    find: { type: 'boolean', default: false },
    /** Measures in each round what a socket costs, and a socket with bare cryptography. */
    floor: { type: 'boolean', default: false },
    /** A folder for a profile of each relay, written when it ends. */
    profile: { type: 'string' },
    'wallets-of': { type: 'string', default: `${bench}../dist` },
  },
})
const [rounds, before, count, atOnce] = ['rounds', 'before', 'wallets', 'at-once'].map((name) => Number(values[name]))
const folders = (positionals.length > 0 ? positionals : [`${bench}../dist`]).map((folder) => resolve(folder))
for (const folder of folders) if (!existsSync(`${folder}/cli.js`)) throw new Error(`${folder} holds no build.`)
const home = await mkdtemp(join(tmpdir(), 'lotus-starts-'))
const profiles = values.profile && resolve(values.profile)
if (profiles) await mkdir(profiles, { recursive: true })

/** Starts wallets, and waits until all that a start brings with it has been done. */
async function starts(relay, wallets, url, count) {
  const [relayBefore, walletMs] = await Promise.all([relay.call('spentMs'), wallets.call('spentMs')])
  await wallets.call('start', { url, count, atOnce, find: values.find })
  await sleep(SETTLE_MS)
  const relayAfter = await relay.call('spentMs')
  return {
    relayMs: (relayAfter.process - relayBefore.process) / count,
    mainMs: (relayAfter.main - relayBefore.main) / count,
    walletMs: ((await wallets.call('spentMs')) - walletMs) / count,
  }
}

/** A program that tells what it costs, on a free port. */
async function startProgram(program, argsAt, nodeArgs = []) {
  const port = await freePort()
  const child = command(program, {
    args: argsAt(port),
    nodeArgs: ['--import', `${bench}lib/tell-cost.mjs`, ...nodeArgs],
    stdout: 'pipe',
  })
  child.stdout.resume()
  const url = `ws://127.0.0.1:${port}`
  for (;;) {
    if (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined)) return { relay: child, url }
    await sleep(50)
  }
}

/** A relay as its operator starts it. */
function startRelay(folder, name) {
  const profile = profiles ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`, `--cpu-prof-name=${name}.cpuprofile`] : []
  const identity = `${home}/${name}.key`
  const argsAt = (port) => [
    'relay',
    ...['--host', '127.0.0.1', '--port', `${port}`, '--max-connections', '20000', '--identity', identity],
  ]
  return startProgram(`${folder}/cli.js`, argsAt, profile)
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}

async function measure(folder, name) {
  const { relay, url } = await startRelay(folder, name)
  const wallets = command(`${bench}lib/starting-wallets.mjs`, { args: [resolve(values['wallets-of'])] })
  try {
    const cold = await starts(relay, wallets, url, before)
    const warm = await starts(relay, wallets, url, count)
    const { peers } = await (await fetch(`${url.replace('ws', 'http')}/info`)).json()
    if (peers !== before + count) throw new Error(`${peers} of ${before + count} wallets are connected.`)
    if (profiles) await relay.call('exit').catch(() => {})
    return { cold, warm }
  } finally {
    relay.end()
    wallets.end()
  }
}

/** What a start costs a process that does `what`, `socket` or `crypto`, and nothing else. */
async function measureFloor(what) {
  const { relay, url } = await startProgram(`${bench}lib/bare-start.mjs`, (port) => [what, `${port}`])
  const wallets = command(`${bench}lib/bare-wallets.mjs`)
  try {
    await starts(relay, wallets, url, before)
    return await starts(relay, wallets, url, count)
  } finally {
    relay.end()
    wallets.end()
  }
}

const samples = folders.map(() => [])
const FLOORS = { socket: 'a socket of ws alone', crypto: '… with bare cryptography' }
const floors = Object.keys(FLOORS).map(() => [])
for (let round = 0; round < rounds; round++) {
  if (values.floor) for (const [n, what] of Object.keys(FLOORS).entries()) floors[n].push(await measureFloor(what))
  // Another one first in each round.
  for (let i = 0; i < folders.length; i++) {
    const which = (i + round) % folders.length
    samples[which].push(await measure(folders[which], `relay-${which}-${round}`))
  }
}
await rm(home, { recursive: true })
const rows = [
  [`relay, first ${before}`, ({ cold }) => cold.relayMs],
  [`relay, next ${count}`, ({ warm }) => warm.relayMs],
  ['of it main thread', ({ warm }) => warm.mainMs],
  [`wallet, next ${count}`, ({ warm }) => warm.walletMs],
]
console.log('ms of processor time for one start; medians, and the least of all in brackets')
for (const [name, of] of rows) {
  const shown = samples.map((own) => `${median(own.map(of)).toFixed(2)} (from ${Math.min(...own.map(of)).toFixed(2)})`)
  console.log(name.padEnd(24), shown.map((text) => text.padStart(22)).join(''))
}
if (values.floor) {
  for (const [n, name] of Object.values(FLOORS).entries()) {
    const own = floors[n].map(({ relayMs }) => relayMs)
    console.log(name.padEnd(24), `${median(own).toFixed(2)} (from ${Math.min(...own).toFixed(2)})`.padStart(22))
  }
}
