import { defineConfig } from 'vitest/config'

/** Folders of tests that keep nothing behind: no sockets, no real timers, no module with a state of its own. Their files share a process. */
const PURE = 'test/{address,base,channel,definitions,identity,message,protocol,storage,vectors}/**/*.test.ts'

export default defineConfig({
  test: {
    setupFiles: ['test/setup.ts'],
    // Two cores: real sockets and child processes need room to answer in time.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: process.env.CI ? ['default', ['json', { outputFile: '.reports/vitest.json' }]] : ['default'],
    projects: [
      { extends: true, test: { name: 'pure', include: [PURE], isolate: false } },
      { extends: true, test: { name: 'units', include: ['test/**/*.test.ts'], exclude: [PURE] } },
    ],
  },
})
