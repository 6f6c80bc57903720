import { defineConfig } from 'vitest/config'

/** Checks of the built package: its form, exports, unused code and sizes. They need dist/. */
export default defineConfig({
  test: {
    include: ['test/packages/{order,package,size,wire}.check.ts'],
    maxWorkers: 2,
    testTimeout: 180_000,
    reporters: process.env.CI ? ['default', ['json', { outputFile: '.reports/vitest-packages.json' }]] : ['default'],
  },
})
