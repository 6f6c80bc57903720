import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { BACKPLANE_LIMITS } from '../../src/backplane/limits.js'
import { MAIL_LIMITS } from '../../src/base/limits/mail.js'
import { MAILBOX_LIMITS } from '../../src/base/limits/mailbox.js'
import { MUSIG2_LIMITS } from '../../src/base/limits/musig2.js'
import { ONION_LIMITS } from '../../src/base/limits/onion.js'
import { ONION_HOP_LIMITS } from '../../src/base/limits/onion-hop.js'
import { SEALED_MAIL_LIMITS } from '../../src/base/limits/sealed-mail.js'
import { DEFAULT_LIMITS } from '../../src/base/limits.js'
import { KEPT } from './registry.js'

const root = fileURLToPath(new URL('../../src/', import.meta.url))
/** Containers themselves: those who have one answer for it. The conformance tester and what is shipped for tests serve nobody. */
const ELSEWHERE = /^(base\/(bounded-map|lazy-map|rate-buckets|serial)\.ts|node\/conform\/|testing\/|alone\/)/
const CONTAINER =
  /^(Map|Set|BoundedMap|LazyMap|LazySet|RecentKeys|RateBuckets|SerialByKey|BySource)\b|^(?!readonly ).*\[\]( \| undefined)?$/

/** The fields, and the variables of a module, that keep more than one thing. */
function containersOf(file: string): string[] {
  return containersIn(readFileSync(root + file, 'utf8'), file)
}

function containersIn(code: string, file = 'x'): string[] {
  const source = ts.createSourceFile(file, code, ts.ScriptTarget.Latest, true)
  const found: string[] = []
  const typeOf = (node: ts.PropertyDeclaration | ts.PropertySignature | ts.VariableDeclaration): string => {
    const made = ts.isPropertySignature(node) ? undefined : node.initializer
    if (node.type !== undefined) return node.type.getText(source)
    if (made === undefined) return ''
    return ts.isNewExpression(made) ? made.expression.getText(source) : ts.isArrayLiteralExpression(made) ? 'unknown[]' : ''
  }
  const visit = (node: ts.Node): void => {
    const isField = ts.isPropertyDeclaration(node) && !node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword)
    // Arrays of an interface are what is given or answered; those that are kept are fields of a class.
    const isPart = ts.isPropertySignature(node) && !/\[\]/.test(typeOf(node))
    const isOfModule = ts.isVariableDeclaration(node) && node.parent.parent.parent === source && isEmpty(node.initializer)
    if ((isField || isPart || isOfModule) && CONTAINER.test(typeOf(node))) found.push(`${file} ${node.name.getText(source)}`)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** Whether a variable begins with nothing, and so is there to be filled. */
function isEmpty(made: ts.Expression | undefined): boolean {
  if (made === undefined) return true
  if (!ts.isNewExpression(made)) return ts.isArrayLiteralExpression(made) && made.elements.length === 0
  // What these are given is how much they hold.
  return !made.arguments?.length || /^(BoundedMap|RecentKeys|RateBuckets)$/.test(made.expression.getText())
}

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.ts') && !ELSEWHERE.test(name))

describe('whatever is kept', () => {
  it('has a bound, and ends: each field that keeps more than one thing has a row that says how', () => {
    expect([...new Set(files.flatMap(containersOf))].sort()).toEqual(Object.keys(KEPT).sort())
  })

  it('has a bound by limits and constants that there are', () => {
    const sources = files.map((file) => readFileSync(root + file, 'utf8')).join('\n')
    const ofMail = [MAIL_LIMITS, MAILBOX_LIMITS, SEALED_MAIL_LIMITS]
    const tables = [DEFAULT_LIMITS, ...ofMail, MUSIG2_LIMITS, BACKPLANE_LIMITS, ONION_LIMITS, ONION_HOP_LIMITS]
    const limits = new Set(tables.flatMap((table) => Object.keys(table)))
    const named = Object.values(KEPT).flatMap(([, ...texts]) =>
      texts.flatMap((text) => text.match(/\b[a-z]+[A-Z]\w+\b|\b[A-Z]+_[A-Z_]+\b/g) ?? []),
    )
    const isThere = (name: string) => (/^[A-Z]/.test(name) ? new RegExp(`const ${name}\\b`).test(sources) : limits.has(name))
    expect([...new Set(named)].filter((name) => !isThere(name))).toEqual([])
  })

  it.each([
    'class A { private readonly all = new Map<string, number>() }',
    'class A { all: LazyMap<string, number> | undefined }',
    'class A { private all: string[] = [] }',
    'class A { #all = new LazySet<string>() }',
    'class A { private readonly all: [string, number][] = [] }',
    'interface A { readonly all: Map<string, number> }',
    'const all = new Map<string, number>()',
    'const all: string[] = []',
    'const all = new BoundedMap<string, number>(MAX_ENTRIES)',
  ])('is found in the form `%s`', (code) => {
    expect(containersIn(code)).toEqual(['x all'.replace('all', code.includes('#all') ? '#all' : 'all')])
  })
})
