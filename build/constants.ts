import ts from 'typescript'
import type { Edit } from './edits.js'
import type { Sources } from './program.js'

/**
 * Writes arithmetic of constants that is done when a module loads as what it comes to: `const LIMIT = 2 * FRAME_BYTES + 16` becomes
 * `const LIMIT = 2064`. A bundler drops a literal that nobody uses; arithmetic stays in each bundle, for it does not know that the
 * parts are numbers.
 */
export function foldConstants({ checker, files }: Sources): Map<string, Edit[]> {
  const edits = new Map<string, Edit[]>()
  const infinities = (node: ts.Node, found: Edit[]): void => {
    if (ts.isPropertyAccessExpression(node) && node.getText() === 'Number.NEGATIVE_INFINITY') {
      found.push({ start: node.getStart(), end: node.end, text: '-Infinity' })
    } else ts.forEachChild(node, (child) => infinities(child, found))
  }
  const visit = (node: ts.Node, found: Edit[]): void => {
    if (ts.isFunctionLike(node) || ts.isClassLike(node) || ts.isTypeNode(node)) return
    const value = ts.isBinaryExpression(node) ? amountOf(node, checker) : undefined
    if (value === undefined) ts.forEachChild(node, (child) => visit(child, found))
    else found.push({ start: node.getStart(), end: node.end, text: literal(value) })
  }
  for (const file of files) {
    const found: Edit[] = []
    infinities(file, found)
    for (const statement of file.statements) if (ts.isVariableStatement(statement)) visit(statement, found)
    edits.set(file.fileName, found)
  }
  return edits
}

/** Primes near a power of two have digits that repeat in base 16, so they compress. */
function literal(value: number | bigint): string {
  if (typeof value !== 'bigint') return `${value}`
  return value < 0n ? `-${literal(-value)}` : `0x${value.toString(16)}n`
}

/** What an expression of literals and constants comes to; undefined for any other. */
export function amountOf(node: ts.Expression, checker: ts.TypeChecker): number | bigint | undefined {
  if (ts.isNumericLiteral(node)) return Number(node.text)
  if (ts.isBigIntLiteral(node)) return BigInt(node.text.slice(0, -1))
  if (ts.isParenthesizedExpression(node)) return amountOf(node.expression, checker)
  if (ts.isIdentifier(node)) {
    const initializer = initializerOf(node, checker)
    return initializer && amountOf(initializer, checker)
  }
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken) {
    const value = amountOf(node.operand, checker)
    return value === undefined ? undefined : -value
  }
  if (!ts.isBinaryExpression(node)) return undefined
  const left = amountOf(node.left, checker)
  const right = amountOf(node.right, checker)
  if (left === undefined || typeof left !== typeof right) return undefined
  // Both are of one type, which is all that the operators ask for.
  return calculate(node.operatorToken.kind, left as number, right as number)
}

function calculate(operator: ts.SyntaxKind, left: number, right: number): number | undefined {
  switch (operator) {
    case ts.SyntaxKind.PlusToken:
      return left + right
    case ts.SyntaxKind.MinusToken:
      return left - right
    case ts.SyntaxKind.AsteriskToken:
      return left * right
    case ts.SyntaxKind.AsteriskAsteriskToken:
      return left ** right
    case ts.SyntaxKind.LessThanLessThanToken:
      return left << right
    default:
      return undefined
  }
}

/** What a constant is declared with. */
function initializerOf(name: ts.Identifier, checker: ts.TypeChecker): ts.Expression | undefined {
  const symbol = checker.getSymbolAtLocation(name)
  const target = symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  const declaration = target?.valueDeclaration
  const isConstant =
    declaration && ts.isVariableDeclaration(declaration) && ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const
  return isConstant ? declaration.initializer : undefined
}
