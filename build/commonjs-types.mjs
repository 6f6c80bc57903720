// The types of the CommonJS files are those of the ES modules, beside files of the other name: `npm run build` makes them, for to read
// all sources for them a second time takes as long as the rest of the build. What those were bundled from is not shipped.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

for (const name of readdirSync('dist')) {
  if (!name.endsWith('.d.ts')) continue
  const text = readFileSync(`dist/${name}`, 'utf8').replace(/(['"]\.\/[^'"]+)\.js(?=['"])/g, '$1.cjs')
  writeFileSync(`dist/${name.replace(/ts$/, 'cts')}`, text)
}
rmSync('dist/types-of-sources', { recursive: true })
