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
  'coinjoin/round-threats',
  'dht/joins',
  'musig2/reload',
  'network/soak',
  'musig2/nonces-committed',
  'musig2/nonces-network',
  'fuzz/coordinators',
  'dht/hostile-nodes',
]

const LISTED = [...PARTIES, ...LONGER]
/** What has a process of its own: it measures that, has modules replaced, or starts processes itself. */
const OWN = [
  ...LISTED.filter((path) => path.startsWith('test/node/')),
  'test/{coinjoin,onion}/isolation.test.ts',
  'test/{mail,onion}/processes.test.ts',
  'test/mail/schedules.test.ts',
  'test/network/soak.test.ts',
  'test/{examples,simulate}.test.ts',
  'test/packages/apps.check.ts',
  'test/fuzz/coverage-guided.check.ts',
]

/** Those with a process of their own first: the others take over the one that loads the sources, as long as nothing comes between them. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId, project }: TestSpecification) => {
      const at = LONGEST.findIndex((name) => moduleId.includes(`/test/${name}.`))
      return (project.name === 'own' ? 0 : 1_000) + (at < 0 ? LONGEST.length : at)
    }
    return (await super.sort(files)).sort((a, b) => place(a) - place(b))
  }
}

/** What takes its time: `PARTIES`, the long tests of `LONGER`, apps that install the package, and coverage-guided fuzzing. */
export default defineConfig({
  test: {
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
    projects: [
      { extends: true, test: { name: 'own', include: OWN } },
      { extends: true, test: { name: 'shared', include: LISTED, exclude: OWN, isolate: false } },
    ],
  },
})
