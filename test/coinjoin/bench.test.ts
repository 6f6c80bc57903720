// What mixing costs on this machine: `npm run bench:coinjoin` prints the rows of the table in docs/coinjoin.md. It asserts no times.
import { expect, it } from 'vitest'
import { CoinJoin } from '../../src/coinjoin/index.js'
import { commitmentOf, messagesIn } from '../../src/coinjoin/vectors.js'
import { culpritsOf } from '../../src/coinjoin/verdict.js'
import { startRelay } from '../../src/node/index.js'
import { done, roomOf } from './rooms.js'
import { Chain, judge as judgeRound, namedBy, playRound, purseOf, type Tamper } from './table.js'
import { tableOfTraffic, trafficOf } from './traffic.js'

const BENCH = process.env.COINJOIN_BENCH === '1'
const TYPES = ['P2PKH', 'Taproot'] as const

/** Milliseconds of processor since then: a busy machine makes them no more. */
function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since)
  return (user + system) / 1_000
}

/** Three runs, milliseconds of processor. */
function timed(what: string, run: () => unknown): void {
  const times = [1, 2, 3].map(() => {
    const begun = process.cpuUsage()
    run()
    return cpuMs(begun)
  })
  console.log(`${what}: ${times.map((ms) => Math.round(ms)).join(', ')} ms`)
}

it.runIf(BENCH).each([0, 1] as const)('the blame of fifty, and their sum, output type %i', (outputType) => {
  const room = roomOf({ members: 50, seed: 1, outputType })
  const { field, attempt, members, vectors, draw } = room
  timed(`the outputs of 50, ${TYPES[outputType]}`, () => expect(done(messagesIn(field, attempt, vectors, draw))).toHaveLength(50))
  const disturbed = vectors.map((vector, place) => (place === 7 ? vector.map((each) => each ^ 1n) : vector))
  timed(`that the sum of 50 is disturbed, ${TYPES[outputType]}`, () =>
    expect(done(messagesIn(field, attempt, disturbed, draw))).toBeUndefined(),
  )
  const about = {
    field,
    attempt,
    members: members.map(({ key }) => key),
    keys: members.map(({ keys }) => keys),
    counts: members.map(({ registration }) => registration.outputs),
    vectors: disturbed,
  }
  timed(`blame of 50, ${TYPES[outputType]}`, () =>
    expect(
      done(
        culpritsOf(
          about,
          members.map(({ reveal }) => reveal),
        ),
      ),
    ).toEqual([7]),
  )
})

it.runIf(BENCH)(
  'ten members in one process, through a relay',
  async () => {
    for (let run = 0; run < 3; run++) {
      const relay = await startRelay({ port: 0, host: '127.0.0.1' })
      // The interpreter is none of what mixing costs: it judges when the clock has stopped.
      const chain = new Chain()
      const judged: Parameters<Chain['judge']>[] = []
      const judge = chain.judge.bind(chain)
      chain.judge = (...taken) => void judged.push(taken)
      let begun: { at: number; cpu: NodeJS.CpuUsage } | undefined
      let signed = { ms: 0, cpuMs: 0 }
      const mixers: CoinJoin[] = []
      const mixes = Array.from({ length: 10 }, (_, member) => {
        const { wallet, plan } = purseOf({ chain, seed: 800 + 20 * run + member })
        const mixer = new CoinJoin({
          network: { bootstrap: [relay.url], allowPrivate: true },
          wallet,
          limits: { entryWorkBits: 8, epochMs: 8_000, entrySettleMs: 500 },
        })
        mixers.push(mixer)
        return mixer.mix(plan, {
          minPeers: 10,
          onProgress: ({ step }) => {
            if (step === 'registering') begun ??= { at: performance.now(), cpu: process.cpuUsage() }
            if (step === 'broadcasting') signed = { ms: performance.now() - begun!.at, cpuMs: cpuMs(begun!.cpu) }
          },
        })
      })
      const results = await Promise.all(mixes)
      const tookMs = performance.now() - begun!.at
      expect(new Set(results.map(({ txid }) => txid)).size).toBe(1)
      expect(judged).toHaveLength(1)
      for (const taken of judged) judge(...taken)
      // Whoever does not send it first looks for it on the chain every 3 s.
      console.log(
        `ten members in one process: signed at all in ${Math.round(signed.ms)} ms, ${Math.round(signed.cpuMs)} of processor for all and the relay, known at all in ${Math.round(tookMs)} ms`,
      )
      await Promise.all(mixers.map((mixer) => mixer.close()))
      await relay.stop()
    }
  },
  600_000,
)

it.runIf(BENCH).each([10, 50])(
  '%i members at 80 ms one way, on a virtual clock',
  async (members) => {
    const traffic = trafficOf()
    const sent = new Array<number>(members).fill(0)
    let began: NodeJS.CpuUsage | undefined
    const onFrame = (from: number, _: number, bytes: number) => {
      began ??= process.cpuUsage()
      sent[from]! += bytes
    }
    const played = await playRound({ members, seed: 50, latencyMs: 80, onFrame })
    const eachMs = cpuMs(began!) / members
    traffic.end()
    expect(judgeRound(played, []).txids.size).toBe(1)
    console.log(
      `${members} members: ${played.tookMs} ms of virtual time, ${Math.round(eachMs)} ms of processor each, ${Math.round(Math.max(...sent) / 1_000)} kB sent at most\n${tableOfTraffic(traffic, members)}`,
    )
  },
  600_000,
)

it.runIf(BENCH)(
  'of fifty, one that disturbs the sum',
  async () => {
    const garbage = new Uint8Array(50 * 25).fill(1)
    const disturb: Tamper = ({ attempt, phase, id, key, honest }) => {
      if (attempt > 1) return honest
      return phase === 'vector' ? garbage : phase === 'commit' ? commitmentOf(id, key, garbage) : honest
    }
    const played = await playRound({ members: 50, seed: 51, latencyMs: 80, hostile: { 7: disturb } })
    const { honest } = judgeRound(played, [7])
    expect(namedBy(played, honest)).toEqual(['7 offence'])
    console.log(`50 members, one disturbs: ${played.tookMs} ms of virtual time to the transaction of the others`)
  },
  600_000,
)
