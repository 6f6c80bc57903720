/**
 * A relay of three processes behind NATS, on one machine: `npm run bench:cluster`, after `npm run build`. README.md says what the rows are.
 * `--rows idle,flood,pairs,echo,connect,watch,kill,nats` takes some of them; `--idle 10000` and `--kill 900` set how many wallets there are.
 */
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { encodePeerId, identityFromSeed } from '../dist/index.js'
import { balance, freePort, Nats, Part } from './lib/cluster-parts.mjs'
import { median, percentile } from './lib/statistics.mjs'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: 'flood,pairs,echo,connect,watch,kill,nats,idle' },
    idle: { type: 'string', default: '2000' },
    kill: { type: 'string', default: '900' },
    seconds: { type: 'string', default: '5' },
    json: { type: 'string' },
  },
})
const wanted = new Set(values.rows.split(','))
const seconds = Number(values.seconds)
const now = () => Number(process.hrtime.bigint()) / 1e6
const results = []
const row = (name, measured, target, isMet) => {
  results.push({ name, measured, target, isMet })
  console.log(`${isMet === undefined ? ' ' : isMet ? '+' : '-'} ${name.padEnd(64)} ${measured.padEnd(44)} ${target}`)
}

const nats = new Nats(await freePort())
await nats.start()
let clusters = 0
const relays = (count, more = {}) => {
  const cluster = `b${++clusters}`
  const options = JSON.stringify({ ...more, nats: { servers: nats.url, cluster } })
  return Promise.all(Array.from({ length: count }, () => Part.start('./cluster-relay.mjs', options)))
}
const alone = () => Part.start('./cluster-relay.mjs', JSON.stringify({}))
const portOf = ({ url }) => Number(new URL(url).port)
const wallets = () => Part.start('./cluster-wallets.mjs')
const end = (...parts) => {
  for (const part of parts.flat()) part.kill()
}

/** Two generators with `pairs` wallets each, the first at one process and the second at another, each connected to its partner. */
async function paired(pairs, at) {
  const sides = await Promise.all([wallets(), wallets()])
  const own = [[], []]
  for (let i = 0; i < pairs; i++) {
    for (const [side, part] of sides.entries())
      own[side].push(...(await part.call('start', { count: 1, address: at(i, side) })).started)
  }
  for (let i = 0; i < pairs; i++) await sides[0].call('connect', { from: i, to: own[1][i].peerId })
  return { sides, own }
}

async function flooded({ sides, own }) {
  const before = await Promise.all(own[1].map(({ number }) => sides[1].call('received', { number })))
  const begun = now()
  await Promise.all(
    own[1].map(({ peerId }, i) => sides[0].call('flood', { from: i, to: peerId, bytes: 256, ms: seconds * 1_000 })),
  )
  const after = await Promise.all(own[1].map(({ number }) => sides[1].call('received', { number })))
  return (
    (after.reduce((sum, count) => sum + count, 0) - before.reduce((sum, count) => sum + count, 0)) / ((now() - begun) / 1_000)
  )
}

const one = await alone()
const three = await relays(3)
const across = (i, side) => three[(i + side) % 3].url
const together = () => one.url

