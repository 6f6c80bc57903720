/**
 * Loaded before a program (`--import`), which then tells whoever has forked it what it has cost: milliseconds of processor time of the process, and
 * of its main thread alone, where the system (Linux) tells that. The others are of V8: compilers, which a process that has run for long has done
 * with, and garbage collection.
 */
import { readFileSync } from 'node:fs'

function mainThreadMs() {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6
  } catch {
    return Number.NaN
  }
}

process.on('message', ({ id, command }) => {
  if (command === 'exit') process.exit()
  const { user, system } = process.cpuUsage()
  process.send({ id, result: { process: (user + system) / 1_000, main: mainThreadMs() } })
})
// The program ends when it has nothing to do.
process.channel?.unref()
