// Finds a Chromium and a Firefox to test with: an environment variable first, then Playwright's own, then the system's.
// Run as a script it also installs what is missing, where it may.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { chromium, firefox } from 'playwright'

const BROWSERS = {
  chromium: {
    variable: 'LOTUS_CHROMIUM',
    own: chromium,
    system: ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium', '/usr/bin/google-chrome'],
    debian: 'chromium-headless-shell',
  },
  firefox: {
    variable: 'LOTUS_FIREFOX',
    own: firefox,
    system: ['/usr/bin/firefox-esr', '/usr/bin/firefox'],
    debian: 'firefox-esr',
  },
}

/**
 * Where the browsers are, synchronously; `own` is true for the build that Playwright brings.
 * @returns {{ [name in 'chromium' | 'firefox']: { path: string, own: boolean } | undefined }}
 */
export function findBrowsers() {
  return Object.fromEntries(Object.entries(BROWSERS).map(([name, browser]) => [name, find(browser)]))
}

function find({ variable, own, system }) {
  const named = process.env[variable]
  if (named) return { path: named, own: false }
  const bundled = own.executablePath()
  if (bundled && existsSync(bundled)) return { path: bundled, own: true }
  const path = system.find((candidate) => existsSync(candidate))
  return path && { path, own: false }
}

function install() {
  const missing = Object.entries(BROWSERS).filter(([name]) => findBrowsers()[name] === undefined)
  if (missing.length === 0) return
  const packages = missing.map(([, { debian }]) => debian)
  const mayInstall = process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0
  if (!mayInstall) {
    console.error(`Missing browsers: ${missing.map(([name]) => name).join(', ')}. Their tests cannot run.`)
    console.error('Install them with `npx playwright install`, or on Debian as root with')
    console.error(`  apt-get install ${packages.join(' ')}`)
    console.error(`or name yours in ${missing.map(([, { variable }]) => variable).join(' and ')}.`)
    process.exitCode = 1
    return
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  console.log(`Installing ${packages.join(' and ')}`)
  execFileSync('apt-get', ['update', '-qq'], { stdio: ['ignore', 'inherit', 'inherit'], env })
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env,
  })
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  install()
  for (const [name, browser] of Object.entries(findBrowsers())) console.log(`${name}: ${browser?.path ?? 'not found'}`)
}
