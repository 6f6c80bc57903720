import ts from 'typescript'
import type { Edit } from './edits.js'
import { isPick } from './internal-names.js'
import type { Sources } from './program.js'

/** What a private member is called on its way through the build, and nothing else is: the build makes it short, whatever bears the name too. */
export const PRIVATE_NAME = /^\w+\$$/

/**
 * What gives private members other names: the fields of each class are `m0$`, `m1$` and so on, those first that its constructor is
 * given, and its methods `f0$`, `f1$`. Nobody but the class reads them, so classes may call theirs alike, and what looks alike takes few
 * bytes compressed. A private member is found by its declaration, so the same name elsewhere, as an option, an event or a public
 * member, stays what it is.
 *
 * @returns the edits of those files that have private members.
 */
export function renamePrivates(sources: Sources, names: PrivateNames, shared: ReadonlyMap<string, string>): Map<string, Edit[]> {
  const { checker } = sources
  const renamed = new Map<string, Edit[]>()
  for (const file of sources.files) {
    const edits: Edit[] = []
    const renamedAt = (node: ts.Identifier): string | undefined => {
      const own = names.at(node)
      const key = shared.get(node.text)
      // `{ clock }` names a property and a private member.
      if (own !== undefined && key !== undefined && ts.isShorthandPropertyAssignment(node.parent))
        return own.replace(node.text, key)
      return own ?? sharedAt(node, shared, checker)
    }
    const visit = (node: ts.Node): void => {
      const text = ts.isIdentifier(node)
        ? renamedAt(node)
        : isTypeKey(node)
          ? names.ofKey(node)
          : isPickKey(node) && shared.has(node.text)
            ? `'${shared.get(node.text)}'`
            : undefined
      if (text !== undefined) edits.push({ start: node.getStart(), end: node.end, text })
      ts.forEachChild(node, visit)
    }
    visit(file)
    if (edits.length > 0) renamed.set(file.fileName, edits)
  }
  return renamed
}

/** What stands in the place of an identifier that names a property, or the parameter that makes one, whose name is shared. */
function sharedAt(node: ts.Identifier, shared: ReadonlyMap<string, string>, checker: ts.TypeChecker): string | undefined {
  const { parent, text } = node
  const name = shared.get(text)
  if (name === undefined) return undefined
  if (ts.isBindingElement(parent) && ts.isObjectBindingPattern(parent.parent) && (parent.propertyName ?? parent.name) === node) {
    if (parent.dotDotDotToken !== undefined) return undefined
    return parent.propertyName === undefined ? `${name}: ${text}` : name
  }
  const isMade = checker
    .getSymbolAtLocation(node)
    ?.declarations?.some((made) => ts.isParameterPropertyDeclaration(made, made.parent))
  if (ts.isShorthandPropertyAssignment(parent)) {
    const value = checker.getShorthandAssignmentValueSymbol(parent)
    const isParameter = value?.declarations?.some((made) => ts.isParameterPropertyDeclaration(made, made.parent))
    return `${name}: ${isParameter ? name : text}`
  }
  const isNamed =
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    (ts.isPropertyAssignment(parent) && parent.name === node) ||
    ((ts.isClassElement(parent) || ts.isTypeElement(parent) || ts.isMethodDeclaration(parent) || ts.isAccessor(parent)) &&
      parent.name === node)
  return isNamed || isMade ? name : undefined
}

export class PrivateNames {
  private readonly checker: ts.TypeChecker
  /** How many names of fields, and of methods, the private members of a class take. */
  private readonly counts = new Map<ts.ClassLikeDeclaration, Counts>()
  private readonly names = new Map<ts.Symbol, string>()

  constructor({ checker, files }: Sources) {
    this.checker = checker
    const visit = (node: ts.Node): void => {
      if (ts.isClassLike(node)) this.count(node)
      ts.forEachChild(node, visit)
    }
    files.forEach(visit)
  }

  /** What stands in the place of an identifier that names a private member, or the parameter which makes one. */
  at(node: ts.Identifier): string | undefined {
    const { parent, text } = node
    // `const { limits } = this` names a member and a variable.
    if (
      ts.isBindingElement(parent) &&
      ts.isObjectBindingPattern(parent.parent) &&
      (parent.propertyName ?? parent.name) === node
    ) {
      const name = this.of(this.checker.getPropertyOfType(this.checker.getTypeAtLocation(parent.parent), text))
      return name !== undefined && parent.propertyName === undefined ? `${name}: ${text}` : name
    }
    if (ts.isShorthandPropertyAssignment(parent)) {
      const name = this.of(this.checker.getShorthandAssignmentValueSymbol(parent))
      return name && `${text}: ${name}`
    }
    return this.of(this.checker.getSymbolAtLocation(node))
  }

  /** `SecureChannel['state']`, a type, names a member by a text. */
  ofKey({ parent, text }: ts.StringLiteral): string | undefined {
    const { objectType } = parent.parent as ts.IndexedAccessTypeNode
    const name = this.of(this.checker.getPropertyOfType(this.checker.getTypeFromTypeNode(objectType), text))
    return name && `'${name}'`
  }

  of(symbol: ts.Symbol | undefined): string | undefined {
    const declaration = symbol?.declarations?.find(isPrivate)
    return declaration && this.names.get(declared(declaration))
  }

  /** Names the private members of a class after those of the class that it extends. */
  private count(owner: ts.ClassLikeDeclaration): Counts {
    const known = this.counts.get(owner)
    if (known !== undefined) return known
    const extended = owner.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)?.types[0]
    const base = extended && this.checker.getTypeAtLocation(extended.expression).symbol?.valueDeclaration
    const counts = base !== undefined && ts.isClassLike(base) ? { ...this.count(base) } : { m: 0, f: 0 }
    const given = owner.members.filter(ts.isConstructorDeclaration).flatMap(({ parameters }) => [...parameters])
    for (const member of [...given, ...owner.members].filter(isPrivate)) {
      const symbol = declared(member)
      const kind = ts.isMethodDeclaration(member) ? 'f' : 'm'
      if (!this.names.has(symbol)) this.names.set(symbol, `${kind}${counts[kind]++}$`)
    }
    this.counts.set(owner, counts)
    return counts
  }
}

interface Counts {
  m: number
  f: number
}

/** The symbol that a getter shares with its setter. */
function declared(declaration: ts.Declaration): ts.Symbol {
  return (declaration as ts.Declaration & { symbol: ts.Symbol }).symbol
}

function isPrivate(declaration: ts.Declaration): boolean {
  const isMember = ts.isClassElement(declaration) || ts.isParameter(declaration)
  return isMember && (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Private) !== 0
}

function isTypeKey(node: ts.Node): node is ts.StringLiteral {
  return ts.isStringLiteral(node) && ts.isLiteralTypeNode(node.parent) && ts.isIndexedAccessTypeNode(node.parent.parent)
}

/** The key of a `Pick` or an `Omit`, which names a member by a text. */
function isPickKey(node: ts.Node): node is ts.StringLiteral {
  if (!ts.isStringLiteral(node) || !ts.isLiteralTypeNode(node.parent)) return false
  const list = ts.isUnionTypeNode(node.parent.parent) ? node.parent.parent : node.parent
  return isPick(list.parent)
}