if (wanted.has('flood')) {
  const rates = {}
  for (const [name, at] of [
    ['one', together],
    ['across', across],
  ]) {
    const pair = await paired(1, at)
    await flooded(pair)
    rates[name] = await flooded(pair)
    end(pair.sides)
  }
  const share = rates.across / rates.one
  row(
    '256 B one way, across / at one process',
    `${Math.round(rates.across)}/s / ${Math.round(rates.one)}/s = ${share.toFixed(2)}`,
    '>= 0.6, and >= 12,000/s',
    share >= 0.6 && rates.across >= 12_000,
  )
}
if (wanted.has('pairs')) {
  const rates = {}
  for (const [name, at] of [
    ['one', together],
    ['across', across],
  ]) {
    const pairs = await paired(8, at)
    await flooded(pairs)
    rates[name] = await flooded(pairs)
    end(pairs.sides)
  }
  const share = rates.across / rates.one
  row(
    '8 pairs across, sum / 8 pairs at one process',
    `${Math.round(rates.across)}/s / ${Math.round(rates.one)}/s = ${share.toFixed(2)}`,
    '>= 0.9 on 2 cores',
    share >= 0.9,
  )
}
if (wanted.has('echo')) {
  const times = {}
  for (const [name, at] of [
    ['one', together],
    ['across', across],
  ]) {
    const { sides, own } = await paired(1, at)
    await sides[0].call('echo', { from: 0, to: own[1][0].peerId, rounds: 200 })
    times[name] = median(await sides[0].call('echo', { from: 0, to: own[1][0].peerId, rounds: 1_000 }))
    end(sides)
  }
  const more = times.across - times.one
  row(
    'echo p50, across / at one process',
    `${times.across.toFixed(2)} ms / ${times.one.toFixed(2)} ms, +${more.toFixed(2)} ms`,
    '<= +1.0 ms',
    more <= 1,
  )
}
if (wanted.has('connect')) {
  const times = {}
  for (const [name, at] of [
    ['one', together],
    ['across', across],
  ]) {
    const { sides, own } = await paired(1, at)
    const samples = []
    for (let i = 0; i < 100; i++) {
      await sides[0].call('disconnect', { from: 0, to: own[1][0].peerId })
      await pause(20)
      samples.push(await sides[0].call('connect', { from: 0, to: own[1][0].peerId }))
    }
    times[name] = median(samples)
    if (name === 'across') {
      const unknown = []
      for (let i = 0; i < 20; i++) {
        const id = encodePeerId(identityFromSeed(crypto.getRandomValues(new Uint8Array(32))).publicKey)
        unknown.push(await sides[0].call('unknown', { from: 0, id }))
      }
      row(
        'connectToPeer with an id that nobody has is refused, p50',
        `${median(unknown).toFixed(1)} ms`,
        '< 50 ms',
        median(unknown) < 50,
      )
    }
    end(sides)
  }
  const more = times.across - times.one
  row(
    'connectToPeer by id p50, across / at one process',
    `${times.across.toFixed(1)} ms / ${times.one.toFixed(1)} ms, +${more.toFixed(1)} ms`,
    '<= +2 ms',
    more <= 2,
  )
}
if (wanted.has('watch')) {
  const { sides } = await paired(1, across)
  await sides[1].call('watch', { number: 0, type: 'bench' })
  await pause(500)
  const announced = await sides[0].call('announce', { number: 0, type: 'bench', count: 50 })
  await pause(1_000)
  const seen = new Map(await sides[1].call('seen', { number: 0 }))
  const times = announced.flatMap(([id, at]) => (seen.has(id) ? [seen.get(id) - at] : []))
  row(
    `announce to watch across p50 (${times.length} of 50 seen)`,
    `${median(times).toFixed(1)} ms`,
    '<= 8 ms',
    times.length === 50 && median(times) <= 8,
  )
  end(sides)
}
end(one, three)

