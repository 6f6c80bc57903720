import ts from 'typescript'
import type { Edit } from './edits.js'
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
export function renamePrivates(sources: Sources): Map<string, Edit[]> {
  const names = new PrivateNames(sources)
  const renamed = new Map<string, Edit[]>()
  for (const file of sources.files) {
    const edits: Edit[] = []
    const visit = (node: ts.Node): void => {
      const text = ts.isIdentifier(node) ? names.at(node) : isTypeKey(node) ? names.ofKey(node) : undefined
      if (text !== undefined) edits.push({ start: node.getStart(), end: node.end, text })
      ts.forEachChild(node, visit)
    }
    visit(file)
    if (edits.length > 0) renamed.set(file.fileName, edits)
  }
  return renamed
}

class PrivateNames {
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

  private of(symbol: ts.Symbol | undefined): string | undefined {
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
