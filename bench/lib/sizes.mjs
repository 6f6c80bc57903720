/** What an application pays to ship: bundle size and installed packages. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const root = fileURLToPath(new URL('../../', import.meta.url))
const bench = fileURLToPath(new URL('../', import.meta.url))

/** Gzip size, in kB (1,000 B), of a minified browser bundle of `source`. */
async function bundleKb(source, resolveDir) {
  const { build } = await import('esbuild')
  const result = await build({
    stdin: { contents: source, resolveDir, loader: 'js' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    legalComments: 'none',
    logLevel: 'silent',
  })
  return gzipSync(result.outputFiles[0].contents, { level: 9 }).length / 1_000
}

/** Packages that installing `names` brings: a walk through a lock file by Node's look-up rule. Platform-bound ones count too. */
function installed(lockFile, names) {
  const { packages } = JSON.parse(readFileSync(lockFile, 'utf8'))
  const found = new Set()
  const visit = (name, from) => {
    let at = from
    for (;;) {
      const key = `${at ? `${at}/` : ''}node_modules/${name}`
      if (packages[key]) {
        if (found.has(key)) return
        found.add(key)
        const { dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = packages[key]
        for (const next of Object.keys(dependencies)) visit(next, key)
        for (const next of Object.keys(peerDependencies)) if (!peerDependenciesMeta[next]?.optional) visit(next, key)
        return
      }
      if (!at) return
      at = at.includes('/node_modules/') ? at.slice(0, at.lastIndexOf('/node_modules/')) : ''
    }
  }
  for (const name of names) visit(name, '')
  return found.size
}

export async function sizes({ lotus = true } = {}) {
  const result = {}
  if (lotus) {
    const { dependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
    result.lotus = {
      gzipKb: await bundleKb(`export * from './dist/index.js'`, root),
      packages: installed(`${root}package-lock.json`, Object.keys(dependencies)),
    }
  }
  result.libp2p = {
    gzipKb: await bundleKb(
      `export { createLibp2p } from 'libp2p'
       export { webSockets } from '@libp2p/websockets'
       export { noise } from '@chainsafe/libp2p-noise'
       export { yamux } from '@chainsafe/libp2p-yamux'
       export { multiaddr } from '@multiformats/multiaddr'`,
      bench,
    ),
    packages: installed(`${bench}package-lock.json`, [
      'libp2p',
      '@libp2p/websockets',
      '@chainsafe/libp2p-noise',
      '@chainsafe/libp2p-yamux',
      '@multiformats/multiaddr',
    ]),
  }
  result.ws = { packages: installed(`${bench}package-lock.json`, ['ws']) }
  return result
}
