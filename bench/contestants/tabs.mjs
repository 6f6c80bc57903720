/**
 * Two tabs of a real Chromium, driven by Playwright: what both browser contestants share, so that loops and clock are the same.
 *
 * A contestant opens the tabs' link by itself and puts into each window
 *   send(payload) → undefined | Promise      one message; a promise is awaited
 * and calls there `arrived(payload)` with every payload that comes.
 */
import { createServer } from 'node:http'
import { chromium } from 'playwright'
import { findBrowsers } from '../../.ci/browsers.mjs'

/** What runs in both tabs: a sender's loop, a receiver's count. */
const LOOPS = `
  let expected
  window.arrived = (payload) => {
    if (payload.byteLength !== expected.bytes) return expected.fail(new Error('a message of ' + payload.byteLength + ' bytes came'))
    expected.messages++
    if (expected.messages === expected.warmup) expected.from = performance.now()
    if (expected.messages === expected.warmup + expected.count) expected.done(performance.now() - expected.from)
  }
  window.expectMessages = (expectation) => {
    const done = new Promise((done, fail) => {
      expected = { ...expectation, messages: 0, done, fail }
    })
    done.catch(() => {})
    window.allArrived = done
  }
  window.flood = async (bytes, messages) => {
    const payload = Uint8Array.from({ length: bytes }, (_, i) => i & 0xff)
    for (let i = 0; i < messages; i++) {
      const wait = window.send(payload)
      if (wait) await wait
    }
  }
`

/** A page on loopback, which is a secure context, with this script in it. */
async function servePage(script) {
  const server = createServer((request, response) => {
    const isScript = request.url === '/script.js'
    response.writeHead(200, { 'Content-Type': isScript ? 'text/javascript' : 'text/html' })
    response.end(
      isScript
        ? script
        : '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script src="/script.js"></script>',
    )
  })
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${server.address().port}/`
}

/** Two tabs of one browser: `{ from, to, version }`. */
export async function openTwoTabs(script) {
  const { chromium: found } = findBrowsers()
  if (!found) throw new Error("there is no Chromium; 'npm run browsers' installs one")
  const url = await servePage(`${script}\n${LOOPS}`)
  const browser = await chromium.launch({
    executablePath: found.path,
    // It looks up no host outside.
    args: ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE *.local'],
  })
  const context = await browser.newContext()
  const [from, to] = [await context.newPage(), await context.newPage()]
  for (const page of [from, to]) await page.goto(url)
  return { from, to, version: browser.version() }
}

/** One-way messages a second: from the last of the warm-up to the last of all, at the receiver. All have to arrive. */
export async function oneWay({ from, to }, { bytes, warmup, count }) {
  await to.evaluate((expectation) => window.expectMessages(expectation), { bytes, warmup, count })
  await from.evaluate(([bytes, messages]) => window.flood(bytes, messages), [bytes, warmup + count])
  const ms = await to.evaluate(() => window.allArrived)
  return { perSecond: (count * 1_000) / ms }
}
