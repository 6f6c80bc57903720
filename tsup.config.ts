import { fileURLToPath } from 'node:url'
import type { OnResolveResult, PluginBuild } from 'esbuild'
import { defineConfig } from 'tsup'

/** The halves of the SDK that package.json chooses between by condition, so that no bundler for browsers sees Node's. */
const halves = { 'platform-node': 'src/platform/node.ts', 'platform-browser': 'src/platform/browser.ts' }

/** Sources import Node's half, a file `*.node.ts` each; what is built imports the half that is asked for here. */
const platform = (half: Partial<OnResolveResult>) => ({
  name: 'platform',
  setup({ onResolve }: PluginBuild) {
    onResolve({ filter: /\.node\.js$/ }, ({ importer }) => (/[\\/]platform[\\/]node\.ts$/.test(importer) ? undefined : half))
  },
})
const byCondition = platform({ path: '#platform', external: true })

const entry = {
  index: 'src/index.ts',
  core: 'src/core.ts',
  statements: 'src/statements/index.ts',
  node: 'src/node/index.ts',
  testing: 'src/testing/index.ts',
}

export default defineConfig([
  {
    entry: { ...entry, ...halves, cli: 'src/node/cli.ts' },
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    // One class P2PError for all entry points, so that `instanceof` holds between them.
    splitting: true,
    dts: { entry },
    outDir: 'dist',
    external: [/^node:/],
    esbuildPlugins: [byCondition],
  },
  {
    entry: { ...entry, ...halves },
    format: 'cjs',
    target: 'es2022',
    platform: 'neutral',
    splitting: true,
    dts: { entry },
    outDir: 'dist',
    outExtension: () => ({ js: '.cjs', dts: '.d.cts' }),
    external: [/^node:/],
    // These ship as ES modules only, which `require` of Node 20.19 takes; older bundlers get them inlined.
    noExternal: [/^@noble\//, /^@scure\//, 'nanoid', 'idb-keyval'],
    esbuildPlugins: [byCondition],
  },
  {
    entry: { 'lotus-p2p': 'src/index.ts' },
    format: 'iife',
    globalName: 'LotusP2P',
    target: 'es2022',
    platform: 'browser',
    minify: true,
    outDir: 'dist',
    outExtension: () => ({ js: '.global.js' }),
    noExternal: [/.*/],
    esbuildPlugins: [platform({ path: fileURLToPath(new URL('src/platform/browser.ts', import.meta.url)) })],
    esbuildOptions(options) {
      options.mainFields = ['browser', 'module', 'main']
      options.alias = { 'isomorphic-ws': fileURLToPath(new URL('node_modules/isomorphic-ws/browser.js', import.meta.url)) }
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
