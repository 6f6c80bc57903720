import { spawn } from 'node:child_process'
import { cpus } from 'node:os'

/**
 * Keeps every core busy with a loop that gives way at once to anything else (SCHED_IDLE of Linux, by `chrt`), so that none halts: on a virtual
 * machine a halted core takes longer to wake than a message takes to be handled.
 *
 * @returns ends the loops.
 */
export function keepCoresAwake() {
  const loops = cpus().map(() => spawn('chrt', ['--idle', '0', 'sh', '-c', 'while :; do :; done'], { stdio: 'ignore' }))
  const end = () => {
    for (const loop of loops) loop.kill('SIGKILL')
    process.off('exit', end)
  }
  process.on('exit', end)
  for (const loop of loops) {
    loop.on('error', (error) => {
      throw new Error(`No core can be kept awake: ${error.message}`)
    })
  }
  return end
}
