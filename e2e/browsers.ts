import type { LaunchOptions } from '@playwright/test'
import { findBrowsers } from '../.ci/browsers.mjs'

const found = findBrowsers()

/** How to launch what is installed; neither browser looks up a host outside. */
export const browserOptions: { chromium: LaunchOptions; firefox: LaunchOptions } = {
  chromium: {
    ...(found.chromium && { executablePath: found.chromium.path }),
    args: ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE *.local'],
  },
  firefox: {
    ...(found.firefox && { executablePath: found.firefox.path }),
    // A stock Firefox is driven another way than the build that Playwright brings.
    ...(found.firefox && !found.firefox.own && { channel: 'moz-firefox' }),
    firefoxUserPrefs: { 'network.dns.forceResolve': '127.0.0.1' },
  },
}
