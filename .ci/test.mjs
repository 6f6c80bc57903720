// npm test: the browsers, nats-server, the build, the units, and the end-to-end tests even where units have failed.
import { run } from './scripts.mjs'

// .ci/run has built already, and checked the types against it.
const isBuilt = process.env.LOTUS_BUILT === '1'
const isReady = run('browsers') && run('nats-server') && (isBuilt || run('build'))
const outcomes = isReady ? [run('test:unit'), run('test:e2e')] : [false]
if (outcomes.includes(false)) process.exitCode = 1
