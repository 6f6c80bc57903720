import type { Page } from '@playwright/test'

/** What browsers say when a socket or a request fails; nothing that a page or the SDK says. */
const NETWORK_FAILURE =
  /WebSocket connection to|can.t establish a connection to|connection to \S+ was interrupted|Failed to load resource|Cross-Origin Request Blocked|Same Origin Policy disallows reading|blocked by CORS policy/i

/**
 * What the pages of a test complain of: console errors, policy violations and uncaught errors. A browser itself reports each
 * socket and request that fails; the test names the addresses that it makes fail, and such a report is expected whenever it comes.
 */
export class Complaints {
  private readonly lines: { text: string; place: string }[] = []
  private readonly failing = new Set<string>()

  watch(page: Page): void {
    page.on('pageerror', (error) => this.lines.push({ text: error.message, place: '' }))
    page.on('console', (line) => {
      if (line.type() === 'error') this.lines.push({ text: line.text(), place: line.location().url })
    })
  }

  /** The browsers may report that this address, or this file, cannot be reached; by WebSocket and by HTTP. */
  expectFailures(...urls: string[]): void {
    for (const url of urls) {
      const { host, pathname } = new URL(url)
      this.failing.add(pathname === '/' ? host : host + pathname)
    }
  }

  /** What no test has asked for. */
  get unexpected(): string[] {
    return this.lines.filter((line) => !this.isExpected(line)).map(({ text, place }) => `${text} (${place || 'no place'})`)
  }

  private isExpected({ text, place }: { text: string; place: string }): boolean {
    if (!NETWORK_FAILURE.test(text)) return false
    return [...this.failing].some((address) => text.includes(address) || place.includes(address))
  }
}
