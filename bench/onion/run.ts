// npm run simulate:onion: the table of docs/onion.md.
import { simulateTiming, type TimingOptions } from './timing.js'

const [clients = 200, hops = 20, trials = 1_000, seed = 1] = process.argv.slice(2).map(Number)

const RUNS: Pick<TimingOptions, 'profile' | 'cover'>[] = [
  { profile: 'quick', cover: 'off' },
  { profile: 'quick', cover: 'session' },
  { profile: 'mixed', cover: 'off' },
  { profile: 'mixed', cover: 'session' },
  { profile: 'background', cover: 'off' },
  { profile: 'background', cover: 'session' },
]

console.log(`${clients} clients, ${hops} hops, a request of each client in 30 s, 1 h, ${trials} users looked for, seed ${seed}\n`)
console.log('| profile | cover | a client sends | a hop handles | to the exit | 1 request | 10 | 50 |')
console.log('|---|---|---:|---:|---:|---:|---:|---:|')
for (const run of RUNS) {
  const options = { ...run, clients, hops, trials, seed, requestMs: 30_000, durationMs: 3_600_000 }
  const { clientRate, hopRate, meanMs, found } = await simulateTiming(options)
  const cells = found.map(({ share, timesGuessing }) => `${(100 * share).toFixed(1)} % (${timesGuessing.toFixed(1)} ×)`)
  console.log(
    `| \`${run.profile}\` | ${run.cover} | ${clientRate.toFixed(2)}/s | ${hopRate.toFixed(1)}/s | ${(meanMs / 1_000).toFixed(1)} s | ${cells.join(' | ')} |`,
  )
}
