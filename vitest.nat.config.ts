import { defineConfig } from 'vitest/config'

/** Peers behind real NATs: opt-in, for it needs root and changes the machine's network namespaces while it runs. */
export default defineConfig({
  test: {
    include: ['test/nat/**/*.check.ts'],
    // There is one lab on a machine.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: process.env.CI ? ['default', ['json', { outputFile: '.reports/vitest-nat.json' }]] : ['default'],
  },
})
