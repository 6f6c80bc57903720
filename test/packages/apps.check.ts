import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findBrowsers } from '../../.ci/browsers.mjs'
import { codeBlocks, localLinks } from '../documents.js'
import { type Installed, install, printed, QUIETLY, serve, startRelayCommand } from './installed.js'

/** What npm says where there is no way to its registry. */
const UNREACHABLE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED/

let installed: Installed
const at = (...path: string[]) => installed.at(...path)
const run: Installed['run'] = (...given) => installed.run(...given)

beforeAll(() => {
  installed = install()
})

afterAll(() => {
  installed?.remove()
})

describe('the documents of the package', () => {
  it('lead to nothing that was not packed', () => {
    const base = at('node_modules/lotus-p2p')
    const documents = readdirSync(base, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.md') && !name.includes('node_modules'),
    )
    expect(documents.length).toBeGreaterThan(25)
    const dead = documents.flatMap((name) =>
      localLinks(readFileSync(join(base, name), 'utf8'))
        .filter((link) => !link.startsWith('#') && !existsSync(resolve(base, name, '..', link.split('#')[0]!)))
        .map((link) => `${name}: ${link}`),
    )
    expect(dead).toEqual([])
  })

  it('begin with a quick start that does as it says, command by command', async () => {
    const [, text = ''] =
      /## Quick start\n([\s\S]*?)\n## /.exec(readFileSync(at('node_modules/lotus-p2p/README.md'), 'utf8')) ?? []
    const blocks = codeBlocks(text)
    const [setUp, relayCommand] = blocks.filter(({ info }) => info === 'sh').map(({ code }) => code)
    const [bob, alice] = blocks.filter(({ info }) => info === 'js').map(({ code }) => code)
    const { code: output } = blocks.find(({ info }) => info === 'text')!
    const folder = at('quick-start')
    mkdirSync(folder)
    const shell = (command: string) =>
      spawn('sh', ['-ec', command], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    // What is told apart from the page: the tarball in place of the registry, and a free port.
    const [installing] = await once(
      shell(setUp!.replace(/npm install lotus-p2p.*/, `npm install ${QUIETLY.join(' ')} ${installed.tarball}`)),
      'exit',
    )
    expect(installing).toBe(0)
    expect(setUp).toMatch(/^npm init -y\n/)
    const children = [shell(`exec ${relayCommand!.trim()} --port 0`)]
    try {
      const [url] = await printed(children[0]!, /ws:\/\/127\.0\.0\.1:\d+/)
      for (const [name, code] of Object.entries({ bob, alice }))
        writeFileSync(join(folder, `${name}.js`), code!.replace('ws://127.0.0.1:8787', url))
      const said: Record<string, string> = { bob: '', alice: '' }
      const start = (name: string) => {
        const child = shell(`exec node ${name}.js`)
        children.push(child)
        for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said[name] += chunk))
        return child
      }
      await printed(start('bob'), /Bob is online/)
      const [code] = await once(start('alice'), 'close')
      expect(code).toBe(0)
      expect(`$ node bob.js\n${said.bob}\n$ node alice.js\n${said.alice}`).toBe(output)
    } finally {
      // Each with all that npx has started.
      for (const { pid, exitCode } of children) if (pid !== undefined && exitCode === null) process.kill(-pid, 'SIGTERM')
    }
  })
})

