import { defineConfig } from 'vitest/config'

/** Checks of the built package: they need dist/, and start browsers and package managers. */
export default defineConfig({
  test: {
    include: ['test/packages/**/*.check.ts'],
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 300_000,
    reporters: process.env.CI ? ['default', ['json', { outputFile: '.reports/vitest-packages.json' }]] : ['default'],
  },
})
