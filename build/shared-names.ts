import ts from 'typescript'
import type { PrivateNames } from './private-names.js'
import type { Sources } from './program.js'

/**
 * Which names that nobody outside can see may be one: properties that no object has both of are called alike, as private members of
 * different classes are (`renamePrivates`), for one letter takes fewer bytes compressed than two.
 *
 * Every object comes from a class, a literal or a call, whose type tells all that it has; two names of one such type stay two. A name
 * that some type has optionally stays by itself: whoever reads it must not find another in its place.
 *
 * @param internal the names to look at, of `internalNames`.
 * @returns the name in place of each that can share one.
 */
export function shareNames(
  { checker, files }: Sources,
  internal: readonly string[],
  privates: PrivateNames,
): Map<string, string> {
  const candidates = new Set(internal)
  const methods = new Set<string>()
  const seen = new Set<ts.Type>()
  /** Names that some object has together with each name. */
  const rivals = new Map<string, Set<string>>()
  const meet = (type: ts.Type): void => {
    if (seen.has(type)) return
    seen.add(type)
    if (type.isUnion()) {
      type.types.forEach(meet)
      return
    }
    if (!(type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection))) return
    const together = new Set<string>()
    for (const property of checker.getPropertiesOfType(type)) {
      const { name } = property
      const own = privates.of(property)
      if (own !== undefined) together.add(own)
      else if (candidates.has(name)) {
        if (property.flags & ts.SymbolFlags.Optional) candidates.delete(name)
        if (property.flags & ts.SymbolFlags.Method) methods.add(name)
        together.add(name)
      }
    }
    for (const name of together) {
      const others = rivals.get(name) ?? new Set()
      for (const other of together) if (other !== name) others.add(other)
      rivals.set(name, others)
    }
  }
  const visit = (node: ts.Node): void => {
    if (ts.isClassLike(node)) {
      const symbol = checker.getSymbolAtLocation(node.name ?? node)
      if (symbol !== undefined) {
        meet(checker.getDeclaredTypeOfSymbol(symbol))
        meet(checker.getTypeOfSymbol(symbol))
      }
    }
    if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) meet(checker.getTypeAtLocation(node.name))
    // What a class extends is a value, which need not be the name of a class; its members are the class's own.
    if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) meet(checker.getTypeFromTypeNode(node))
    if (ts.isObjectLiteralExpression(node) || ts.isCallExpression(node) || ts.isNewExpression(node)) {
      meet(checker.getTypeAtLocation(node))
      const expected = checker.getContextualType(node)
      if (expected !== undefined) meet(expected)
    }
    ts.forEachChild(node, visit)
  }
  files.forEach(visit)

  const shared = new Map<string, string>()
  // Those first that are hardest to place.
  const placed = [...candidates].sort((a, b) => (rivals.get(b)?.size ?? 0) - (rivals.get(a)?.size ?? 0) || (a < b ? -1 : 1))
  for (const name of placed) {
    const taken = new Set([...(rivals.get(name) ?? [])].map((rival) => shared.get(rival) ?? rival))
    const kind = methods.has(name) ? 'f' : 'm'
    let number = 0
    while (taken.has(`${kind}${number}$`)) number++
    shared.set(name, `${kind}${number}$`)
  }
  return shared
}
