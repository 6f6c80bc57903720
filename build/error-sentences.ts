import ts from 'typescript'
import { amountOf } from './constants.js'
import type { Sources } from './program.js'
import { isNewError, References } from './references.js'

/** More forms of one sentence than this, and its parts are named instead. */
const MAX_FORMS = 40

/** What parameters are given, at one call. */
type Given = ReadonlyMap<ts.Symbol, ts.Expression>

/** @returns for each code, the sentences of the errors that the sources make with it; a value in a sentence is its name in braces. */
export function errorSentences(sources: Sources): Map<string, string[]> {
  const references = new References(sources)
  const found = new Map<string, Set<string>>()
  const note = (code: string, sentence: string) => {
    // What another has said is no sentence of ours.
    if (!/^[A-Z][A-Z0-9_]+$/.test(code) || /^(\{\w+\})?$/.test(sentence)) return
    found.set(code, (found.get(code) ?? new Set()).add(sentence))
  }
  const texts = new Texts(references, sources.checker)
  const visit = (node: ts.Node): void => {
    if (isNewError(node)) {
      const [code, sentence] = node.arguments ?? []
      for (const given of texts.callsAround(code!, sentence!)) {
        for (const text of texts.of(code!, given)) for (const form of texts.of(sentence!, given)) note(text, form)
      }
    }
    ts.forEachChild(node, visit)
  }
  sources.files.forEach(visit)
  return new Map([...found].map(([code, sentences]) => [code, [...sentences].sort()]))
}

/** The texts that an expression can be. */
class Texts {
  constructor(
    private readonly references: References,
    private readonly checker: ts.TypeChecker,
  ) {}

  /** What the function around an error is given, call by call, where two of its parameters make the error: they belong together. */
  callsAround(...parts: ts.Expression[]): Given[] {
    const parameters = new Set<ts.ParameterDeclaration>()
    const visit = (node: ts.Node): void => {
      const declaration = ts.isIdentifier(node) ? this.references.symbolAt(node)?.valueDeclaration : undefined
      if (declaration !== undefined && ts.isParameter(declaration)) parameters.add(declaration)
      ts.forEachChild(node, visit)
    }
    parts.forEach(visit)
    const owners = [...parameters].map(({ parent }) => parent)
    const owner = owners.find((one, i) => owners.indexOf(one) !== i)
    const calls = this.callsOf(owner).map((call) => {
      const given = new Map<ts.Symbol, ts.Expression>()
      for (const [i, { name, initializer }] of owner!.parameters.entries()) {
        const symbol = this.references.symbolAt(name)
        const value = call.arguments[i] ?? initializer
        if (symbol !== undefined && value !== undefined) given.set(symbol, value)
      }
      return given
    })
    return calls.length > 0 ? calls : [new Map()]
  }

  of(node: ts.Expression, given: Given, depth = 0): string[] {
    if (ts.isStringLiteralLike(node)) return [node.text]
    if (ts.isIdentifier(node) && node.text === 'undefined') return []
    if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) return this.of(node.expression, given, depth)
    if (ts.isConditionalExpression(node))
      return [node.whenTrue, node.whenFalse].flatMap((branch) => this.of(branch, given, depth))
    if (ts.isTemplateExpression(node)) {
      let forms = [node.head.text]
      for (const { expression, literal } of node.templateSpans) {
        const values = this.of(expression, given, depth)
        const fitting = forms.length * values.length > MAX_FORMS ? [nameOf(expression)] : values
        forms = forms.flatMap((form) => fitting.map((value) => form + value + literal.text))
      }
      return forms
    }
    const amount = amountOf(node, this.checker)
    if (amount !== undefined) return [amount.toLocaleString('en')]
    if (ts.isRegularExpressionLiteral(node)) return [node.text]
    const named = ts.isIdentifier(node) && depth < 4 ? this.ofName(node, given, depth + 1) : []
    return named.length > 0 ? [...new Set(named)] : [nameOf(node)]
  }

  private ofName(node: ts.Identifier, given: Given, depth: number): string[] {
    const symbol = this.references.symbolAt(node)
    const argument = symbol && given.get(symbol)
    if (argument !== undefined) return this.of(argument, new Map(), depth)
    const declaration = symbol?.valueDeclaration
    if (declaration && ts.isVariableDeclaration(declaration)) {
      const { initializer } = declaration
      return initializer && isText(initializer) ? this.of(initializer, given, depth) : []
    }
    if (!declaration || !ts.isParameter(declaration)) return []
    const i = declaration.parent.parameters.indexOf(declaration)
    const values = this.callsOf(declaration.parent).map(({ arguments: all }) => all[i] ?? declaration.initializer)
    return values.filter((value) => value !== undefined && isText(value)).flatMap((value) => this.of(value!, new Map(), depth))
  }

  private callsOf(owner: ts.SignatureDeclaration | undefined): ts.CallExpression[] {
    const symbol = owner && this.references.symbolOf(owner)
    return symbol === undefined ? [] : this.references.callsOf(symbol)
  }
}

function isText(node: ts.Expression): boolean {
  const inner = ts.isParenthesizedExpression(node) ? node.expression : node
  return (
    ts.isStringLiteralLike(inner) ||
    ts.isTemplateExpression(inner) ||
    ts.isConditionalExpression(inner) ||
    ts.isIdentifier(inner) ||
    ts.isRegularExpressionLiteral(inner)
  )
}

/** What a value is called, in braces. */
function nameOf(node: ts.Expression): string {
  // A constant that is no number, such as a list.
  if (ts.isIdentifier(node) && /^[A-Z][A-Z0-9_]+$/.test(node.text)) {
    return `{${node.text.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())}}`
  }
  if (ts.isIdentifier(node)) return `{${node.text}}`
  if (ts.isPropertyAccessExpression(node)) return `{${node.name.text}}`
  if (ts.isNonNullExpression(node) || ts.isParenthesizedExpression(node)) return nameOf(node.expression)
  if (ts.isElementAccessExpression(node)) return nameOf(node.expression)
  if (ts.isPrefixUnaryExpression(node)) return nameOf(node.operand)
  if (ts.isBinaryExpression(node)) return nameOf(node.left)
  if (ts.isConditionalExpression(node)) return nameOf(node.whenTrue)
  if (!ts.isCallExpression(node)) return '{…}'
  const { expression, arguments: given } = node
  // `amount.toLocaleString()` and `text.slice(0, 32)` are of what they are called on, `String(value)` and `Math.ceil(ms)` of what they are given.
  const isOfGiven = given[0] !== undefined && !ts.isLiteralExpression(given[0]) && !ts.isArrowFunction(given[0])
  if (isOfGiven) return nameOf(given[0]!)
  return ts.isPropertyAccessExpression(expression) ? nameOf(expression.expression) : '{…}'
}
