import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runInNewContext } from 'node:vm'
import { build } from 'esbuild'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { errorsDocument } from '../../build/errors-document.js'
import { internal, renamed, sources } from '../../tsup.config.js'

const root = process.cwd()
const dist = (name: string) => join(root, 'dist', name)
const run = (command: string, ...args: string[]) =>
  execFileSync('npx', ['--no-install', command, ...args], { cwd: root, encoding: 'utf8' })
const importDist = (name: string): Promise<Record<string, unknown>> => import(/* @vite-ignore */ pathToFileURL(dist(name)).href)
const require = createRequire(join(root, 'package.json'))

describe('the package', () => {
  it('is well formed for publint', () => {
    expect(run('publint', '--strict')).toMatch(/All good/)
  })

  it('resolves its types under every module resolution (attw)', () => {
    // The script-tag bundle, the worker and package.json have no types to resolve; node10 knows no entry points. It exits with 1 at any problem.
    run(
      'attw',
      '--profile',
      'node16',
      '--pack',
      '.',
      '--exclude-entrypoints',
      './dist/lotus-p2p.global.js',
      './dist/lotus-p2p-all.global.js',
      './pow-worker',
      './package.json',
    )
  })

  it('has no unused files, exports or dependencies (knip)', () => {
    expect(run('knip', '--no-progress').trim()).toBe('')
  })

  it('installs at most 12 packages at run time', () => {
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { dev?: boolean; optional?: boolean; devOptional?: boolean; peer?: boolean }>
    }
    const installed = Object.entries(packages).filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional)
    expect(installed.length).toBeLessThanOrEqual(12)
  })
})

describe('the exports', () => {
  for (const entry of ['index', 'core', 'errors', 'statements', 'musig2', 'coinjoin', 'mail', 'onion', 'node', 'testing']) {
    it(`of ${entry} are those agreed on, as ES module and as CommonJS`, async () => {
      const names = Object.keys(await importDist(`${entry}.js`)).sort()
      await expect(names.join('\n')).toMatchFileSnapshot(`exports-${entry}.txt`)
      expect(Object.keys(require(dist(`${entry}.cjs`))).sort()).toEqual(names)
    })
  }

  it.each([
    ['lotus-p2p', ['index'], []],
    ['lotus-p2p-all', ['index', 'coinjoin', 'mail', 'musig2', 'onion', 'statements'], ['broadcastChannel']],
  ])('of the script tag %s are those of %j and %j, and nothing else becomes global', async (script, entries, more) => {
    const sandbox: Record<string, unknown> = { crypto, TextEncoder, TextDecoder, console }
    const before = Object.keys(sandbox)
    // A script's `var` is a property of its window.
    runInNewContext(readFileSync(dist(`${script}.global.js`), 'utf8'), sandbox)
    expect(Object.keys(sandbox).filter((name) => !before.includes(name))).toEqual(['LotusP2P'])
    const exports = await Promise.all(entries.map((entry) => importDist(`${entry}.js`)))
    const names = new Set([...more, ...exports.flatMap((found) => Object.keys(found))])
    expect(Object.keys(sandbox.LotusP2P as object).sort()).toEqual([...names].sort())
  })

  it('share one P2PError, so that instanceof holds between entry points', async () => {
    const [index, node, testing] = await Promise.all(['index.js', 'node.js', 'testing.js'].map(importDist))
    await refusals(index!, node!, testing!)
    await refusals(require(dist('index.cjs')), require(dist('node.cjs')), require(dist('testing.cjs')))
  })
})

async function refusals(
  index: Record<string, unknown>,
  node: Record<string, unknown>,
  testing: Record<string, unknown>,
): Promise<void> {
  const { P2PError } = index as { P2PError: new () => Error }
  const { startRelay } = node as { startRelay: (options: object) => Promise<unknown> }
  await expect(startRelay({ name: '' })).rejects.toBeInstanceOf(P2PError)
  const { createTestNetwork } = testing as { createTestNetwork: () => { createPeer: (options: object) => unknown } }
  expect(() => createTestNetwork().createPeer({ maxConnections: 0 })).toThrow(P2PError)
}

