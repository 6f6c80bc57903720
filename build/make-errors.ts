// Makes docs/errors.md: `npm run docs:errors`.
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { errorsDocument } from './errors-document.js'
import { readSources } from './program.js'

writeFileSync(resolve('docs/errors.md'), errorsDocument(readSources(resolve('tsconfig.json'))))