describe('in Node', () => {
  it('works as an ES module, and the script ends by itself', () => {
    expect(run('node', ['node-esm/main.mjs'])).toBe('works: true, typed: true, network: function\n')
  })

  it('works as CommonJS, and the script ends by itself', () => {
    expect(run('node', ['node-cjs/main.cjs'])).toBe('works: true, typed: true, network: function\n')
  })

  it('works behind lockdown() of SES, whatever the keys of payloads, metadata and protocols', () => {
    expect(run('node', ['hardened/main.mjs'])).toBe('keys: true, told: constructor,toString, found: 1, P2PError true\n')
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

describe('in Jest with jsdom', () => {
  it('two wallets talk by a relay, beside a page', async ({ skip }) => {
    // A package of its own: Jest brings some three hundred others, which the apps above need not have.
    const failure = await installed.runBeside('npm', ['install', ...QUIETLY, installed.tarball], at('jest')).catch(String)
    skip(UNREACHABLE.test(failure), 'npm cannot be reached, so Jest is not there.')
    await installed.runBeside(at('jest/node_modules/.bin/jest'), ['--ci', '--json', '--outputFile=result.json'], at('jest'))
    const { success, numPassedTests } = JSON.parse(readFileSync(at('jest/result.json'), 'utf8'))
    expect({ success, numPassedTests }).toEqual({ success: true, numPassedTests: 1 })
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
  const ends: (() => unknown)[] = []
  let browser: Browser
  let relay: string
  let origin: string
  /** Next is a package of its own, and takes longest: it is built beside the others. */
  let next: Promise<unknown>

  beforeAll(async () => {
    const bin = (name: string) => at('node_modules/.bin', name)
    next = (async () => {
      await installed.runBeside('npm', ['install', ...QUIETLY, installed.tarball], at('next'))
      await installed.runBeside(at('next/node_modules/.bin/next'), ['build'], at('next'))
    })()
    next.catch(() => {})
    for (const app of ['vite', 'vue', 'svelte']) run(bin('vite'), ['build', '--logLevel', 'error'], at(app))
    const esbuild = ['--bundle', '--format=esm', '--target=es2022', '--log-level=error']
    run(bin('esbuild'), ['esbuild/main.js', '--minify', ...esbuild, '--outfile=esbuild/bundle.js'])
    for (const app of ['module-worker', 'service-worker'])
      run(bin('esbuild'), [`${app}/worker.js`, ...esbuild, `--outfile=${app}/bundle.js`])
    // StrictMode mounts twice in React's development build alone.
    const react = ['--jsx=automatic', '--conditions=development', '--define:process.env.NODE_ENV="development"']
    run(bin('esbuild'), ['react/main.jsx', ...react, ...esbuild, '--outfile=react/bundle.js'])
    cpSync(at('node_modules/lotus-p2p/dist/lotus-p2p.global.js'), at('script-tag/lotus-p2p.global.js'))

    const server = await serve(installed)
    ends.push(server.close)
    origin = server.origin
    const command = await startRelayCommand(installed)
    ends.push(command.stop)
    relay = command.url
    const found = findBrowsers().chromium
    browser = await chromium.launch(found && !found.own ? { executablePath: found.path } : {})
    ends.push(() => browser.close())
  })

  afterAll(async () => {
    for (const end of ends.reverse()) await end()
  })

  it.each([
    'vite/dist/index.html',
    'vue/dist/index.html',
    'svelte/dist/index.html',
    'react/index.html',
    'esbuild/index.html',
    'script-tag/index.html',
    'module-worker/index.html',
    'service-worker/index.html',
    'next/out/index.html',
  ])('works: %s', async (path) => {
    const [app] = path.split('/')
    if (app === 'next') await next
    const page = await browser.newPage()
    const complaints: string[] = []
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    // What they build loads from the root of its own site.
    for (const [folder, place] of [
      ['assets', 'vite/dist'],
      ['_next', 'next/out'],
    ] as const)
      await page.route(new RegExp(`^http://[^/]+/${folder}/`), (route) =>
        route.continue({ url: route.request().url().replace(`/${folder}/`, `/${place}/${folder}/`) }),
      )
    await page.route('**/favicon.ico', (route) => route.fulfill({ status: 204 }))
    await page.goto(`${origin}/${path}?relay=${encodeURIComponent(relay)}`)
    await expect.poll(() => page.title(), { timeout: 20_000 }).toBe('works: true, servers: 1')
    expect(complaints).toEqual([])
    // Vite has bundled it for production.
    if (app === 'vite')
      expect(await page.textContent('body')).toContain(
        'PEER_NOT_CONNECTED: lp1nobody (see lotus-p2p/docs/errors.md#peer_not_connected)',
      )
    await page.close()
  })

  it('has the sentences of errors at the development server of Vite', async () => {
    const vite: typeof import('vite') = await import(
      /* @vite-ignore */ pathToFileURL(at('node_modules/vite/dist/node/index.js')).href
    )
    const server = { host: '127.0.0.1', port: 0 }
    const development = await vite.createServer({ root: at('vite'), configFile: false, logLevel: 'error', server })
    ends.push(() => development.close())
    await development.listen()
    const page = await browser.newPage()
    await page.goto(`${development.resolvedUrls!.local[0]}?relay=${encodeURIComponent(relay)}`)
    const said = () => page.textContent('body')
    await expect.poll(said, { timeout: 30_000 }).toContain('Not connected to "lp1nobody". Call connectToPeer first.')
    await page.close()
  })
})
