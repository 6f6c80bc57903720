/**
 * A relay of three processes behind NATS, on one machine: `npm run bench:cluster`, after `npm run build`. README.md says what the rows are.
 * `--only idle,echo,…` takes some sections, `--quick` takes small numbers, to see that they run, `--seed N` kills at another moment (default 1).
 */
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { encodePeerId, identityFromSeed } from '../dist/index.js'
import { seededRandom } from '../dist/testing.js'
import { end, now, own, Relay, wallets } from './lib/cluster-parts.mjs'
import { median, percentile } from './lib/statistics.mjs'

const SECTIONS = ['flood', 'pairs', 'echo', 'connect', 'watch', 'kill', 'nats', 'rolling', 'mail', 'idle']
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: SECTIONS.join() },
    quick: { type: 'boolean', default: false },
    idle: { type: 'string' },
    kill: { type: 'string' },
    rolling: { type: 'string' },
    letters: { type: 'string' },
    seconds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
})
const { quick } = values
const only = values.only.split(',')
for (const name of only) if (!SECTIONS.includes(name)) throw new Error(`No section ${name}: ${SECTIONS.join(', ')}`)
const sizeOf = (given, whole, small) => Number(given ?? (quick ? small : whole))
const seconds = sizeOf(values.seconds, 5, 1)
/** When a process is killed. */
const random = seededRandom(Number(values.seed))
const awayS = quick ? 4 : 20
const results = []
const row = (name, measured, target, isMet) => {
  results.push({ name, measured, target, isMet })
  console.log(`${isMet === undefined ? ' ' : isMet ? '+' : '-'} ${name.padEnd(64)} ${measured.padEnd(44)} ${target}`)
}

/** Generators with `pairs` wallets each, each of the first connected to its partner in the second. @param at the process of wallet i of a side. */
async function paired(relay, pairs, at) {
  const sides = await Promise.all([wallets(), wallets()])
  const peers = [[], []]
  for (let i = 0; i < pairs; i++) {
    for (const [n, side] of sides.entries()) {
      const start = (address) => side.call('start', { count: 1, address })
      peers[n].push(...(await relay.only(relay.processes[at(i, n)], start)).started)
    }
  }
  for (let i = 0; i < pairs; i++) await sides[0].call('meet', { from: i, to: peers[1][i].peerId })
  return { sides, peers, partner: (i) => peers[1][i].peerId }
}

/** The same at one process alone, and at two of three. @param measure is given the pairs, and where they are. */
async function compared(pairs, measure) {
  const measured = {}
  const relays = { one: await Relay.start(1, {}, false), across: await Relay.start(3) }
  const places = { one: () => 0, across: (i, side) => (i + side) % 3 }
  for (const [name, relay] of Object.entries(relays)) {
    const pair = await paired(relay, pairs, places[name])
    measured[name] = await measure(pair, name)
    end(pair.sides)
  }
  for (const relay of Object.values(relays)) relay.end()
  return measured
}

/** Messages a second of 256 bytes, one way, all pairs together. */
async function flooded({ sides, peers, partner }) {
  const received = async () => {
    const counts = await Promise.all(peers[1].map(({ number }) => sides[1].call('received', { number })))
    return counts.reduce((sum, count) => sum + count)
  }
  const round = async () => {
    const [before, begun] = [await received(), now()]
    await Promise.all(
      peers[1].map((_, i) => sides[0].call('flood', { from: i, to: partner(i), bytes: 256, ms: seconds * 1_000 })),
    )
    return ((await received()) - before) / ((now() - begun) / 1_000)
  }
  await round()
  return round()
}

/** Begins numbered messages, 5 a second, of the first so many pairs. */
async function flow({ sides, partner }, pairs) {
  for (let i = 0; i < pairs; i++) await sides[0].call('flow', { from: i, to: partner(i), everyMs: 200 })
}

/** Ends them, and counts what became of those that `sendTo` has accepted. */
async function flowed({ sides, peers }) {
  const accepted = await sides[0].call('stopFlows')
  const sum = { accepted: 0, lost: 0, doubled: 0, longest: 0, calm: [] }
  for (const [i, numbers] of accepted.entries()) {
    const got = await sides[1].call('flowed', { number: i, from: peers[0][i].peerId })
    const arrived = new Set(got.map(([n]) => n))
    const times = got.map(([, ms]) => ms)
    const longest = times.reduce((a, b) => Math.max(a, b), 0)
    sum.accepted += numbers.length
    sum.lost += numbers.filter((n) => !arrived.has(n)).length
    sum.doubled += got.length - arrived.size
    sum.longest = Math.max(sum.longest, longest)
    // A pair that was hit waits for a dial, which takes about a second.
    if (longest < 900) sum.calm.push(...times)
  }
  return sum
}