if (wanted.has('kill')) {
  const count = Number(values.kill)
  const all = await relays(3)
  const port = await balance(all.map(portOf))
  const address = `ws://127.0.0.1:${port}`
  const sides = await Promise.all([wallets(), wallets()])
  const own = await Promise.all(sides.map(async (side) => (await side.call('start', { count: count / 2, address })).started))
  for (const side of own) side.sort((a, b) => a.number - b.number)
  const pairs = Math.min(100, count / 2)
  for (let i = 0; i < pairs; i++) await sides[0].call('connect', { from: i, to: own[1][i].peerId })
  for (let i = 0; i < pairs; i++) await sides[0].call('flow', { from: i, to: own[1][i].peerId, everyMs: 200 })
  await pause(3_000)
  const killedAt = now()
  all[0].kill()
  let backMs
  for (;;) {
    await pause(50)
    const online = await Promise.all(sides.map((side) => side.call('online')))
    const held = await Promise.all(all.slice(1).map((relay) => relay.call('facts')))
    if (online[0] + online[1] === count && held.reduce((sum, { peers }) => sum + peers, 0) >= count) {
      backMs = now() - killedAt
      break
    }
    if (now() - killedAt > 90_000) break
  }
  await pause(5_000)
  const accepted = await sides[0].call('stopFlows')
  const got = []
  for (let i = 0; i < pairs; i++) got.push(await sides[1].call('flowed', { number: i, from: own[0][i].peerId }))
  let lost = 0
  let doubled = 0
  let total = 0
  const times = []
  const calm = []
  for (const [i, numbers] of accepted.entries()) {
    const seen = new Map()
    let longest = 0
    for (const [n, ms] of got[i]) {
      seen.set(n, (seen.get(n) ?? 0) + 1)
      times.push(ms)
      longest = Math.max(longest, ms)
    }
    if (longest < 900) calm.push(...got[i].map(([, ms]) => ms))
    total += numbers.length
    for (const n of numbers) if (!seen.has(n)) lost++
    for (const times of seen.values()) doubled += times - 1
  }
  row(
    `kill -9 of 1 of 3, ${count} wallets: all back`,
    backMs === undefined ? 'not within 90 s' : `${(backMs / 1_000).toFixed(1)} s`,
    '<= 5 s (900)',
    backMs <= 5_000,
  )
  row(
    `the same, ${pairs} pairs: of ${total} accepted`,
    `${lost} lost, ${doubled} doubled`,
    '0 lost, 0 doubled',
    lost + doubled === 0,
  )
  row(
    'the same, pairs not hit: p99; longest of all',
    `${percentile(calm, 99).toFixed(0)} ms; ${(Math.max(...times) / 1_000).toFixed(1)} s`,
    'p99 <= 500 ms',
    percentile(calm, 99) <= 500,
  )
  end(sides, all)
}
if (wanted.has('nats')) {
  const all = await relays(2)
  const sides = await Promise.all([wallets(), wallets()])
  const own = [[], []]
  for (let i = 0; i < 20; i++) {
    // Even pairs are at one process, odd ones at two.
    own[0].push(...(await sides[0].call('start', { count: 1, address: all[0].url })).started)
    own[1].push(...(await sides[1].call('start', { count: 1, address: all[i % 2].url })).started)
  }
  for (let i = 0; i < 20; i++) await sides[0].call('connect', { from: i, to: own[1][i].peerId })
  for (let i = 0; i < 20; i++) await sides[0].call('flow', { from: i, to: own[1][i].peerId, everyMs: 200 })
  await pause(2_000)
  await nats.kill()
  await pause(20_000)
  const countsOf = async () =>
    (await Promise.all(own[0].map(({ peerId }, i) => sides[1].call('flowed', { number: i, from: peerId })))).map(
      ({ length }) => length,
    )
  const during = await countsOf()
  await nats.start()
  const backAt = now()
  let backMs
  while (now() - backAt < 60_000) {
    await pause(50)
    const counts = await countsOf()
    if (counts.every((count, i) => i % 2 === 0 || count > during[i])) {
      backMs = now() - backAt
      break
    }
  }
  await pause(5_000)
  const accepted = await sides[0].call('stopFlows')
  let lost = 0
  let doubled = 0
  for (const [i, numbers] of accepted.entries()) {
    const flow = await sides[1].call('flowed', { number: i, from: own[0][i].peerId })
    const seen = new Set(flow.map(([n]) => n))
    for (const n of numbers) if (!seen.has(n)) lost++
    doubled += flow.length - seen.size
  }
  const disconnects = (await Promise.all(sides.map((side) => side.call('disconnects')))).reduce((a, b) => a + b)
  const near = during.filter((_, i) => i % 2 === 0)
  row('nats-server away for 20 s: wallets that lost their relay', `${disconnects}`, '0', disconnects === 0)
  row(
    'the same: fewest messages of a pair at one process in 22 s',
    `${Math.min(...near)}`,
    '>= 100 (5/s)',
    Math.min(...near) >= 100,
  )
  row(
    'the same: pairs across talk again after',
    backMs === undefined ? 'not within 60 s' : `${(backMs / 1_000).toFixed(1)} s`,
    '<= 5 s',
    backMs <= 5_000,
  )
  row('the same', `${lost} lost, ${doubled} doubled`, '0 lost', lost === 0)
  end(sides, all)
}
if (wanted.has('idle')) {
  const count = Number(values.idle)
  const all = await relays(3)
  const before = await Promise.all(all.map((relay) => relay.call('facts')))
  const port = await balance(all.map(portOf))
  const sides = await Promise.all([wallets(), wallets()])
  const begun = now()
  await Promise.all(sides.map((side) => side.call('start', { count: count / 2, address: `ws://127.0.0.1:${port}` })))
  const inS = (now() - begun) / 1_000
  await pause(5_000)
  const settled = await Promise.all(all.map((relay) => relay.call('facts')))
  const from = now()
  await pause(30_000)
  const after = await Promise.all(all.map((relay) => relay.call('facts')))
  const share = after.reduce((sum, { cpuMs }, i) => sum + cpuMs - settled[i].cpuMs, 0) / (now() - from)
  const bytes = after.reduce((sum, { rss }, i) => sum + rss - before[i].rss, 0) / count
  const start = settled.reduce((sum, { cpuMs }, i) => sum + cpuMs - before[i].cpuMs, 0) / count
  row(
    `${count} idle wallets on 3 processes: all in`,
    `${inS.toFixed(0)} s, ${start.toFixed(1)} ms of the relays each`,
    '<= 180 s (10,000)',
    inS <= 180,
  )
  row('the same: memory of the relays for each', `${(bytes / 1_000).toFixed(0)} kB`, '<= 75 kB', bytes <= 75_000)
  row('the same: processor of the relays together', `${(100 * share).toFixed(1)} % of a core`, '<= 15 %', share <= 0.15)
  row('the same: memory of nats-server', `${(nats.rss / 1e6).toFixed(0)} MB`, '<= 80 MB', nats.rss <= 80e6)
  end(sides, all)
}
const facts = { date: new Date().toISOString(), node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, results }
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(facts, null, 2)}\n`)
process.exit(0)
