import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { faultsOf, importsOf } from '../.ci/layers.mjs'

describe('the layers of the sources', () => {
  let folder = ''
  afterEach(() => rmSync(folder, { recursive: true, force: true }))
  const faultsIn = (files: Record<string, string>): string[] => {
    folder = mkdtempSync(join(tmpdir(), 'layers-'))
    for (const [file, code] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), code)
    }
    return faultsOf(importsOf(folder))
  }

  it.each([
    "import { b } from '../core/b.js'",
    'import { b } from "../core/b.js"',
    "import type { B } from '../core/b.js'",
    "import '../core/b.js'",
    "export * from '../core/b.js'",
    "export type { B } from '../core/b.js'",
    "import b = require('../core/b.js')",
    "type B = import('../core/b.js').B",
    "type B = typeof import('../core/b.js')",
    "const b = await import('../core/b.js')",
    'const b = await import(`../core/b.js`)',
    "const b = await import(/* webpackIgnore: true */ '../core/b.js')",
    "const b = await import(\n  // why\n  '../core/b.js',\n)",
    "const b = require('../core/b.js')",
    "const b = new Worker(new URL('../core/b.js', import.meta.url))",
    'const b = new URL("../core/b.ts", import.meta.url)',
  ])('refuse an import that points upwards: %s', (code) => {
    const faults = faultsIn({ 'base/a.ts': code, 'core/b.ts': 'export const b = 1' })
    expect(faults).toEqual(['base/a.ts imports core/b.ts: base is below core.'])
  })

  it('refuse no import that points downwards, and none that stands in a comment or a text', () => {
    const faults = faultsIn({
      'core/b.ts': "import { a } from '../base/a.js'",
      'base/a.ts': "// import { b } from '../core/b.js'\n/* import('../core/b.js') */\nconst b = `import '../core/b.js'`",
    })
    expect(faults).toEqual([])
  })

  it('refuse a file without a layer', () => {
    expect(faultsIn({ 'elsewhere/a.ts': '' })).toEqual([expect.stringMatching(/^elsewhere\/a\.ts is in no layer/)])
  })

  it('refuse a circle, within a layer too', () => {
    const faults = faultsIn({
      'base/a.ts': "import './b.js'",
      'base/b.ts': "export { a } from './c.js'",
      'base/c.ts': "import './a.js'",
    })
    expect(faults).toEqual(['A circle: base/a.ts → base/b.ts → base/c.ts → base/a.ts.'])
  })

  it('refuse a file that imports itself', () => {
    expect(faultsIn({ 'base/a.ts': "import type { A } from './a.js'" })).toEqual(['A circle: base/a.ts → base/a.ts.'])
  })

  it('hold', () => {
    expect(faultsOf(importsOf(fileURLToPath(new URL('../src', import.meta.url))))).toEqual([])
  })
})
