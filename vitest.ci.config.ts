import { defineConfig } from 'vitest/config'
import { PARTIES } from './vitest.config.js'

/** `npm test` runs each property 0.4 times as often as it says, and this as many times. */
const FACTOR = '6'

/** What takes its time: parties of several processes, apps that install the package, all mutants and checks of the conformance tester, the properties again with many more runs, and coverage-guided fuzzing. */
export default defineConfig({
  test: {
    include: [
      ...PARTIES,
      'test/packages/apps.check.ts',
      'test/fuzz/coverage-guided.check.ts',
      'test/fuzz/{coordinators,decoders,hostile-handshake,models,protocol-models,two-parties}.test.ts',
      'test/circuit/races.test.ts',
      'test/conform/mutants.test.ts',
      'test/network/{real-sockets,soak}.test.ts',
      'test/channel/handshake.test.ts',
      'test/dht/{hostile-nodes,joins,kademlia}.test.ts',
      'test/examples.test.ts',
      'test/coinjoin/{again,lobby,many,round-hostile}.test.ts',
      'test/musig2/{blame,many,nonces-committed,nonces-network,real-sockets,reload}.test.ts',
      'test/mail/schedules.test.ts',
      'test/simulate.test.ts',
      'test/node/{memory-ceiling,slow-readers}.test.ts',
      'test/onion/rounds.test.ts',
      'test/peer/paths-random.test.ts',
    ],
    setupFiles: ['test/setup.ts'],
    env: {
      LONG_TESTS: '1',
      FUZZ_FACTOR: process.env.FUZZ_FACTOR ?? FACTOR,
      PATHS_SEEDS: process.env.PATHS_SEEDS ?? '60',
      SOAK_PEERS: process.env.SOAK_PEERS ?? '30',
      SOAK_MINUTES: process.env.SOAK_MINUTES ?? '5',
    },
    // Parties are timed here, and compute more than they wait.
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 300_000,
    reporters: process.env.CI ? ['default', ['json', { outputFile: '.reports/vitest-ci.json' }]] : ['default'],
  },
})
