import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, it } from 'vitest'
import { CORE_LIMITS } from '../../src/base/limits/core.js'
import { DEFAULT_LIMITS } from '../../src/base/limits.js'

const src = fileURLToPath(new URL('../../src/', import.meta.url))

/** Limits whose names are those of members of a reservation too, which a relay tells. */
const IN_MESSAGES = ['circuitBytes', 'circuitBytesPerS', 'circuitMs', 'maxCircuits']

/** What `upgradePaths` reads, which each plugin with a transport of its own may call. */
const OF_TRANSPORTS = ['upgradeMinMs', 'upgradeMaxMs']

/** The names and texts in the code of a coordinator of the core: in its file, and in what that imports by value. */
function wordsOfTheCore(): ReadonlySet<string> {
  const words = new Set<string>()
  const seen = new Set<string>()
  const read = (path: string): void => {
    if (seen.has(path) || path.includes('/base/limits')) return
    seen.add(path)
    const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest)
    const visit = (node: ts.Node): void => {
      if (ts.isImportDeclaration(node)) {
        const { importClause, moduleSpecifier } = node
        const named = importClause?.namedBindings
        const isType =
          importClause?.isTypeOnly === true ||
          (importClause?.name === undefined &&
            named !== undefined &&
            ts.isNamedImports(named) &&
            named.elements.every((element) => element.isTypeOnly))
        const { text } = moduleSpecifier as ts.StringLiteral
        if (!isType && text.startsWith('.')) read(join(dirname(path), text.replace(/\.js$/, '.ts')))
        return
      }
      if (ts.isIdentifier(node) || ts.isStringLiteral(node)) words.add(node.text)
      ts.forEachChild(node, visit)
    }
    visit(file)
  }
  read(join(src, 'core-coordinator.ts'))
  return words
}

it('the core has the limits that it reads, and plugins bring theirs', () => {
  const words = wordsOfTheCore()
  expect(words.size).toBeGreaterThan(1_000)
  const own = Object.keys(CORE_LIMITS)
  expect(own.filter((name) => !words.has(name))).toEqual(OF_TRANSPORTS)
  const others = Object.keys(DEFAULT_LIMITS).filter((name) => !own.includes(name))
  expect(others.filter((name) => words.has(name)).sort()).toEqual(IN_MESSAGES)
})
