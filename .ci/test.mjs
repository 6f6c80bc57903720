// npm test: the browsers, nats-server, the units beside the build, whose steps leave a core free, and then the end-to-end tests, which need what
// the build has made, even where units have failed. Units and browsers at once would fill both cores, and gain nothing but waits that end late.
import { run, runBeside } from './scripts.mjs'

// .ci/run has built already, and checked the types against it.
const build = async () => process.env.LOTUS_BUILT === '1' || runBeside('build')

const isReady = (await run('browsers')) && (await run('nats-server'))
const [units, isBuilt] = isReady ? await Promise.all([run('test:unit'), build()]) : [false, false]
const endToEnd = isBuilt && (await run('test:e2e'))
if (!units || !endToEnd) process.exitCode = 1
