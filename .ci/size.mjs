// What an import costs in a browser: bundled and minified by esbuild, gzip level 9. `npm run size` prints it.
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** Bytes, gzip, that each import may cost. The aim for everything is 60,000; CHANGELOG.md says where it stands and why. */
export const BUDGETS = {
  '*': 128_200,
  P2PCoordinator: 115_400,
  DistributedHashTable: 32_500,
  ResourceDiscovery: 11_200,
  P2PProtocol: 14_000,
  generateIdentity: 12_400,
  webSocket: 6_700,
  P2PError: 2_400,
}

/** @returns {Promise<number>} bytes after gzip. */
export async function sizeOf(name) {
  const contents = name === '*' ? "export * from './dist/index.js'" : `export { ${name} } from './dist/index.js'`
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd() },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'error',
  })
  return gzipSync(outputFiles[0].contents, { level: 9 }).length
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const [name, budget] of Object.entries(BUDGETS)) {
    const bytes = await sizeOf(name)
    console.log(`${name.padEnd(22)} ${String(bytes).padStart(7)} of ${budget}${bytes > budget ? '  TOO LARGE' : ''}`)
    if (bytes > budget) process.exitCode = 1
  }
}
