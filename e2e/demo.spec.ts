import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, type Page, test } from '@playwright/test'

const root = fileURLToPath(new URL('../', import.meta.url))

let demo: ChildProcess
let address: string

/** The command of `npm run demo`, without the build, on free ports. */
async function startDemo(): Promise<{ demo: ChildProcess; address: string }> {
  const demo = spawn(process.execPath, ['examples-web/demo.mjs', '--port', '0', '--relay-port', '0'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const address = await new Promise<string>((resolve, reject) => {
    let output = ''
    demo.once('exit', (code) => reject(new Error(`The demo ended with ${code}: ${output}`)))
    demo.stdout!.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const found = /wallet\s+(http:\S+)/.exec(output)
      if (found && output.includes('Ctrl-C')) resolve(found[1]!)
    })
  })
  return { demo, address }
}

test.beforeAll(async () => {
  ;({ demo, address } = await startDemo())
})

test.afterAll(async () => {
  demo.kill()
  await once(demo, 'exit')
})

/** Opens the wallet and waits until it has its relay. What the page complains about is kept. */
async function openWallet(page: Page, complaints: string[]): Promise<{ id: string; name: string }> {
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (line) => {
    if (line.type() === 'error') complaints.push(line.text())
  })
  await page.goto(address)
  await expect(page.locator('#status')).toHaveText('Online')
  await expect(page.locator('.peer[data-kind="relay"]')).toHaveCount(1)
  const id = await page.locator('#my-id').getAttribute('title')
  return { id: id!, name: await page.getByLabel('My display name').inputValue() }
}

const rowOf = (page: Page, peerId: string) => page.locator(`.peer[data-peer="${peerId}"]`)

test('two demo wallets see each other, talk both ways, and share resources live', async ({ context }, testInfo) => {
  const complaints: string[] = []
  const first = await context.newPage()
  const second = await context.newPage()
  const alice = await openWallet(first, complaints)
  const bob = await openWallet(second, complaints)

  await test.step('they are two peers, and find each other by themselves, by a circuit', async () => {
    expect(alice.id).toMatch(/^lp1[0-9a-z]{58,59}$/)
    expect(bob.id).not.toBe(alice.id)
    await expect(rowOf(first, bob.id)).toContainText('circuit')
    await expect(rowOf(second, alice.id)).toContainText('circuit')
    await expect(rowOf(first, bob.id)).toContainText(bob.name)
    await expect(first.locator('.peer[data-kind="relay"]')).toContainText('websocket')
  })

  await test.step('to all, and to one alone, who acknowledges it', async () => {
    await first.getByLabel('Message', { exact: true }).fill('Hello, anyone?')
    await first.keyboard.press('Enter')
    await expect(second.getByRole('log', { name: 'Messages' })).toContainText('Hello, anyone?')

    await second.getByRole('button', { name: `Message ${alice.name}` }).click()
    await second.keyboard.type('Only for you <b>not bold</b>')
    await second.keyboard.press('Enter')
    await expect(first.getByRole('log', { name: 'Messages' })).toContainText('Only for you <b>not bold</b>')
    await expect(first.getByRole('log', { name: 'Messages' })).toContainText('to you alone')
    await expect(second.getByRole('log', { name: 'Messages' })).toContainText('delivered in')
  })

  await test.step('a resource appears in the other tab, and is gone when it is withdrawn', async () => {
    await first.getByLabel('Id', { exact: true }).fill('offer-e2e')
    await first.getByLabel('Data (JSON)').fill('{ "give": "250 XPI" }')
    await first.getByRole('button', { name: 'Announce' }).click()
    const offer = second.getByRole('list', { name: 'Live resources' }).getByRole('listitem').filter({ hasText: 'offer-e2e' })
    await expect(offer).toContainText('{"give":"250 XPI"}')
    await expect(offer).toContainText(`by ${alice.name}`)
    // Playwright's screenshot puts a style into the page, and the page's policy complains of it, rightly.
    await second.removeAllListeners('console')
    await second.removeAllListeners('pageerror')
    await testInfo.attach('demo', { body: await second.screenshot(), contentType: 'image/png' })

    await first.getByRole('button', { name: 'Withdraw offer-e2e' }).click()
    await expect(offer).toHaveCount(0)
  })

  await test.step('the network picture says in words what it shows', async () => {
    await expect(first.locator('#picture')).toHaveAttribute(
      'aria-label',
      new RegExp(`Demo relay and 1 wallets: ${bob.name} by circuit`),
    )
    await expect(first.locator('#picture .node')).toHaveCount(3)
  })

  await test.step('a failure shows its code and its sentence', async () => {
    await first.getByLabel('Address, peer id or name').fill('not an address')
    await first.getByRole('button', { name: 'Connect', exact: true }).click()
    await expect(first.getByRole('alert')).toContainText(/Connecting failed\s*[A-Z_]{5,}/)
  })

  await test.step('a new name reaches the other, and survives a reload with the identity', async () => {
    await first.getByLabel('My display name').fill('Alice')
    await first.keyboard.press('Enter')
    await expect(rowOf(second, alice.id)).toContainText('Alice')
    await first.reload()
    await expect(first.locator('#my-id')).toHaveAttribute('title', alice.id)
    await expect(first.getByLabel('My display name')).toHaveValue('Alice')
    await expect(rowOf(second, alice.id)).toContainText('Alice')
    await expect(rowOf(first, bob.id)).toContainText('circuit')
  })

  await test.step('a tab that closes is gone from the other', async () => {
    await second.close({ runBeforeUnload: true })
    await expect(rowOf(first, bob.id)).toHaveCount(0)
  })

  expect(complaints).toEqual([])
})

test('the wallet fits a phone', async ({ context }, testInfo) => {
  const page = await context.newPage()
  await page.setViewportSize({ width: 360, height: 740 })
  await openWallet(page, [])
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  expect(overflow).toBe(0)
  await testInfo.attach('phone', { body: await page.screenshot({ fullPage: true }), contentType: 'image/png' })
})

test('the script-tag page says hello to another one', async ({ context }) => {
  const first = await context.newPage()
  const second = await context.newPage()
  for (const page of [first, second]) {
    await page.goto(`${address}script-tag.html`)
    await expect(page.locator('#status')).toHaveText('online')
  }
  await expect(second.locator('#peers')).toContainText('circuit')
  await second.getByRole('button', { name: 'Say hello to all' }).click()
  await expect(first.locator('#messages')).toContainText('says hello!')
})

test('the demo server serves its pages and nothing else', async ({ request }) => {
  const page = await request.get(address)
  expect(page.headers()['content-security-policy']).toContain("script-src 'self'")
  for (const path of [
    'package.json',
    'demo.mjs',
    'node/basic.mjs',
    '..%2fpackage.json',
    '%2e%2e/package.json',
    'dist/node.js',
    'dist/',
  ]) {
    expect((await request.get(`${address}${path}`)).status(), path).toBe(404)
  }
  expect((await request.post(address)).status()).toBe(405)
})

test('Ctrl-C ends relay and page, and the process with them, while a wallet is connected', async ({ page }) => {
  const own = await startDemo()
  await page.goto(own.address)
  await expect(page.locator('#status')).toHaveText('Online')
  const exited = once(own.demo, 'exit')
  own.demo.kill('SIGINT')
  expect(await exited).toEqual([0, null])
  await expect(page.locator('#status')).not.toHaveText('Online')
})
