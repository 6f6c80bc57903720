import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium } from 'playwright'
import type { ViteDevServer } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findBrowsers } from '../../.ci/browsers.mjs'

/** The strictest policy a wallet may run under. */
const POLICY = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self' ws:"
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' }

const root = process.cwd()
let folder: string
const at = (...path: string[]) => join(folder, ...path)
/** As a shell of one's own has it: where tests set NODE_ENV, Vite would build for development. */
const { NODE_ENV: _, ...env } = process.env
const run = (command: string, args: string[], cwd = folder) =>
  execFileSync(command, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 })

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lotus-p2p-apps-'))
  const [{ filename }] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder], root)) as [{ filename: string }]
  const dev = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies as Record<string, string>
  writeFileSync(at('package.json'), JSON.stringify({ private: true, type: 'module' }))
  const tools = ['vite', 'esbuild', 'typescript', '@types/node', '@types/ws'].map((name) => `${name}@${dev[name]}`)
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${filename}`, ...tools])
  cpSync(join(root, 'test/apps'), folder, { recursive: true })
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('in Node', () => {
  it('works as an ES module, and the script ends by itself', () => {
    expect(run('node', ['node-esm/main.mjs'])).toBe('works: true, typed: true, network: function\n')
  })

  it('works as CommonJS, and the script ends by itself', () => {
    expect(run('node', ['node-cjs/main.cjs'])).toBe('works: true, typed: true, network: function\n')
  })

  it('prints no warning of an experimental feature', () => {
    const script = "import { generateIdentity } from 'lotus-p2p'; await (await generateIdentity()).sign(new Uint8Array(1))"
    expect(run('node', ['--input-type=module', '-e', `process.on('warning', (w) => console.log(String(w))); ${script}`])).toBe('')
  })

  it('is rendered on a server, bundled by Vite for it', () => {
    run(at('node_modules/.bin/vite'), ['build', 'ssr', '--ssr', 'render.js', '--outDir', at('ssr/dist'), '--logLevel', 'error'])
    const html = run('node', [
      '--input-type=module',
      '-e',
      `const { render } = await import('${at('ssr/dist/render.js')}'); console.log(render())`,
    ])
    expect(html).toMatch(/^<p data-version="\d+\.\d+\.\d+">lp1\w{58}<\/p>\n$/)
  })
})

describe('the types', () => {
  for (const [module, resolution, file] of [
    ['node16', 'node16', 'consumer.ts'],
    ['node16', 'node16', 'consumer.cts'],
    ['esnext', 'bundler', 'consumer.ts'],
  ] as const) {
    it(`hold for ${file} under moduleResolution ${resolution}, strictly, without the DOM`, () => {
      if (file !== 'consumer.ts') cpSync(at('types/consumer.ts'), at('types', file))
      const options = [
        '--noEmit',
        '--strict',
        '--exactOptionalPropertyTypes',
        '--skipLibCheck',
        'false',
        '--lib',
        'es2022',
        '--types',
        'node',
      ]
      expect(
        run(at('node_modules/.bin/tsc'), [
          ...options,
          '--target',
          'es2022',
          '--module',
          module,
          '--moduleResolution',
          resolution,
          `types/${file}`,
        ]),
      ).toBe('')
    })
  }
})

describe('in a browser, under a strict Content-Security-Policy', () => {
  let server: Server
  let browser: Browser
  let relayProcess: ChildProcess
  let relay: string
  let origin: string
  let development: ViteDevServer

  beforeAll(async () => {
    run(at('node_modules/.bin/vite'), ['build', 'vite', '--logLevel', 'error'])
    const esbuild = ['--bundle', '--minify', '--format=esm', '--target=es2022', '--log-level=error']
    run(at('node_modules/.bin/esbuild'), ['esbuild/main.js', ...esbuild, '--outfile=esbuild/bundle.js'])
    run(at('node_modules/.bin/esbuild'), ['module-worker/worker.js', ...esbuild, '--outfile=module-worker/bundle.js'])
    cpSync(at('node_modules/lotus-p2p/dist/lotus-p2p.global.js'), at('script-tag/lotus-p2p.global.js'))

    server = createServer((request, response) => {
      const path = new URL(request.url ?? '/', 'http://localhost').pathname
      if (!/^(\/[\w.-]+)+$/.test(path) || path.includes('..')) return void response.writeHead(404).end()
      try {
        const body = readFileSync(at(path))
        response
          .writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'text/plain', 'Content-Security-Policy': POLICY })
          .end(body)
      } catch {
        response.writeHead(404).end()
      }
    })
    // The Vite that the apps install: its development server, which bundles dependencies by itself.
    const { createServer: createVite } = (await import(
      /* @vite-ignore */ pathToFileURL(at('node_modules/vite/dist/node/index.js')).href
    )) as typeof import('vite')
    development = await createVite({
      root: at('vite'),
      configFile: false,
      logLevel: 'error',
      server: { host: '127.0.0.1', port: 0 },
    })
    await development.listen()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

    // The command that a relay's operator types, from the package as it is installed.
    relayProcess = spawn(at('node_modules/.bin/lotus-p2p'), ['relay', '--port', '0', '--host', '127.0.0.1', '--quiet'], {
      stdio: 'pipe',
    })
    relay = await new Promise((resolve, reject) => {
      let text = ''
      relayProcess.stdout!.on('data', (chunk) => {
        text += chunk
        const address = /ws:\/\/127\.0\.0\.1:\d+/.exec(text)
        if (address) resolve(address[0])
      })
      relayProcess.once('exit', (code) => reject(new Error(`The relay ended with ${code}: ${text}`)))
    })
    const found = findBrowsers().chromium
    browser = await chromium.launch(found && !found.own ? { executablePath: found.path } : {})
  })

  afterAll(async () => {
    await browser?.close()
    relayProcess?.removeAllListeners('exit')
    relayProcess?.kill('SIGTERM')
    server?.close()
    await development?.close()
  })

  for (const path of ['vite/dist/index.html', 'esbuild/index.html', 'script-tag/index.html', 'module-worker/index.html']) {
    it(`works in ${path.split('/')[0]}`, async () => {
      const page = await browser.newPage()
      const complaints: string[] = []
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(String(error)))
      // Vite's output loads from the root of its own site.
      await page.route('**/assets/**', (route) =>
        route.continue({ url: route.request().url().replace('/assets/', '/vite/dist/assets/') }),
      )
      await page.route('**/favicon.ico', (route) => route.fulfill({ status: 204 }))
      await page.goto(`${origin}/${path}?relay=${encodeURIComponent(relay)}`)
      await expect.poll(() => page.title(), { timeout: 20_000 }).toBe('works: true, servers: 1')
      expect(complaints).toEqual([])
      // Vite has bundled it for production.
      if (path.startsWith('vite/'))
        expect(await page.textContent('body')).toBe('PEER_NOT_CONNECTED: lp1nobody (see lotus-p2p/docs/errors.md)')
      await page.close()
    })
  }

  it('has the sentences of errors at the development server of Vite', async () => {
    const page = await browser.newPage()
    const [at] = development.resolvedUrls!.local
    await page.goto(`${at}?relay=${encodeURIComponent(relay)}`)
    await expect
      .poll(() => page.textContent('body'), { timeout: 30_000 })
      .toBe('Not connected to "lp1nobody". Call connectToPeer first.')
    await page.close()
  })
})
