import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import type { Sources } from './program.js'

/**
 * The names of properties that nobody outside of the sources can see: members of classes and interfaces that no entry point gives
 * out, and those that a comment says are `@internal`. The build makes them short, which saves every page a tenth of the bytes.
 *
 * A name is left alone where anything else bears it too: what an entry point exports, at any depth; the platform and the packages; a
 * text; a key of an object that is typed as nothing of ours, as every payload, record and shape is. So whatever travels or is stored
 * keeps its keys.
 *
 * Private members need none of this; see `renamePrivates`.
 *
 * @param entries the files of the entry points.
 * @param packages the folders of those that some bundle takes in: no name in their code is touched.
 */
export function internalNames(sources: Sources, entries: readonly string[], packages: readonly string[]): string[] {
  const { program, checker, files } = sources
  const own = new Set(files)
  const inside = new Set<string>()
  const outside = new Set<string>([...publicSurface(program, checker, entries), ...namesIn(packages)])
  const isOurs = (symbol: ts.Symbol): boolean =>
    (symbol.declarations ?? []).length > 0 &&
    symbol.declarations!.every((declaration) => {
      const owner = declaration.parent
      const isMember =
        ts.isClassLike(owner) ||
        ts.isInterfaceDeclaration(owner) ||
        (ts.isTypeLiteralNode(owner) && ts.isTypeAliasDeclaration(owner.parent)) ||
        (ts.isParameter(declaration) && ts.isConstructorDeclaration(owner))
      return isMember && own.has(declaration.getSourceFile())
    })
  const note = (name: string, symbol: ts.Symbol | undefined) => {
    if (symbol !== undefined && isOurs(symbol)) inside.add(name)
    else outside.add(name)
  }
  /** The members that a key of an object stands for; none of ours where the object is typed as nothing of ours. */
  const keyOf = (literal: ts.ObjectLiteralExpression, name: string): ts.Symbol | undefined => {
    const type = checker.getContextualType(literal)
    if (type === undefined) return undefined
    const parts = type.isUnion() ? type.types : [type]
    const found = parts.flatMap((part) => checker.getPropertyOfType(checker.getNonNullableType(part), name) ?? [])
    return found.length > 0 && found.every(isOurs) ? found[0] : undefined
  }
  const visit = (node: ts.Node): void => {
    // A text of several words names no property, and the key of a `Pick` is none that anything bears but what it is picked from.
    if (isPick(node)) {
      visit(node.typeArguments![0]!)
      return
    }
    if (ts.isStringLiteralLike(node) && /^[\w$]+$/.test(node.text)) outside.add(node.text)
    if (ts.isPropertyAccessExpression(node)) {
      const type = checker.getTypeAtLocation(node.expression)
      const parts = type.isUnion() ? type.types : [type]
      const symbols = parts.map((part) => checker.getPropertyOfType(checker.getNonNullableType(part), node.name.text))
      const known = symbols.filter((symbol) => symbol !== undefined)
      if (known.length === 0) note(node.name.text, checker.getSymbolAtLocation(node.name))
      else for (const symbol of known) note(node.name.text, symbol)
    } else if (
      (ts.isPropertyAssignment(node) ||
        ts.isShorthandPropertyAssignment(node) ||
        ts.isMethodDeclaration(node) ||
        ts.isAccessor(node)) &&
      ts.isObjectLiteralExpression(node.parent)
    ) {
      if (ts.isIdentifier(node.name)) note(node.name.text, keyOf(node.parent, node.name.text))
    } else if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent) && node.dotDotDotToken === undefined) {
      const name = node.propertyName ?? node.name
      if (ts.isIdentifier(name)) {
        const type = checker.getTypeAtLocation(node.parent)
        const parts = type.isUnion() ? type.types : [type]
        for (const part of parts) note(name.text, checker.getPropertyOfType(checker.getNonNullableType(part), name.text))
      }
    } else if (
      ts.isPropertySignature(node) &&
      ts.isTypeLiteralNode(node.parent) &&
      !ts.isTypeAliasDeclaration(node.parent.parent) &&
      ts.isIdentifier(node.name)
    ) {
      outside.add(node.name.text)
    }
    ts.forEachChild(node, visit)
  }
  files.forEach(visit)
  return [...inside].filter((name) => !outside.has(name) && name.length > 2).sort()
}

