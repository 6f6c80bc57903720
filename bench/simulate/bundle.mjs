import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = fileURLToPath(new URL('.', import.meta.url))

/** The shipping code, but for the cryptography of the channel: keys, ciphers and the signature of a handshake cost nothing. */
const plainChannel = {
  name: 'plain-channel',
  setup({ onResolve }) {
    onResolve({ filter: /\/(x25519|aead)\.js$/ }, () => ({ path: `${here}plain-channel.ts` }))
    onResolve({ filter: /\/ed25519\.js$/ }, ({ importer }) =>
      /channel\/hello\.ts$/.test(importer) ? { path: `${here}plain-signature.ts` } : undefined,
    )
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
    plugins: [plainChannel],
    logLevel: 'warning',
  })
}
