import { defineConfig } from '@playwright/test'
import { browserOptions } from './e2e/browsers.js'

export default defineConfig({
  testDir: 'e2e',
  // Two cores for browsers, relays and the tests themselves.
  workers: 2,
  retries: 0,
  timeout: 30_000,
  expect: { timeout: 15_000 },
  forbidOnly: Boolean(process.env.CI),
  reporter: process.env.CI ? [['list'], ['json', { outputFile: '.reports/playwright.json' }]] : [['list']],
  projects: [
    { name: 'chromium', use: { browserName: 'chromium', launchOptions: browserOptions.chromium } },
    {
      name: 'firefox',
      use: {
        browserName: 'firefox',
        ...(browserOptions.firefox.channel && { channel: browserOptions.firefox.channel }),
        launchOptions: browserOptions.firefox,
      },
    },
  ],
})
