// npm run test:ci: what `npm test` leaves out, or runs in short. The end-to-end tests need what the build has made. Either list waits for
// sockets, processes and time for a third of its own, which the other one uses.
import { run, runBeside } from './scripts.mjs'

const isReady = (await run('fuzz:install')) && (await run('nats-server')) && (await run('browsers'))
const outcomes = isReady ? await Promise.all([run('test:long'), runBeside('test:e2e', { LONG_TESTS: '1' })]) : [false]
if (outcomes.includes(false)) process.exitCode = 1