describe('what is built', () => {
  const files = readdirSync(join(root, 'dist')).filter((name) => /\.(c?js)$/.test(name))

  it('builds no code from strings, which a strict Content-Security-Policy forbids', () => {
    for (const name of files)
      expect(readFileSync(dist(name), 'utf8'), name).not.toMatch(/\beval\(|new Function\(|Function\(['"`]/)
  })

  it('needs no Node polyfill in the browser', () => {
    const browser = ['lotus-p2p.global.js', 'lotus-p2p-all.global.js', ...reachable('index.js')]
    for (const name of browser) {
      const text = readFileSync(dist(name), 'utf8')
      expect(text, name).not.toMatch(
        /\bBuffer\.(from|alloc|concat)|require\(['"](node:)?(crypto|buffer|events|stream)|from ['"]node:/,
      )
    }
  })

  it('gives browsers nothing of Node, and Node nothing of the fallback for browsers', async () => {
    const bundle = async (platform: 'browser' | 'node') => {
      const { outputFiles } = await build({
        entryPoints: [dist('index.js')],
        bundle: true,
        write: false,
        format: 'esm',
        platform,
        logLevel: 'error',
      })
      return outputFiles[0]!.text
    }
    const [browser, node] = await Promise.all([bundle('browser'), bundle('node')])
    for (const name of ['createPrivateKey', 'createCipheriv', 'diffieHellman']) {
      expect(browser).not.toContain(name)
      expect(node).toContain(name)
    }
    expect(browser).toContain('node_modules/@noble/ed25519')
    expect(node).not.toContain('node_modules/@noble/ed25519')
  })

  it('loads no WebSocket in Node before the first dial', () => {
    const script = `
      import { createRequire } from 'node:module'
      const { webSocket } = await import(${JSON.stringify(pathToFileURL(dist('index.js')).href)})
      const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((path) => /[\\/]ws[\\/]/.test(path))
      const before = loaded()
      await webSocket().dial('ws://127.0.0.1:1', { firstFrame: new Uint8Array(1) }).catch(() => {})
      console.log(before, loaded())
    `
    expect(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', timeout: 20_000 })).toBe(
      'false true\n',
    )
  })

  it('touches no global at import, so that a server can render a page with it', () => {
    // Getters that tell on whoever reads them; typeof goes through them too, so the WebSocket package's own probe is let by.
    const script = `
      const touched = []
      for (const name of ['window', 'document', 'location', 'localStorage', 'sessionStorage', 'indexedDB', 'RTCPeerConnection', 'BroadcastChannel']) {
        Object.defineProperty(globalThis, name, { configurable: true, get() { touched.push(name); throw new Error(name) } })
      }
      await import(${JSON.stringify(pathToFileURL(dist('index.js')).href)})
      console.log(JSON.stringify(touched))
    `
    // It must also end by itself: an import that starts a timer or opens a socket would keep it alive.
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', timeout: 20_000 })
    expect(JSON.parse(output)).toEqual([])
  })
})

describe('the names that the build makes short', () => {
  it('are none that the types of the package tell', () => {
    const told = new Set<string>()
    const visit = (node: ts.Node): void => {
      const isMember = ts.isTypeElement(node) || ts.isClassElement(node)
      const isPrivate = isMember && (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private) !== 0
      if (isMember && !isPrivate && node.name !== undefined && 'text' in node.name) told.add(node.name.text)
      ts.forEachChild(node, visit)
    }
    for (const name of readdirSync(join(root, 'dist')).filter((file) => /\.d\.c?ts$/.test(file))) {
      visit(ts.createSourceFile(name, readFileSync(dist(name), 'utf8'), ts.ScriptTarget.Latest, true))
    }
    expect(told).toContain('unacknowledgedBytes')
    expect(internal.length).toBeGreaterThan(100)
    expect(internal.filter((name) => told.has(name))).toEqual([])
  })

  it('gives every private member another name, and one name to properties that no object has both of, and the sources still fit together', () => {
    const { program } = sources
    const options = program.getCompilerOptions()
    const host = ts.createCompilerHost(options)
    const read = host.readFile.bind(host)
    host.readFile = (name) => renamed.get(name) ?? read(name)
    const again = ts.createProgram(program.getRootFileNames(), options, host)
    expect(renamed.size).toBeGreaterThan(100)
    // The tester is built from the sources as they are.
    const isBuilt = ({ file }: ts.Diagnostic) => file?.fileName.startsWith(`${root}/src/node/conform/`) !== true
    expect(
      ts
        .getPreEmitDiagnostics(again)
        .filter(isBuilt)
        .map(({ messageText }) => messageText),
    ).toEqual([])
  }, 120_000)
})

describe('the sentences of errors', () => {
  it('stand in docs/errors.md, by code', () => {
    // Is it stale? Then `npm run docs:errors`.
    expect(readFileSync(join(root, 'docs/errors.md'), 'utf8')).toBe(errorsDocument(sources))
  }, 120_000)

  const CODE = 'PEER_NOT_CONNECTED: lp1nobody (see lotus-p2p/docs/errors.md#peer_not_connected)'
  const SENTENCE = 'Not connected to "lp1nobody". Call connectToPeer first.'
  for (const entry of ['lotus-p2p', 'lotus-p2p/core']) {
    it.each([
      ['left out of a bundle for production', [], CODE],
      ['left out where a bundler names its mode', ['production'], CODE],
      ['there in a bundle for development', ['development'], SENTENCE],
    ])(`of ${entry} are %s, all of them`, async (_, conditions, said) => {
      for (const load of [`import * as lotus from '${entry}'`, `const lotus = require('${entry}')`]) {
        const text = await bundled(`${load}; ${attempt()}`, conditions)
        expect(runScript(text)).toBe(said)
        // Parts of it alone, which have no coordinator.
        const part = await bundled(
          `import { decodePeerId } from '${entry}'; try { decodePeerId('no') } catch ({ message }) { console.log(message) }`,
          conditions,
        )
        expect(part.includes('it begins with')).toBe(said === SENTENCE)
      }
      const taken = await bundled(`import { P2PCoordinator } from '${entry}'; console.log(P2PCoordinator)`, conditions)
      expect(taken.includes('Try again later')).toBe(said === SENTENCE)
    })

    it(`of ${entry} are there in Node, by import and by require`, () => {
      expect(run('node', '-e', failing(`import('${entry}')`))).toBe(SENTENCE)
      expect(run('node', '-e', failing(`require('${entry}')`))).toBe(SENTENCE)
    })
  }

  it('come to a production bundle by explainErrors(), with their values and their parts', () => {
    for (const [entry, ending] of [
      ['core', 'js'],
      ['core', 'cjs'],
      ['index', 'js'],
      ['index', 'cjs'],
    ] as const) {
      const file = loading(`${entry}.${ending}`)
      const call = `const { explainErrors } = await ${loading(`errors.${ending}`)}; explainErrors();`
      expect(run('node', '-e', failing(file))).toBe(CODE)
      expect(run('node', '-e', failing(file, call))).toBe(SENTENCE)
      const decode = `try { lotus.decodePeerId('lp1x') } catch (error) { said = error.message }`
      expect(run('node', '-e', failing(file, call, decode))).toMatch(/^This is not a peer id: it has 4 characters, not \d+\.$/)
      const name = `try { new lotus.P2PCoordinator({ bootstrap: 1 }) } catch (error) { said = error.message }`
      expect(run('node', '-e', failing(file, call, name))).toMatch(/^P2PConfig\.bootstrap must be an array/)
    }
  })

  it('are brought by the entries for Node and for tests, too', () => {
    const decode = `try { lotus.decodePeerId('no') } catch (error) { said = error.message }`
    for (const ending of ['js', 'cjs']) {
      for (const entry of ['node', 'testing']) {
        const said = run('node', '-e', failing(loading(`index.${ending}`), `await ${loading(`${entry}.${ending}`)};`, decode))
        expect(said, entry).toBe('This is not a peer id: it begins with "lp1", with no white space before it.')
      }
    }
  })

  it('are there for the script tag', () => {
    const script = `${readFileSync(dist('lotus-p2p.global.js'), 'utf8')}; const lotus = LotusP2P; ${attempt()}`
    expect(runScript(script)).toBe(SENTENCE)
  })

  it('stand nowhere in the core but in the table', () => {
    const texts = reachable('core.js').map((file) => readFileSync(dist(file), 'utf8'))
    const places = (sentence: string) => texts.join('\n').split(sentence).length - 1
    for (const sentence of ['The store is full. Try again later.', 'sent a cut entry', 'Nobody knows the key of ']) {
      expect(places(sentence), sentence).toBe(1)
    }
  })
})

const at = (file: string) => JSON.stringify(pathToFileURL(dist(file)).href)
const SENDS = `await new lotus.P2PCoordinator().disconnectFromPeer('lp1nobody').catch((error) => { said = error.message })`

const loading = (file: string) => `import(${at(file)})`

/** For one too long for an argument. */
function runScript(input: string): string {
  return execFileSync(process.execPath, ['--input-type=commonjs', '-'], { input, encoding: 'utf8', timeout: 20_000 })
}

/** A script that prints what an error says. */
function failing(load: string, before = '', fails = SENDS): string {
  return `Promise.resolve(${load}).then((lotus) => { ${attempt(before, fails)} })`
}

function attempt(before = '', fails = SENDS): string {
  return `(async () => {
    let said
    ${before}
    ${fails}
    process.stdout.write(said, () => process.exit())
  })()`
}

/** What a bundler for browsers makes of a program that names the package, as an application does. */
async function bundled(contents: string, conditions: string[]): Promise<string> {
  const stdin = { contents, resolveDir: root }
  const options = { bundle: true, write: false, format: 'iife', platform: 'browser', logLevel: 'error' } as const
  // A bundler's own \`module\` goes once conditions are named.
  const { outputFiles } = await build({ stdin, conditions: ['module', ...conditions], ...options })
  return outputFiles[0]!.text
}

describe('an idle coordinator', () => {
  const script = join(root, 'bench/lib/heap-of-coordinators.mjs')
  for (const [entry, bytes] of [
    ['core', 16_000],
    ['index', 28_000],
  ] as const) {
    it(`of ${entry} takes at most ${bytes} bytes of heap`, () => {
      const args = ['--expose-gc', script, pathToFileURL(dist(`${entry}.js`)).href, '1000']
      expect(Number(execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 }))).toBeLessThanOrEqual(bytes)
    })
  }
})

/** The chunks that an entry of dist loads. */
function reachable(entry: string, seen = new Set<string>()): string[] {
  if (seen.has(entry)) return []
  seen.add(entry)
  const imports = [...readFileSync(dist(entry), 'utf8').matchAll(/from\s*['"]\.\/([^'"]+)['"]/g)].map((match) => match[1]!)
  return [entry, ...imports.flatMap((name) => reachable(name, seen))]
}
