import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = fileURLToPath(new URL('.', import.meta.url))

/**
 * What of the shipping code is replaced: the connection between two nodes, and what thousands of nodes in one process would work out again
 * and again. All above that is the shipping code: the core, who is connected to whom, defence, the DHT.
 */
const REPLACED = {
  'channel/secure-channel': 'link/object-channel',
  'peer/pool/channel-options': 'link/channel-options',
  'peer/connection/peer-connection': 'link/object-peer',
  'peer/connection/sessions': 'link/object-sessions',
  'peer/keep/heartbeat': 'link/link-heartbeat',
  'identity/peer-id': 'cached/peer-ids',
  'address/origin': 'cached/origin',
  'address/dial-policy': 'cached/dial-policy',
  'identity/envelope': 'cached/envelope',
  'plugins/dht/records/record': 'cached/record',
  'plugins/dht/records/key-space': 'cached/key-space',
  'plugins/dht/walk/contact': 'cached/contact',
  'plugins/dht/walk/contact-memory': 'cached/contact-memory',
}

const objectLinks = {
  name: 'object-links',
  setup({ onResolve, onEnd }) {
    const used = new Set()
    onResolve({ filter: /^\.{1,2}\/.*\.js$/ }, ({ path, importer, resolveDir }) => {
      const target = fileURLToPath(new URL(path, `file://${resolveDir}/`)).replace(/\.js$/, '')
      const original = Object.keys(REPLACED).find(
        (name) => target === `${here}../../src/${name}` || target.endsWith(`/src/${name}`),
      )
      if (original === undefined) return undefined
      const file = `${here}${REPLACED[original]}.ts`
      used.add(original)
      // The replacement itself may build on what it replaces.
      return importer === file ? undefined : { path: file }
    })
    onEnd(() => {
      const missing = Object.keys(REPLACED).filter((name) => !used.has(name))
      if (missing.length > 0) throw new Error(`Nothing imports what the simulation replaces: ${missing.join(', ')}.`)
    })
  },
}

export async function bundle(outfile) {
  await build({
    entryPoints: [`${here}simulate.ts`],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    plugins: [objectLinks],
    logLevel: 'warning',
    sourcemap: process.env.SIMULATE_PROFILE === undefined ? false : 'inline',
  })
}