const lossRow = (name, { accepted, lost, doubled }) =>
  row(`${name}: of ${accepted} accepted`, `${lost} lost, ${doubled} doubled`, '0 lost, 0 doubled', lost + doubled === 0)

/** Two halves of `count` wallets, some pairs of which talk. */
async function talking(relay, count, pairs) {
  const sides = await Promise.all([wallets(), wallets()])
  const start = (side) => side.call('start', { count: count / 2, address: relay.url })
  const peers = (await Promise.all(sides.map(start))).map(({ started }) => started.sort((a, b) => a.number - b.number))
  const talk = { sides, peers, partner: (i) => peers[1][i].peerId }
  for (let i = 0; i < pairs; i++) await sides[0].call('meet', { from: i, to: talk.partner(i) })
  await flow(talk, pairs)
  await pause(quick ? 1_000 : 3_000)
  return talk
}

/** Milliseconds until something holds; undefined where it does not within a time. */
async function until(holds, atMostMs) {
  const begun = now()
  while (now() - begun < atMostMs) {
    if (await holds()) return now() - begun
    await pause(50)
  }
  return undefined
}

const inS = (ms) => (ms === undefined ? 'not in time' : `${(ms / 1_000).toFixed(1)} s`)
const peersOf = (relay) => relay.sumOf(({ peers }) => peers)
const onlineOf = async (sides) => (await Promise.all(sides.map((side) => side.call('online')))).reduce((a, b) => a + b)

/** What pairs of wallets send in a second, across processes beside at one. @param least of the one by the other, and a second. */
async function throughput(pairs, name, least, target) {
  const { one, across } = await compared(pairs, flooded)
  const share = across / one
  const measured = `${Math.round(across)}/s / ${Math.round(one)}/s = ${share.toFixed(2)}`
  row(name, measured, target, share >= least.share && across >= least.perS)
}

