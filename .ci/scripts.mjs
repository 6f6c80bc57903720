import { spawnSync } from 'node:child_process'

/** Runs a script of package.json, with further variables of the environment, and prints its time. @returns whether it has passed. */
export function run(script, env = {}) {
  const started = performance.now()
  const options = { stdio: 'inherit', shell: process.platform === 'win32', env: { ...process.env, ...env } }
  const { status } = spawnSync('npm', ['run', '--silent', script], options)
  console.log(`${script}: ${Math.round((performance.now() - started) / 1_000)} s`)
  return status === 0
}
