// npm test: the browsers, the build, the units, and the end-to-end tests even where units have failed.
import { spawnSync } from 'node:child_process'

/** @returns whether the script has passed. */
function run(script) {
  const started = performance.now()
  const { status } = spawnSync('npm', ['run', '--silent', script], { stdio: 'inherit', shell: process.platform === 'win32' })
  console.log(`${script}: ${Math.round((performance.now() - started) / 1_000)} s`)
  return status === 0
}

// .ci/run has built already, and checked the types against it.
const isBuilt = process.env.LOTUS_BUILT === '1'
const isReady = run('browsers') && (isBuilt || run('build'))
const outcomes = isReady ? [run('test:unit'), run('test:e2e')] : [false]
if (outcomes.includes(false)) process.exitCode = 1
