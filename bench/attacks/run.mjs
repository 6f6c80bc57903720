#!/usr/bin/env node
// npm run attacks: a relay with its shipping limits under attack, in processes of their own; what it costs honest wallets.
import { mkdirSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { command } from './child.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const built = `${here}.built`
mkdirSync(built, { recursive: true })
await build({
  entryPoints: [`${here}attacker.ts`],
  outfile: `${built}/attacker.mjs`,
  bundle: true,
  platform: 'node',
  format: 'esm',
  external: ['ws'],
  logLevel: 'error',
})

const only = process.argv.slice(2)
const wanted = (name) => only.length === 0 || only.includes(name)
const rows = []
const report = (attack, figure, value, target, holds) => {
  rows.push({ attack, figure, value, target, holds })
  process.stdout.write(
    `${holds === undefined ? ' ' : holds ? '✓' : '✗'} ${attack}: ${figure}: ${value}${target ? ` (${target})` : ''}\n`,
  )
}
const ms = (value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`
const mb = (bytes) => `${(bytes / 1_048_576).toFixed(0)} MB`

async function scene(options, run) {
  const relay = command(`${here}relay.mjs`, {
    nodeArgs: process.env.PROFILE ? ['--cpu-prof', '--cpu-prof-dir', process.env.PROFILE] : [],
  })
  const honest = command(`${here}honest.mjs`)
  const attacker = command(`${built}/attacker.mjs`)
  try {
    const { url } = await relay.call('start', options)
    await honest.call('connect', { url })
    await honest.call('latency', { ms: 2_000 })
    await relay.call('take')
    await run({ relay, honest, attacker, url })
  } finally {
    if (process.env.PROFILE) await relay.call('exit').catch(() => {})
    for (const child of [relay, honest, attacker]) child.end()
  }
}

if (wanted('flood')) {
  await scene({}, async ({ relay, honest, attacker, url }) => {
    const perS = 100 * 100
    const before = await honest.call('latency', { ms: 5_000 })
    const quiet = await relay.call('take')
    const flood = attacker.call('flood', { url, count: 10, perS, ms: 10_000 })
    const during = await honest.call('latency', { ms: 5_000 })
    const { sent, out, lastOutMs, connections } = await flood
    const after = await relay.call('take')
    const name = 'flood, 10 peers at 100 × the limit'
    if (process.env.DEBUG)
      console.log(
        JSON.stringify({ defence: after.defence, peers: after.peers, banned: after.banned.length, connections, lastOutMs }),
      )
    report(name, 'messages sent', `${sent} of 10 × ${perS} a second`)
    report(name, 'honest p50', `${ms(before.p50)} → ${ms(during.p50)}`)
    report(name, 'honest p99', `${ms(before.p99)} → ${ms(during.p99)}`, 'at most doubles', during.p99 <= 2 * before.p99)
    report(name, 'honest requests failed', `${during.failed} of ${during.asked}`, '0', during.failed === 0)
    const grown = after.peakRss - quiet.rss
    report(name, 'memory of the relay', `+ ${mb(grown)}`, '< 50 MB', grown < 50 * 1_048_576)
    report(name, 'attackers out', `${out} of 10, the last after ${ms(lastOutMs)}`, '≤ 5 s', out === 10 && lastOutMs <= 5_000)
  })
}

if (wanted('storm')) {
  await scene({ capLoopback: true }, async ({ relay, honest, attacker, url }) => {
    const quiet = await honest.call('dials', { count: 10 })
    const halfOpen = await attacker.call('halfOpen', { url, count: 2_000 })
    const readers = await attacker.call('slowReaders', { url, count: 500 })
    const storm = attacker.call('storm', { url, perS: 5_000, ms: 8_000 })
    await sleep(500)
    const during = await honest.call('dials', { count: 20 })
    const { perS } = await storm
    const { defence, rss } = await relay.call('take')
    const name = `${perS} attempts/s, ${halfOpen} half-open sockets, ${readers} slow readers`
    report(name, 'honest connect p50', `${ms(quiet.p50)} → ${ms(during.p50)}`)
    report(
      name,
      'honest connect, the slowest of 20',
      `${ms(quiet.max)} → ${ms(during.max)}`,
      '< 1 s',
      during.failed === 0 && during.max < 1_000,
    )
    report(name, 'honest connects failed', `${during.failed} of ${during.count}`, '0', during.failed === 0)
    report(name, 'relay', `${mb(rss)}, ${defence.refused} refused`)
  })
}

if (wanted('signatures')) {
  await scene({}, async ({ relay, honest, attacker, url }) => {
    const before = await honest.call('latency', { ms: 5_000 })
    const idle = await relay.call('take')
    await sleep(5_000)
    const quiet = await relay.call('take')
    const flood = attacker.call('badSignatures', { url, ms: 10_000, lanes: 20 })
    await sleep(10_000)
    const after = await relay.call('take')
    const share = (after.cpuMs - quiet.cpuMs - (quiet.cpuMs - idle.cpuMs)) / 10_000
    const { sent, refused } = await flood
    const second = attacker.call('badSignatures', { url, ms: 5_000, lanes: 20 })
    const during = await honest.call('latency', { ms: 5_000 })
    await second
    const name = 'bad signatures, ever new identities'
    report(name, 'sent', `${sent}, ${refused} connections refused`)
    const spentMs = after.defence.verification.spentOnSuspectsMs - quiet.defence.verification.spentOnSuspectsMs
    report(name, 'all that the relay does for it', `${(share * 100).toFixed(0)} % of a core`, '≤ 30 %', share <= 0.3)
    report(name, 'of which checks and handshakes', `${((spentMs / 10_000) * 100).toFixed(0)} %`)
    report(name, 'honest p99', `${ms(before.p99)} → ${ms(during.p99)}`)
  })
}

mkdirSync(`${here}../results`, { recursive: true })
if (only.length === 0) {
  const table = ['| attack | figure | measured | target | |', '|---|---|---|---|---|']
  for (const { attack, figure, value, target = '', holds } of rows) {
    table.push(`| ${attack} | ${figure} | ${value} | ${target} | ${holds === undefined ? '' : holds ? '✓' : '✗'} |`)
  }
  writeFileSync(`${here}../results/attacks.md`, `${table.join('\n')}\n`)
}
process.exit(rows.some(({ holds }) => holds === false) ? 1 : 0)
