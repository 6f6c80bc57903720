// npm run test:ci: what `npm test` leaves out, or runs in short. The end-to-end tests need what the build has made.
import { run } from './scripts.mjs'

const outcomes = [
  run('fuzz:install') && run('nats-server') && run('test:long'),
  run('browsers') && run('test:e2e', { LONG_TESTS: '1' }),
]
if (outcomes.includes(false)) process.exitCode = 1
