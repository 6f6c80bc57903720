import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = fileURLToPath(new URL('..', import.meta.url))

/** What may be fuzzed: each is test/fuzz/targets/<name>.ts. */
export const TARGETS = [
  'frames',
  'handshake',
  'circuit',
  'records',
  'dht',
  'topics',
  'musig2',
  'statements',
  'codec',
  'messages',
  'channel',
  'handlers',
]

/** One file with the target and all that it covers. The cryptography stays outside: its loops would drown the rest. */
export async function bundle(target) {
  const outfile = `${here}.built/${target}.mjs`
  await build({
    entryPoints: [`${root}test/fuzz/targets/${target}.ts`],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['@noble/*', 'ws'],
    logLevel: 'warning',
  })
  return outfile
}

/** Writes the target's seeds, and what the regressions folder keeps, to a folder; returns its path. */
export async function writeSeeds(target, file) {
  const folder = `${here}.built/seeds/${target}`
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const { seeds } = await import(pathToFileURL(file).href)
  for (const [i, seed] of (await seeds()).entries()) writeFileSync(`${folder}/${String(i).padStart(3, '0')}`, seed)
  return folder
}
