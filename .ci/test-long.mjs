// npm run test:ci: what `npm test` leaves out, or runs in short. The end-to-end tests need what the build has made.
import { run } from './scripts.mjs'

const outcomes = [
  (await run('fuzz:install')) && (await run('nats-server')) && (await run('test:long')),
  (await run('browsers')) && (await run('test:e2e', { LONG_TESTS: '1' })),
]
if (outcomes.includes(false)) process.exitCode = 1
