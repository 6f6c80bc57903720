import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { LONGER, PARTIES } from './vitest.config.js'

/** `npm test` runs each property 0.4 times as often as it says, and this as many times. */
const FACTOR = '3'

/** What takes a minute or more, the longest first: none of them is to begin when the other core has nothing left to do. */
const LONGEST = [
  'coinjoin/many',
  'packages/apps',
  'fuzz/coverage-guided',
  'coinjoin/round-hostile',
  'coinjoin/real-sockets',
  'musig2/nonces-committed',
  'musig2/nonces-network',
  'fuzz/decoders',
  'network/soak',
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.findIndex((name) => moduleId.includes(`/test/${name}.`))
      return at < 0 ? LONGEST.length : at
    }
    return (await super.sort(files)).sort((a, b) => place(a) - place(b))
  }
}

/** What takes its time: `PARTIES`, the long tests of `LONGER`, apps that install the package, and coverage-guided fuzzing. */
export default defineConfig({
  test: {
    include: [...PARTIES, 'test/packages/apps.check.ts', 'test/fuzz/coverage-guided.check.ts', ...LONGER],
    setupFiles: ['test/setup.ts'],
    env: {
      LONG_TESTS: '1',
      FUZZ_FACTOR: process.env.FUZZ_FACTOR ?? FACTOR,
      PATHS_SEEDS: process.env.PATHS_SEEDS ?? '60',
      SOAK_PEERS: process.env.SOAK_PEERS ?? '30',
      SOAK_MINUTES: process.env.SOAK_MINUTES ?? '2',
    },
    // Parties are timed here, and compute more than they wait.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 600_000,
    hookTimeout: 300_000,
    reporters: process.env.CI ? ['default', ['json', { outputFile: '.reports/vitest-ci.json' }]] : ['default'],
  },
})
