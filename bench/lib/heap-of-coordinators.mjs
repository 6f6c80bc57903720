/** Prints the bytes of heap that one idle coordinator takes: `node --expose-gc heap-of-coordinators.mjs <module> <how many> [started]`. */
import { setTimeout as sleep } from 'node:timers/promises'

const [module, count, state] = process.argv.slice(2)
const { P2PCoordinator } = await import(module)

async function make(howMany) {
  const made = []
  for (let i = 0; i < howMany; i++) {
    const coordinator = new P2PCoordinator()
    if (state === 'started') await coordinator.start()
    made.push(coordinator)
  }
  return made
}

async function heapUsed() {
  for (let i = 0; i < 4; i++) {
    globalThis.gc()
    await sleep(20)
  }
  return process.memoryUsage().heapUsed
}

// The first ones compile what the others share.
const kept = await make(50)
const before = await heapUsed()
kept.push(...(await make(Number(count))))
const after = await heapUsed()
process.stdout.write(`${(after - before) / Number(count)}\n`, () => process.exit(kept.length > 0 ? 0 : 1))
