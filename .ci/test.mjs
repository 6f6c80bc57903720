// npm test: the browsers, nats-server, the units, and beside them the build and the end-to-end tests, which need what it makes. What waits for
// browsers and sockets leaves a core to the units for half of its time.
import { run, runBeside } from './scripts.mjs'

// .ci/run has built already, and checked the types against it.
const isBuilt = process.env.LOTUS_BUILT === '1'
const endToEnd = async () => (isBuilt || (await run('build'))) && run('test:e2e')

const isReady = (await run('browsers')) && (await run('nats-server'))
const outcomes = isReady
  ? await Promise.all([runBeside('test:unit', { VITEST_MAX_WORKERS: process.env.VITEST_MAX_WORKERS ?? '2' }), endToEnd()])
  : [false]
if (outcomes.includes(false)) process.exitCode = 1
