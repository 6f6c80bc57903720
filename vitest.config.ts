import { defineConfig } from 'vitest/config'

/** Folders whose files leave nothing behind: what they open they close, clocks and globals are put back. */
const FOLDERS =
  'address,attacks,backplane,base,channel,circuit,coinjoin,conform,core,defence,definitions,dht,discovery,fuzz,identity,integration,lotus,mail,message,musig2,network,node,onion,peer,plugins,privacy,protocol,storage,testing,topics,transport,vectors'
/** Files in them that replace a module, or measure the memory of their process. */
const ALONE = 'isolation|memory-ceiling|schedules|websocket-blocked'
/** Parties of several processes, and rounds of many members: `npm run test:ci` runs them. */
export const PARTIES = [
  'test/coinjoin/{real-sockets,round-threats,shared}.test.ts',
  'test/conform/own.test.ts',
  'test/node/{cluster,cluster-faults,nats-backplane,nats-mail,nats-permissions,rolling-restart}.test.ts',
  'test/onion/{failures,processes,streams}.test.ts',
]
/** They share a process for each core, which loads the sources once and not for each file; so do the files above all folders. */
const SHARED = [`test/{${FOLDERS}}/**/!(${ALONE}).test.ts`, 'test/*.test.ts']

export default defineConfig({
  test: {
    setupFiles: ['test/setup.ts'],
    // For two cores: of what waits for sockets, processes and time, a third fits in.
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: process.env.CI ? ['default', ['json', { outputFile: '.reports/vitest.json' }]] : ['default'],
    projects: [
      { extends: true, test: { name: 'shared', include: SHARED, exclude: PARTIES, isolate: false } },
      { extends: true, test: { name: 'units', include: ['test/**/*.test.ts'], exclude: [...SHARED, ...PARTIES] } },
    ],
  },
})
