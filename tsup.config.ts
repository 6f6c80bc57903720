import { fileURLToPath } from 'node:url'
import type { BuildOptions, OnLoadResult, OnResolveResult, PluginBuild } from 'esbuild'
import { defineConfig } from 'tsup'
import type { SourceFile } from 'typescript'
import { foldConstants } from './build/constants.js'
import { orderDeclarations } from './build/declaration-order.js'
import { type Edit, edited } from './build/edits.js'
import { internalNames } from './build/internal-names.js'
import { checkLetters, LETTERS } from './build/letters.js'
import { PRIVATE_NAME, PrivateNames, renamePrivates } from './build/private-names.js'
import { checkReads, readSources } from './build/program.js'
import { liftSentences } from './build/sentences.js'
import { shareNames } from './build/shared-names.js'
import { TYPES, writeTypes } from './build/types.js'

/** What package.json chooses by condition: no bundler for browsers sees Node's half, and Node loads few files. */
const platforms = { 'platform-node': 'src/platform/node.ts', 'platform-browser': 'src/platform/browser.ts' }
const VENDOR = /^(idb-keyval|mitt|nanoid)$/

/** Sources import Node's half, a file `*.node.ts` each; what is built imports the half that is asked for here. */
const platform = (half: OnResolveResult) => ({
  name: 'platform',
  setup({ onResolve }: PluginBuild) {
    onResolve({ filter: /\.node\.js$/ }, ({ importer }) => (/[\\/]platform[\\/]node\.ts$/.test(importer) ? undefined : half))
  },
})
const platformByCondition = platform({ path: '#platform', external: true })
const vendorByCondition = {
  name: 'vendor',
  setup({ onResolve }: PluginBuild) {
    onResolve({ filter: VENDOR }, ({ path, importer }) => ({
      path: /vendor\.ts$/.test(importer) ? path : '#vendor',
      external: true,
    }))
  },
}

/** The command loads the tester where it is asked for. */
const tester = {
  name: 'tester',
  setup({ onResolve }: PluginBuild) {
    onResolve({ filter: /conform\/command\.js$/ }, () => ({ path: './conform.js', external: true }))
  },
}

const entry = {
  index: 'src/index.ts',
  core: 'src/core.ts',
  errors: 'src/errors.ts',
  statements: 'src/statements/index.ts',
  musig2: 'src/musig2/index.ts',
  coinjoin: 'src/coinjoin/index.ts',
  mail: 'src/mail/index.ts',
  onion: 'src/onion/index.ts',
  node: 'src/node/index.ts',
  testing: 'src/testing/index.ts',
}

/** What conditions choose in place of an entry, with the same types. */
const development = {
  'index.development': 'src/index.development.ts',
  'core.development': 'src/core.development.ts',
  'musig2.development': 'src/musig2.development.ts',
  'coinjoin.development': 'src/coinjoin.development.ts',
  'mail.development': 'src/mail.development.ts',
  'onion.development': 'src/onion.development.ts',
}

/** Packages that some bundle takes in. */
const BUNDLED = ['@noble/ed25519', '@scure/base', 'idb-keyval', 'mitt', 'nanoid']
const root = (path: string) => fileURLToPath(new URL(path, import.meta.url))
export const sources = readSources(root('tsconfig.json'))
checkReads(sources)
checkLetters(sources)
/** Properties that nobody outside can see are short in what is built: they are a fiftieth of its bytes. */
export const internal = internalNames(
  sources,
  Object.values(entry).map(root),
  BUNDLED.map((name) => root(`node_modules/${name}`)),
)
const mangleProps = new RegExp(`^(${internal.join('|')})$|${PRIVATE_NAME.source}`)
const short = (options: BuildOptions) => {
  options.mangleProps = mangleProps
  options.mangleCache = { ...LETTERS }
  // A minifier writes `Infinity` as `1/0`.
  options.define = {
    ...options.define,
    'Number.POSITIVE_INFINITY': 'Infinity',
    'Number.MAX_SAFE_INTEGER': String(Number.MAX_SAFE_INTEGER),
  }
}
/** The texts with other names for private members, which are short too. */
const privateNames = new PrivateNames(sources)
const privates = renamePrivates(sources, privateNames, shareNames(sources, internal, privateNames))
export const renamed = textsWith(({ fileName }) => privates.get(fileName))
/** The texts that are built: their errors have numbers in the place of sentences, which stand in one table, and constants are literals. */
const lifted = liftSentences(sources, [
  root(entry.index),
  root(entry.statements),
  root(entry.musig2),
  root(entry.coinjoin),
  root(entry.mail),
  root(entry.onion),
])
const constants = foldConstants(sources)
const built = textsWith(({ fileName }) => [privates, lifted, constants].flatMap((edits) => edits.get(fileName) ?? []))
const rewritten = {
  name: 'rewritten',
  setup({ onLoad }: PluginBuild) {
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }): OnLoadResult | undefined => {
      const contents = built.get(path.replaceAll('\\', '/'))
      return contents === undefined ? undefined : { contents, loader: 'ts' }
    })
  },
}

