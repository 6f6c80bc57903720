// What a packet costs a hop, and its sender, on one core of this machine: `node bench/onion.mjs`. Target: 5,000 packets a second at a hop.
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const PACKETS = Number(process.env.PACKETS ?? 400)
const ROUNDS = Number(process.env.ROUNDS ?? 10)

const { outputFiles } = await build({
  stdin: {
    contents: `
      export { createPacket, openPacket, peelPacket } from './src/onion/packet.js'
      export { keyPairOf } from './src/mail/hpke.js'
      export { ReplayCache } from './src/node/replay-cache.js'`,
    resolveDir: fileURLToPath(new URL('..', import.meta.url)),
  },
  ...{ bundle: true, write: false, format: 'esm', platform: 'node', logLevel: 'error' },
})
const code = Buffer.from(outputFiles[0].contents).toString('base64')
const { createPacket, openPacket, peelPacket, keyPairOf, ReplayCache } = await import(`data:text/javascript;base64,${code}`)

const hops = Array.from({ length: 3 }, (_, i) => {
  const keys = keyPairOf(new Uint8Array(32).fill(i + 1))
  return { id: new Uint8Array(32).fill(i), key: keys.publicKey, delayMs: 0, keys }
})
const cpuMs = () => process.cpuUsage().user / 1_000 + process.cpuUsage().system / 1_000

let startedMs = cpuMs()
const packets = []
for (let i = 0; i < PACKETS; i++) packets.push((await createPacket(hops, { command: 'exit' }, new Uint8Array(1_000))).packet)
const createMs = (cpuMs() - startedMs) / PACKETS

const { keys } = hops[0]
const times = []
for (let round = 0; round < ROUNDS; round++) {
  const replays = new ReplayCache()
  const began = performance.now()
  startedMs = cpuMs()
  for (const packet of packets) {
    const { secret, tag } = openPacket(packet, keys)
    if (!replays.add(tag)) throw new Error('A fresh packet was taken for a replay.')
    if (peelPacket(packet, secret).packet.length !== packet.length) throw new Error('A packet has another length.')
  }
  times.push({ cpu: (cpuMs() - startedMs) / PACKETS, wall: (performance.now() - began) / PACKETS })
}
times.sort((a, b) => a.cpu - b.cpu)
const { cpu, wall } = times[Math.floor(times.length / 2)]
console.log(`create, 3 hops     ${createMs.toFixed(2)} ms of processor time`)
console.log(`a hop              ${(1_000 * cpu).toFixed(0)} µs of processor time, ${(1_000 * wall).toFixed(0)} µs by the clock`)
console.log(`                   ${Math.round(1_000 / cpu)} packets a second on one core (target 5,000)`)
