import { fileURLToPath } from 'node:url'
import { defineConfig } from 'tsup'

const entry = {
  index: 'src/index.ts',
  core: 'src/core.ts',
  statements: 'src/statements/index.ts',
  node: 'src/node/index.ts',
  testing: 'src/testing/index.ts',
}

export default defineConfig([
  {
    entry: { ...entry, cli: 'src/node/cli.ts' },
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    // One class P2PError for all entry points, so that `instanceof` holds between them.
    splitting: true,
    dts: { entry },
    outDir: 'dist',
    external: [/^node:/],
  },
  {
    entry,
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
