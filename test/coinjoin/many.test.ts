// Rounds as large as they may be. All members are in this process, so its time for a member is more than one of its own would take.
import { expect, it } from 'vitest'
import { commitmentOf } from '../../src/coinjoin/vectors.js'
import { judge, namedBy, playRound, type TableOptions, type Tamper } from './table.js'
import { tableOfTraffic, trafficOf } from './traffic.js'
import { WHOLE } from './whole.js'

const MEMBERS = 50

async function measured(options: Partial<TableOptions>, members = MEMBERS) {
  const sent = new Array<number>(members).fill(0)
  let began: NodeJS.CpuUsage | undefined
  const traffic = trafficOf()
  const played = await playRound({
    members,
    latencyMs: 80,
    ...options,
    onFrame: (from, _, bytes) => {
      began ??= process.cpuUsage()
      sent[from]! += bytes
    },
  })
  const { user, system } = process.cpuUsage(began)
  const figures = {
    virtualMs: played.tookMs,
    cpuMsEach: Math.round((user + system) / 1_000 / members),
    mostBytesSent: Math.max(...sent),
  }
  traffic.end()
  console.log(figures, `\n${tableOfTraffic(traffic, members)}`)
  return { played, figures }
}

it('fifty members at 80 ms one way mix within 10 s, with 3 s of processor and 1 MB sent each', async () => {
  const { played, figures } = await measured({ seed: 50 })
  const { txids } = judge(played, [])
  expect(txids.size).toBe(1)
  for (const { result } of played.results) expect(result!.anonymitySet).toBe(MEMBERS)
  expect(figures.virtualMs).toBeLessThan(10_000)
  expect(figures.cpuMsEach).toBeLessThan(3_000)
  // Of 0.67 MB, registrations are 0.21, ends 0.11 and vectors 0.07; what members compare with each other is 0.04.
  expect(figures.mostBytesSent).toBeLessThan(1_000_000)
}, 600_000)

// The sums and the blame of fifty alone are in `transaction.test.ts`: what is added here is that as many reveal, and go on.
it('of many, who disturbs is found, and all others mix', async () => {
  const members = WHOLE ? MEMBERS : 20
  const garbage = new Uint8Array(members * 25).fill(1)
  const disturb: Tamper = ({ attempt, phase, id, key, honest }) => {
    if (attempt > 1) return honest
    return phase === 'vector' ? garbage : phase === 'commit' ? commitmentOf(id, key, garbage) : honest
  }
  const { played } = await measured({ seed: 51, hostile: { 7: disturb } }, members)
  const { honest, txids } = judge(played, [7])
  expect(namedBy(played, honest)).toEqual(['7 offence'])
  expect(txids.size).toBe(1)
}, 600_000)