/** Every name that a user of the entry points can read or write, or has to implement. */
function publicSurface(program: ts.Program, checker: ts.TypeChecker, entries: readonly string[]): Set<string> {
  const names = new Set<string>()
  const types = new Set<ts.Type>()
  const declared = new Set<ts.Symbol>()
  const add = (type: ts.Type | undefined): void => {
    if (type !== undefined) types.add(type)
  }
  /**
   * Whether the members of a type are to be walked: those of each declaration are, once. A coordinator with its plugins is a type that
   * holds itself with ever more arguments, and all of its instantiations have the members of the declaration.
   */
  const isFirst = (type: ts.Type): boolean => {
    const symbol = type.aliasSymbol ?? type.symbol
    if (symbol === undefined) return true
    if (declared.has(symbol)) return false
    declared.add(symbol)
    // A class is two types: its instances, and itself, which only those see who are given it.
    if (symbol.flags & ts.SymbolFlags.Type) membersOf(checker.getDeclaredTypeOfSymbol(symbol))
    return true
  }
  /** `Pick<Options, 'a'>` under a name of its own does not tell of `Options`, which its declaration tells the user all the same. */
  const argumentsIn = (node: ts.Node): void => {
    if (ts.isTypeReferenceNode(node)) for (const argument of node.typeArguments ?? []) add(checker.getTypeFromTypeNode(argument))
    ts.forEachChild(node, argumentsIn)
  }
  /** What the platform's own types have is met where it is used. */
  const isForeign = (declarations: readonly ts.Declaration[]): boolean =>
    declarations.length > 0 &&
    declarations.every(
      (declaration) =>
        program.isSourceFileDefaultLibrary(declaration.getSourceFile()) ||
        declaration.getSourceFile().fileName.includes('/node_modules/'),
    )
  const walk = (type: ts.Type): void => {
    if (type.isUnionOrIntersection()) type.types.forEach(add)
    for (const argument of isReference(type) ? checker.getTypeArguments(type) : []) add(argument)
    type.aliasTypeArguments?.forEach(add)
    type.aliasSymbol?.declarations?.forEach(argumentsIn)
    if (type.isTypeParameter()) add(type.getConstraint())
    if (type.flags & ts.TypeFlags.Conditional) {
      const { node } = (type as ts.ConditionalType).root
      add(checker.getTypeFromTypeNode(node.trueType))
      add(checker.getTypeFromTypeNode(node.falseType))
    }
    if (type.flags & ts.TypeFlags.Object && !isForeign(type.symbol?.declarations ?? []) && isFirst(type)) membersOf(type)
  }
  const membersOf = (type: ts.Type): void => {
    const properties = checker.getPropertiesOfType(type).filter((property) => !isPrivate(property) && !isInternal(property))
    type.getBaseTypes()?.forEach(add)
    for (const property of properties) {
      names.add(property.name)
      if (property.declarations?.length) add(checker.getTypeOfSymbol(property))
    }
    for (const signature of [...type.getCallSignatures(), ...type.getConstructSignatures()]) {
      add(signature.getReturnType())
      for (const parameter of signature.getParameters()) add(checker.getTypeOfSymbol(parameter))
      signature.getTypeParameters()?.forEach(add)
    }
    for (const index of checker.getIndexInfosOfType(type)) add(index.type)
  }
  for (const entry of entries) {
    const file = program.getSourceFile(entry)
    const module = file && checker.getSymbolAtLocation(file)
    for (const symbol of module === undefined ? [] : checker.getExportsOfModule(module)) {
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
      if (target.flags & ts.SymbolFlags.Value && !isTypeOnly(symbol)) {
        const value = checker.getTypeOfSymbol(target)
        add(value)
        membersOf(value)
      }
      if (target.flags & ts.SymbolFlags.Type) add(checker.getDeclaredTypeOfSymbol(target))
    }
  }
  for (const type of types) walk(type)
  return names
}

/** Whether a type is one part of another: its keys are no texts of the program. */
export function isPick(node: ts.Node): node is ts.NodeWithTypeArguments {
  if (!ts.isTypeReferenceNode(node) && !ts.isExpressionWithTypeArguments(node)) return false
  const name = ts.isTypeReferenceNode(node) ? node.typeName : node.expression
  return node.typeArguments?.length === 2 && ts.isIdentifier(name) && /^(Pick|Omit)$/.test(name.text)
}

/** Whether an entry point gives out a type alone, as `export type { Topics }`: nobody constructs it. */
function isTypeOnly(symbol: ts.Symbol): boolean {
  return (symbol.declarations ?? []).some(
    (exported) => ts.isExportSpecifier(exported) && (exported.isTypeOnly || exported.parent.parent.isTypeOnly),
  )
}

function isPrivate(property: ts.Symbol): boolean {
  return (property.declarations ?? []).some(
    (declaration) => (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Private) !== 0,
  )
}

/** Whether a member is for the SDK's own parts, as its comment says by `@internal`: the types that are shipped do not have it. */
function isInternal(property: ts.Symbol): boolean {
  return property.getJsDocTags().some(({ name }) => name === 'internal')
}

function isReference(type: ts.Type): type is ts.TypeReference {
  return ((type as ts.ObjectType).objectFlags & ts.ObjectFlags.Reference) !== 0
}

/** The names of properties in the code of packages, and their texts; a local variable or a comment gives none. */
function namesIn(folders: readonly string[]): Set<string> {
  const names = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || (ts.isIdentifier(node) && isProperty(node))) names.add(node.text)
    ts.forEachChild(node, visit)
  }
  for (const folder of folders) {
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!/\.[cm]?js$/.test(file)) continue
      visit(ts.createSourceFile(file, readFileSync(join(folder, file), 'utf8'), ts.ScriptTarget.Latest, true, ts.ScriptKind.JS))
    }
  }
  return names
}

/** Whether an identifier names a property: after a dot, or in an object, a class or a pattern. */
function isProperty({ parent }: ts.Identifier): boolean {
  return (
    ts.isPropertyAccessExpression(parent) ||
    ts.isObjectLiteralElementLike(parent) ||
    ts.isClassElement(parent) ||
    ts.isBindingElement(parent) ||
    ts.isExportSpecifier(parent) ||
    ts.isImportSpecifier(parent)
  )
}
