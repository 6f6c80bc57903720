import { defineConfig } from 'vitest/config'

/** Folders whose files leave nothing behind: what they open they close, clocks and globals are put back. */
const FOLDERS =
  'address,attacks,backplane,base,channel,circuit,coinjoin,conform,core,costs,defence,definitions,dht,discovery,fuzz,identity,integration,lotus,mail,message,musig2,network,node,onion,peer,plugins,privacy,protocol,storage,testing,topics,transport,vectors,webrtc'
/** Files in them that replace a module, or measure the memory of their process. */
const ALONE = 'isolation|memory-ceiling|schedules|websocket-blocked'
/**
 * What takes seconds of the processor for each test: parties of several processes, commands that are started, recipes, rounds of many
 * members, networks of many nodes. `npm run test:ci` runs them, and nothing that `npm test` has run as it is.
 */
export const PARTIES = [
  'test/attacks/{clear-text,dial-policy,flood}.test.ts',
  'test/coinjoin/{entries-by-onion,isolation,many,mixer,real-sockets,round-hostile,round-threats,shared,unlinkable,wallet-faults}.test.ts',
  'test/conform/{mutants,own}.test.ts',
  'test/costs/{half-done,thousand}.test.ts',
  'test/defence/{diversity,eclipse,statement-run-hostile}.test.ts',
  'test/dht/{dead-nodes,hostile-nodes,joins}.test.ts',
  'test/docs-types.test.ts',
  'test/examples.test.ts',
  'test/mail/{hostile-peer,hostile-relay,lost,processes}.test.ts',
  'test/musig2/{many,request-flood}.test.ts',
  'test/network/{recovery,soak}.test.ts',
  'test/node/{cli,cluster,cluster-clocks,cluster-faults,cluster-slow,mail-load,nats-backplane,nats-mail,nats-permissions,operating,operator-tools}.test.ts',
  'test/node/{relay-mail,rolling-restart}.test.ts',
  'test/onion/{failures,isolation,processes,rounds,shares,streams,thousand-packets}.test.ts',
  'test/optional-types.test.ts',
  'test/simulate.test.ts',
  'test/topics/many-tabs.test.ts',
]
/** What `npm test` runs in short: properties that repeat, and files with tests that the long list alone has; there it runs no more of them than that. */
export const LONGER = [
  'test/core/throws.test.ts',
  'test/fuzz/{coordinators,decoders,hostile-handshake,models,protocol-models,two-parties}.test.ts',
  'test/circuit/races.test.ts',
  'test/network/real-sockets.test.ts',
  'test/channel/handshake.test.ts',
  'test/dht/kademlia.test.ts',
  'test/coinjoin/{again,lobby}.test.ts',
  'test/musig2/{blame,nonces-committed,nonces-network,real-sockets,reload}.test.ts',
  'test/mail/schedules.test.ts',
  'test/node/{memory-ceiling,slow-readers}.test.ts',
  'test/peer/paths-random.test.ts',
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