/** @type {Record<string, () => Promise<void>>} */
const sections = {
  flood: () => throughput(1, '256 B one way, across / at one process', { share: 0.6, perS: 12_000 }, '>= 0.6, and >= 12,000/s'),
  pairs: () => throughput(8, '8 pairs across, sum / 8 pairs at one process', { share: 0.9, perS: 0 }, '>= 0.9 on 2 cores'),
  async echo() {
    const { one, across } = await compared(1, async ({ sides, partner }) => {
      const echoes = (rounds) => sides[0].call('echo', { from: 0, to: partner(0), rounds })
      await echoes(200)
      return median(await echoes(quick ? 200 : 1_000))
    })
    row(
      'echo p50, across / at one process',
      `${across.toFixed(2)} ms / ${one.toFixed(2)} ms, +${(across - one).toFixed(2)} ms`,
      '<= +1.0 ms',
      across - one <= 1,
    )
  },
  async connect() {
    let unknown = 0
    const { one, across } = await compared(1, async ({ sides, partner }, name) => {
      const [samples, refused] = [[], []]
      for (let i = 0; i < (quick ? 20 : 100); i++) {
        await sides[0].call('disconnect', { from: 0, to: partner(0) })
        await pause(20)
        samples.push(await sides[0].call('connect', { from: 0, to: partner(0) }))
      }
      for (let i = 0; i < 20 && name === 'across'; i++) {
        const id = encodePeerId(identityFromSeed(crypto.getRandomValues(new Uint8Array(32))).publicKey)
        refused.push(await sides[0].call('unknown', { from: 0, id }))
      }
      if (name === 'across') unknown = median(refused)
      return median(samples)
    })
    row('connectToPeer with an id that nobody has is refused, p50', `${unknown.toFixed(1)} ms`, '< 50 ms', unknown < 50)
    row(
      'connectToPeer by id p50, across / at one process',
      `${across.toFixed(1)} ms / ${one.toFixed(1)} ms, +${(across - one).toFixed(1)} ms`,
      '<= +2 ms',
      across - one <= 2,
    )
  },
  async watch() {
    const relay = await Relay.start(3)
    const { sides } = await paired(relay, 1, (_, side) => side)
    const count = quick ? 10 : 50
    await sides[1].call('watch', { number: 0, type: 'bench' })
    await pause(500)
    const announced = await sides[0].call('announce', { number: 0, type: 'bench', count })
    await until(async () => (await sides[1].call('seen', { number: 0 })).length >= count, 10_000)
    const seen = new Map(await sides[1].call('seen', { number: 0 }))
    const times = announced.flatMap(([id, at]) => (seen.has(id) ? [seen.get(id) - at] : []))
    const isMet = times.length === count && median(times) <= 8
    row(`announce to watch across p50 (${times.length} of ${count} seen)`, `${median(times).toFixed(1)} ms`, '<= 8 ms', isMet)
    end(sides)
    relay.end()
  },
  async kill() {
    for (const count of (values.kill ?? (quick ? '30' : '900,10000')).split(',').map(Number)) {
      const relay = await Relay.start(3)
      const pairs = Math.min(100, count / 2)
      const talk = await talking(relay, count, pairs)
      const [killed] = relay.processes
      const bar = count <= 900 ? 5_000 : 60_000
      killed.kill()
      relay.remove(killed)
      const isBack = async () => (await onlineOf(talk.sides)) === count && (await peersOf(relay)) >= count
      const backMs = await until(isBack, 2 * bar + 30_000)
      await pause(quick ? 1_000 : 5_000)
      const sum = await flowed(talk)
      row(`kill -9 of 1 of 3, ${count} wallets: all back`, inS(backMs), `<= ${bar / 1_000} s`, backMs <= bar)
      lossRow(`the same, ${pairs} pairs`, sum)
      const p99 = percentile(sum.calm, 99)
      row(
        'the same, pairs not hit: p99; longest of all',
        `${p99.toFixed(0)} ms; ${inS(sum.longest)}`,
        'p99 <= 500 ms (900)',
        count > 900 || p99 <= 500,
      )
      end(talk.sides)
      relay.end()
    }
  },
  async nats() {
    const relay = await Relay.start(2)
    const pairs = quick ? 6 : 20
    // Even pairs are at one process, odd ones at two.
    const talk = await paired(relay, pairs, (i, side) => (side === 0 ? 0 : i % 2))
    await flow(talk, pairs)
    await pause(2_000)
    const countsOf = () =>
      Promise.all(
        talk.peers[0].map(async ({ peerId }, i) => (await talk.sides[1].call('flowed', { number: i, from: peerId })).length),
      )
    const before = await countsOf()
    for (const side of talk.sides) await side.call('disconnects')
    await own.nats.kill()
    await pause(awayS * 1_000)
    const during = await countsOf()
    await own.nats.start()
    const isBack = async () => (await countsOf()).every((count, i) => i % 2 === 0 || count > during[i])
    const backMs = await until(isBack, 60_000)
    await pause(quick ? 1_000 : 5_000)
    const sum = await flowed(talk)
    const lost = (await Promise.all(talk.sides.map((side) => side.call('disconnects')))).flat()
    const near = Math.min(...during.map((count, i) => count - before[i]).filter((_, i) => i % 2 === 0))
    row(
      `nats-server away for ${awayS} s: wallets that lost their relay`,
      [lost.length, ...lost].join(' '),
      '0',
      lost.length === 0,
    )
    const atLeast = 4.5 * awayS
    row('the same: fewest messages of a pair at one process', `${near}`, `>= ${atLeast} (5/s)`, near >= atLeast)
    row('the same: pairs across talk again after', inS(backMs), '<= 5 s', backMs <= 5_000)
    lossRow('the same', sum)
    end(talk.sides)
    relay.end()
  },
  async rolling() {
    const count = sizeOf(values.rolling, 900, 30)
    const relay = await Relay.start(3)
    const pairs = Math.min(100, count / 2)
    const talk = await talking(relay, count, pairs)
    const begun = now()
    for (const old of relay.processes) {
      relay.remove(old)
      await old.call('drain', quick ? { noticeS: 0.5, spreadS: 1 } : {})
      end(old)
      await relay.add(1)
    }
    const tookMs = now() - begun
    const isBack = async () => (await peersOf(relay)) >= count
    const backMs = await until(isBack, 30_000)
    await pause(1_000)
    const sum = await flowed(talk)
    row(`rolling restart of 3 processes, ${count} wallets`, `${inS(tookMs)}, all there ${inS(backMs)} after it`, '', undefined)
    lossRow(`the same, ${pairs} pairs`, sum)
    row('the same: longest message', inS(sum.longest), '<= 5 s', sum.longest <= 5_000)
    end(talk.sides)
    relay.end()
  },
  async mail() {
    const count = sizeOf(values.letters, 10_000, 100)
    const many = { depositsPerMin: 1e6, depositBurst: 1e6, strangerDepositsPerMin: 1e6, strangerDepositBurst: 1e6 }
    const limits = { ...many, mailRequestsPerS: 10_000, newBoxesPerHour: 1e4, strangerLettersPerBox: 128 }
    const relay = await Relay.start(3, { limits, mail: true })
    const [senders, receivers] = await Promise.all([wallets(), wallets()])
    const owners = Math.max(2, Math.ceil(count / 100))
    const { started } = await receivers.call('owners', { count: owners, address: relay.url })
    await receivers.call('leave')
    await senders.call('start', { count: Math.min(20, owners), address: relay.url, mail: true })
    const mailing = senders.call('mail', { to: started, count })
    const at = (0.2 + 0.6 * random.unit()) * count
    const killedAt = await until(async () => (await senders.call('mailed')) >= at, 600_000)
    const [killed] = relay.processes
    killed.kill()
    relay.remove(killed)
    const { mailed, ms } = await mailing
    await receivers.call('comeBack')
    const had = async () => (await receivers.call('letters')).length
    await until(async () => (await had()) >= mailed.length, 120_000)
    await pause(2_000)
    const got = await receivers.call('letters')
    const unique = new Set(got)
    const lost = mailed.filter((letter) => !unique.has(letter)).length
    const rate = `${Math.round(mailed.length / (ms / 1_000))}/s, killed after ${inS(killedAt)}`
    row(
      `${count} letters to ${owners} absent wallets, a process killed: ${mailed.length} mailed`,
      `${lost} lost, ${got.length - unique.size} doubled; ${rate}`,
      '0 lost, 0 doubled, all mailed',
      lost === 0 && got.length === unique.size && mailed.length === count,
    )
    end(senders, receivers)
    relay.end()
  },
  async idle() {
    const count = sizeOf(values.idle, 10_000, 60)
    const relay = await Relay.start(3)
    const cpuOf = () => relay.sumOf(({ cpuMs }) => cpuMs)
    const rssOf = () => relay.sumOf(({ rss }) => rss)
    const [cpuBefore, rssBefore] = [await cpuOf(), await rssOf()]
    const sides = await Promise.all([wallets(), wallets()])
    const begun = now()
    await Promise.all(sides.map((side) => side.call('start', { count: count / 2, address: relay.url })))
    const inMs = now() - begun
    await pause(quick ? 1_000 : 5_000)
    const [settled, from] = [await cpuOf(), now()]
    await pause(quick ? 3_000 : 30_000)
    const share = ((await cpuOf()) - settled) / (now() - from)
    const bytes = ((await rssOf()) - rssBefore) / count
    const [peers, start] = [await peersOf(relay), (settled - cpuBefore) / count]
    row(
      `${count} idle wallets on 3 processes: all in (${peers})`,
      `${inS(inMs)}, ${start.toFixed(1)} ms of the relays each`,
      '<= 180 s (10,000)',
      inMs <= 180_000 && peers === count,
    )
    row('the same: memory of the relays for each', `${(bytes / 1_000).toFixed(0)} kB`, '<= 75 kB', bytes <= 75_000)
    row('the same: processor of the relays together', `${(100 * share).toFixed(1)} % of a core`, '<= 15 %', share <= 0.15)
    row('the same: memory of nats-server', `${(own.nats.rss / 1e6).toFixed(0)} MB`, '<= 80 MB', own.nats.rss <= 80e6)
    end(sides)
    relay.end()
  },
}

for (const name of SECTIONS) if (only.includes(name)) await sections[name]()
const facts = { date: new Date().toISOString(), node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, results }
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(facts, null, 2)}\n`)
process.exit(results.some(({ isMet }) => isMet === false) && !quick ? 1 : 0)
