import { defineConfig } from '@playwright/test'
import { findBrowsers } from './.ci/browsers.mjs'

const { chromium, firefox } = findBrowsers()

export default defineConfig({
  testDir: 'e2e',
  timeout: 60_000,
  expect: { timeout: 15_000 },
  // Two cores: each worker runs browsers, a relay and the tests.
  workers: 1,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  outputDir: 'test-results',
  reporter: process.env.CI ? [['line'], ['json', { outputFile: '.reports/playwright.json' }]] : [['list']],
  projects: [
    {
      name: 'chromium',
      use: {
        browserName: 'chromium',
        launchOptions: {
          ...(chromium && !chromium.own && { executablePath: chromium.path }),
          // No look-ups of outside hosts.
          args: ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE *.local'],
        },
      },
    },
    {
      name: 'firefox',
      use: {
        browserName: 'firefox',
        // Debian's Firefox is the stock one, which Playwright drives by this channel.
        ...(firefox && !firefox.own && { channel: 'moz-firefox' }),
        launchOptions: {
          ...(firefox && !firefox.own && { executablePath: firefox.path }),
          firefoxUserPrefs: { 'network.dns.forceResolve': '127.0.0.1' },
        },
      },
    },
  ],
})
