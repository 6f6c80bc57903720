import ts from 'typescript'
import type { Sources } from './program.js'

/** Where the sources name what they declare. */
export class References {
  private readonly checker: ts.TypeChecker
  private readonly uses = new Map<ts.Symbol, ts.Identifier[]>()

  constructor({ checker, files }: Sources) {
    this.checker = checker
    const visit = (node: ts.Node): void => {
      if (ts.isIdentifier(node)) this.note(node)
      ts.forEachChild(node, visit)
    }
    files.forEach(visit)
  }

  /** Where a symbol is named, its declaration aside. */
  usesOf(symbol: ts.Symbol): readonly ts.Identifier[] {
    return this.uses.get(symbol) ?? []
  }

  /** What an identifier means, at the other end of imports. */
  symbolAt(node: ts.Node): ts.Symbol | undefined {
    const isShorthand = ts.isShorthandPropertyAssignment(node.parent) && node.parent.name === node
    const symbol = isShorthand
      ? this.checker.getShorthandAssignmentValueSymbol(node.parent)
      : this.checker.getSymbolAtLocation(node)
    return symbol && symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol
  }

  /** The symbol that a function is called by, where it has a name. */
  symbolOf(owner: ts.SignatureDeclaration): ts.Symbol | undefined {
    const named = ts.isArrowFunction(owner) ? owner.parent : owner
    const isNamed = ts.isFunctionDeclaration(named) || ts.isVariableDeclaration(named) || ts.isMethodDeclaration(named)
    return isNamed && named.name ? this.checker.getSymbolAtLocation(named.name) : undefined
  }

  /** The calls of a function or method. */
  callsOf(symbol: ts.Symbol): ts.CallExpression[] {
    const calls = this.usesOf(symbol).map((use) => {
      const callee = ts.isPropertyAccessExpression(use.parent) ? use.parent : use
      return ts.isCallExpression(callee.parent) && callee.parent.expression === callee ? callee.parent : undefined
    })
    return calls.filter((call) => call !== undefined)
  }

  private note(node: ts.Identifier): void {
    const symbol = this.symbolAt(node)
    const isDeclared = symbol?.declarations?.some((declaration) => (declaration as ts.NamedDeclaration).name === node)
    if (symbol === undefined || isDeclared) return
    const known = this.uses.get(symbol)
    if (known === undefined) this.uses.set(symbol, [node])
    else known.push(node)
  }
}

/** Whether this makes an error: its arguments are a code and a sentence. */
export function isNewError(node: ts.Node): node is ts.NewExpression {
  return ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'P2PError'
}
