// npm run simulate:onion [clients hops trials seed]: how well times alone tell who asked.
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = fileURLToPath(new URL('.', import.meta.url))
const outfile = `${here}../simulate/.built/onion.mjs`
mkdirSync(`${here}../simulate/.built`, { recursive: true })
const options = { bundle: true, platform: 'node', format: 'esm', target: 'node20', packages: 'external', logLevel: 'warning' }
await build({ entryPoints: [`${here}run.ts`], outfile, ...options })
await import(outfile)