/** Functions that are used once stay functions: within others they compress worse. `checkReads` looks for getters that are read for what they do. */
const COMPRESS = {
  passes: 2,
  ecma: 2020,
  reduce_funcs: false,
  keep_infinity: true,
  pure_getters: true,
  unsafe_methods: true,
} as const

const terser = await import('terser').catch(() => {
  console.warn('terser is not installed: what is built is larger than its budgets. Run `npm ci`.')
  return undefined
})

/**
 * Simpler code, which a bundler shakes as before and has made a fiftieth smaller once it has minified it: names, lines and exports
 * stay. Then declarations that look alike come to stand together, which makes it smaller by another fiftieth.
 */
const simpler = {
  name: 'simpler',
  async renderChunk(code: string, { path }: { path: string }) {
    if (!path.endsWith('.js') || terser === undefined) return undefined
    const options = { module: true, mangle: false, compress: COMPRESS, format: { beautify: true, preserve_annotations: true } }
    const simple = await terser.minify(code, options)
    return { code: orderDeclarations(simple.code!) }
  },
}

function textsWith(editsOf: (file: SourceFile) => readonly Edit[] | undefined): Map<string, string> {
  const texts = new Map<string, string>()
  for (const file of sources.files) {
    const edits = editsOf(file)
    if (edits?.length) texts.set(file.fileName, edited(file.text, edits))
  }
  return texts
}

/** The types of the entry points, as `writeTypes` has written those of each source. */
const types = Object.fromEntries(
  Object.entries(entry).map(([name, path]) => [name, path.replace(/^src/, TYPES).replace(/\.ts$/, '.d.ts')]),
)

const builds = defineConfig([
  {
    entry: { ...entry, ...development, ...platforms, vendor: 'src/platform/vendor.ts', cli: 'src/node/cli.ts' },
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    // One class P2PError for all entry points, so that `instanceof` holds between them.
    splitting: true,
    dts: { entry: types },
    outDir: 'dist',
    external: [/^node:/],
    noExternal: [VENDOR],
    esbuildPlugins: [platformByCondition, vendorByCondition, tester, rewritten],
    esbuildOptions: short,
    plugins: [simpler],
  },
  {
    entry: { 'vendor-node': 'src/platform/vendor.ts' },
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    outDir: 'dist',
    noExternal: [/.*/],
    esbuildOptions(options) {
      // nanoid's half for Node loads all of WebCrypto's JavaScript for one function that is global anyway.
      options.conditions = ['browser']
    },
  },
  {
    // It shares nothing with the others, whose names are short.
    entry: { conform: 'src/node/conform/command.ts' },
    format: 'esm',
    target: 'es2022',
    platform: 'node',
    splitting: false,
    outDir: 'dist',
    esbuildPlugins: [platform({ path: root('src/platform/node.ts') })],
  },
  {
    entry: { ...entry, ...development, ...platforms },
    format: 'cjs',
    target: 'es2022',
    platform: 'neutral',
    splitting: true,
    outDir: 'dist',
    outExtension: () => ({ js: '.cjs' }),
    external: [/^node:/],
    // These ship as ES modules only, which `require` of Node 20.19 takes; older bundlers get them inlined.
    noExternal: [/^@noble\//, 'nanoid', 'idb-keyval'],
    esbuildPlugins: [platformByCondition, rewritten],
    esbuildOptions(options) {
      short(options)
      // Bundlers for browsers take it too, and find no `crypto` of Node, which nanoid's half for Node asks for.
      options.conditions = ['browser']
    },
  },
  {
    entry: { 'lotus-p2p': 'src/index.development.ts', 'lotus-p2p-all': 'src/all.development.ts' },
    format: 'iife',
    globalName: 'LotusP2P',
    target: 'es2022',
    platform: 'browser',
    minify: true,
    outDir: 'dist',
    outExtension: () => ({ js: '.global.js' }),
    noExternal: [/.*/],
    esbuildPlugins: [platform({ path: root('src/platform/browser.ts') }), rewritten],
    esbuildOptions(options) {
      short(options)
      options.mainFields = ['browser', 'module', 'main']
    },
  },
  {
    // One file for module and classic workers alike: it imports and exports nothing.
    entry: { 'pow-worker': 'src/plugins/proof-of-work/pow-worker.ts' },
    format: 'iife',
    target: 'es2022',
    platform: 'browser',
    minify: true,
    outDir: 'dist',
    outExtension: () => ({ js: '.js' }),
  },
])

/** Called by tsup alone: tests import what stands above. */
export default () => {
  writeTypes(sources, root('src'), root(TYPES))
  return builds
}
