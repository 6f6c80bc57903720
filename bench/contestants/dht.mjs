/**
 * A network of DHT servers in one process, for every contestant that has a DHT: who starts where, who asks what, the loops and the
 * clock are the same.
 *
 * @param server (bootstrap: address[]) → { address, … }  one more server, which knows these
 * @param known (server) → number                         servers in its routing table
 * @param put, get, walk (server, name, …) → Promise      stores a text; finds it; goes to the nodes nearest to it
 * @param getFirst (server, name) → Promise<text>         where `get` waits for more answers than somebody in a hurry would
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { concurrently, now } from './role.mjs'

/** Tables are full when none has grown for as long. */
const QUIET_MS = 3_000
const FILL_MS = 60_000

/** Mulberry32: the same choices in every run, for every contestant. */
function seededRandom(seed) {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const nameOf = (i) => `record-${i}`
const textOf = (i) => `the text of record ${i}`.padEnd(100, '.')

export function dhtCommands({ server, known, put, get, getFirst, walk }) {
  const random = seededRandom(1)
  const servers = []
  let records = 0
  const anyServer = () => servers[random(servers.length)]

  const asking = (find) => async () => {
    const i = random(records)
    const text = await find(anyServer(), nameOf(i))
    if (text !== textOf(i)) throw new Error(`record ${i} was not found as stored, but ${text}`)
  }
  const questions = {
    get: asking(get),
    getFirst: asking(getFirst ?? get),
    walk: () => walk(anyServer(), nameOf(random(records))),
  }

  return {
    /** Servers that each know one or two earlier ones at first; once their tables are full, the smallest number in one. */
    async openDht({ count }) {
      for (let n = 0; n < count; n++) {
        const earlier = new Set(n === 0 ? [] : [random(n), random(n)])
        servers.push(await server([...earlier].map((i) => servers[i].address)))
      }
      const deadline = now() + FILL_MS
      let [last, since] = [0, now()]
      for (;;) {
        const sizes = servers.map(known)
        const sum = sizes.reduce((a, b) => a + b, 0)
        if (sum !== last) [last, since] = [sum, now()]
        const least = Math.min(...sizes)
        if (least >= count - 1 || (least > 0 && now() - since > QUIET_MS)) return { least, mean: sum / count }
        if (now() > deadline) throw new Error(`routing tables kept changing, or stayed empty: ${sizes.join(' ')}`)
        await sleep(50)
      }
    },

    async putRecords({ count }) {
      await concurrently(count, 8, (i) => put(anyServer(), nameOf(i), textOf(i)))
      records = count
    },

    /** One after the other; milliseconds of each. */
    async askSlowly({ what, warmup, samples }) {
      const times = []
      for (let i = 0; i < warmup + samples; i++) {
        const start = now()
        await questions[what]()
        if (i >= warmup) times.push(now() - start)
      }
      return { times }
    },

    /** So many under way at once, for at least so long. */
    async askMany({ what, width, windowMs }) {
      const start = now()
      let count = 0
      const lane = async () => {
        while (now() - start < windowMs) {
          await questions[what]()
          count++
        }
      }
      await Promise.all(Array.from({ length: width }, lane))
      return { perSecond: (count * 1_000) / (now() - start) }
    },
  }
}
