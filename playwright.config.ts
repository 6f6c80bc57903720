import { defineConfig } from '@playwright/test'
import { findBrowsers } from './.ci/browsers.mjs'

const { chromium, firefox } = findBrowsers()

/**
 * `npm test` runs one test of each feature, `npm run test:ci` the others, which are tagged: a second way to the same feature, or one of minutes.
 * `@firefox-long` is so in Firefox alone: there it asks nothing of the browser that another test of `npm test` does not ask.
 */
const isLong = process.env.LONG_TESTS === '1'
const chosen = (long: RegExp, ...notHere: RegExp[]) =>
  isLong ? { grep: long, grepInvert: notHere } : { grepInvert: [long, ...notHere] }

export default defineConfig({
  testDir: 'e2e',
  timeout: 60_000,
  expect: { timeout: 15_000 },
  // Two cores; half of the time a test waits for what two browsers, a relay and itself tell each other.
  workers: 2,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  outputDir: 'test-results',
  reporter: process.env.CI
    ? [['line'], ['json', { outputFile: `.reports/playwright${isLong ? '-long' : ''}.json` }]]
    : [['list']],
  projects: [
    {
      name: 'chromium',
      ...chosen(/@long/),
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
      // Run once: tests that start the other browser themselves or need the tools of Chromium, and those of the relay, of the demo's server and of
      // what the SDK does by itself, with nothing of a browser in it that others do not ask Firefox for.
      ...chosen(/@(firefox-)?long/, /@chromium/),
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
