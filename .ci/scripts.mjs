import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Runs a script of package.json, with further variables of the environment, and prints its time. @returns whether it has passed. */
export function run(script, env = {}) {
  const started = performance.now()
  const before = processorSeconds()
  const options = { stdio: 'inherit', shell: process.platform === 'win32', env: { ...process.env, ...env } }
  const { status } = spawnSync('npm', ['run', '--silent', script], options)
  const processor = before === undefined ? '' : `, ${Math.round(processorSeconds() - before)} s of the processor`
  console.log(`${script}: ${Math.round((performance.now() - started) / 1_000)} s${processor}`)
  return status === 0
}

/**
 * What the children of this process that have ended, and theirs, took of the processor: on a machine with other work it says more of a
 * change than the time on the wall. Undefined where it is not Linux (proc(5), `cutime` and `cstime`, in hundredths of a second).
 */
function processorSeconds() {
  try {
    const fields = readFileSync('/proc/self/stat', 'latin1').split(') ').at(-1).split(' ')
    return (Number(fields[13]) + Number(fields[14])) / 100
  } catch {
    return undefined
  }
}
