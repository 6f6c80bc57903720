// An option that may be left out may be `undefined` too: with `exactOptionalPropertyTypes`, as strict applications have it, a type has to say so.
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const entries = ['index', 'core', 'node/index', 'musig2/index', 'statements/index', 'testing/index', 'errors'].map(
  (name) => `${root}src/${name}.ts`,
)

/** Types that applications give, beside the parameters of what they call. */
const IS_GIVEN = /(Options|Config|Query|Definition|Criteria|Conditions)$/

/** Properties that a given type lets be left out, and not be `undefined`. */
function closedProperties(): { closed: string[]; seen: number } {
  const program = ts.createProgram(entries, {
    ...ts.convertCompilerOptionsFromJson(JSON.parse(readFileSync(`${root}tsconfig.json`, 'utf8')).compilerOptions, root).options,
    noEmit: true,
  })
  const checker = program.getTypeChecker()
  const closed = new Set<string>()
  let seen = 0
  const visited = new Set<ts.Node>()
  const members = (owner: string, list: ts.NodeArray<ts.TypeElement>) => {
    for (const member of list) {
      if (!ts.isPropertySignature(member) || member.questionToken === undefined || member.type === undefined) continue
      seen++
      const isOpen = ts.isUnionTypeNode(member.type)
        ? member.type.types.some(({ kind }) => kind === ts.SyntaxKind.UndefinedKeyword)
        : member.type.kind === ts.SyntaxKind.UnknownKeyword
      if (!isOpen) closed.add(`${relative(root, member.getSourceFile().fileName)} ${owner}.${member.name.getText()}`)
    }
  }
  const look = (node: ts.Node): void => {
    if (visited.has(node)) return
    visited.add(node)
    if (ts.isInterfaceDeclaration(node) && IS_GIVEN.test(node.name.text)) members(node.name.text, node.members)
    if (ts.isTypeAliasDeclaration(node) && IS_GIVEN.test(node.name.text) && ts.isTypeLiteralNode(node.type)) {
      members(node.name.text, node.type.members)
    }
    if (ts.isParameter(node) && node.type !== undefined) {
      const literals = ts.isIntersectionTypeNode(node.type) ? node.type.types : [node.type]
      for (const literal of literals)
        if (ts.isTypeLiteralNode(literal)) members(node.parent.name?.getText() ?? '', literal.members)
    }
    const isHidden = ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword)
    if (!isHidden && !ts.isBlock(node)) ts.forEachChild(node, look)
  }
  for (const entry of entries) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!)
    for (const symbol of module === undefined ? [] : checker.getExportsOfModule(module)) {
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
      for (const declaration of target.declarations ?? []) look(declaration)
    }
  }
  // What public signatures name without exporting it.
  for (const source of program.getSourceFiles()) {
    if (!source.fileName.startsWith(`${root}src/`) || source.fileName.includes('/conform/')) continue
    for (const node of source.statements) if (ts.isInterfaceDeclaration(node) && isExported(node)) look(node)
  }
  return { closed: [...closed].sort(), seen }
}

function isExported(node: ts.InterfaceDeclaration): boolean {
  return ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true
}

test('every option that may be left out may be undefined, of every public type', () => {
  const { closed, seen } = closedProperties()
  expect(seen).toBeGreaterThan(100)
  expect(closed).toEqual([])
}, 120_000)
