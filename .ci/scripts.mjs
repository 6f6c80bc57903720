import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

const npmRun = (script, options) => spawn('npm', ['run', '--silent', script], { shell: process.platform === 'win32', ...options })

/** Runs a script of package.json, with further variables of the environment, and prints its time. @returns whether it has passed. */
export function run(script, env = {}) {
  return ended(script, npmRun(script, { stdio: 'inherit', env: { ...process.env, ...env } }))
}

/** The same, beside another one: what it says is printed when it has ended. */
export function runBeside(script) {
  const child = npmRun(script, { stdio: ['ignore', 'pipe', 'pipe'] })
  const said = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => said.push(chunk))
  return ended(script, child, () => process.stdout.write(Buffer.concat(said)))
}

async function ended(script, child, before = () => {}) {
  const started = performance.now()
  const status = await new Promise((resolve) => {
    child.once('error', () => resolve(1))
    child.once('close', resolve)
  })
  before()
  const processor = processorSeconds()
  const spent = processor === undefined ? '' : `, ${Math.round(processor - counted)} s of the processor`
  counted = processor
  console.log(`${script}: ${Math.round((performance.now() - started) / 1_000)} s${spent}`)
  return status === 0
}

/** What the scripts that have ended took together. */
let counted = processorSeconds()

/**
 * What the children of this process that have ended, and theirs, took of the processor: on a machine with other work it says more of a
 * change than the time on the wall; of a browser's own processes it has only those that the browser waits for. Undefined where it is not
 * Linux (proc(5), `cutime` and `cstime`, in hundredths of a second).
 */
function processorSeconds() {
  try {
    const fields = readFileSync('/proc/self/stat', 'latin1').split(') ').at(-1).split(' ')
    return (Number(fields[13]) + Number(fields[14])) / 100
  } catch {
    return undefined
  }
}
