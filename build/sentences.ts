import { dirname, resolve } from 'node:path'
import ts from 'typescript'
import type { Edit } from './edits.js'
import type { Sources } from './program.js'
import { isNewError, References } from './references.js'

/** What stands between two sentences of the table, and for a value in one of them. */
const BETWEEN = '|'
const VALUE = '~'

/** A text shorter than this stays where it is: its number would save nothing. */
const MIN_LENGTH = 12

/** The constant of the sources that all sentences are put in. */
const TABLE = 'SENTENCES'

/**
 * Takes the sentences of errors out of the sources: `new P2PError(code, 'The store is full.')` becomes `new P2PError(code, 7)`, and a
 * sentence with values `[8, value, value]`, where 7 and 8 are places in a table. What an application does not import the table of
 * costs it no bytes. A sentence that reaches the error by a variable, a parameter or the result of a function is found there, if it
 * goes nowhere but into errors.
 *
 * @param entries the files whose imports, and theirs, are read; sentences elsewhere stay.
 * @returns the edits of those files that have sentences, and of the one that the table is for.
 */
export function liftSentences(sources: Sources, entries: readonly string[]): Map<string, Edit[]> {
  const reached = entries.map((entry) => new Set(reachable(sources, entry)))
  const within = new Set(reached.flatMap((files) => [...files]))
  const places = new Places(sources, within)
  const found: { node: ts.Expression; text: string }[] = []
  let table: ts.Expression | undefined
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) && node.text.length >= MIN_LENGTH && places.isSentence(node))
      found.push({ node, text: node.text })
    if (ts.isTemplateExpression(node) && places.isSentence(node)) found.push({ node, text: textOf(node) })
    if (ts.isVariableDeclaration(node) && node.name.getText() === TABLE) table = node.initializer
    ts.forEachChild(node, visit)
  }
  for (const file of within) visit(file)
  // Those of the first entry have the smallest numbers: what another entry adds costs it nothing.
  const rankOf = (node: ts.Node) => reached.findIndex((files) => files.has(node.getSourceFile()))
  const ranks = new Map<string, number>()
  for (const { node, text } of found) ranks.set(text, Math.min(rankOf(node), ranks.get(text) ?? rankOf(node)))
  const texts = [...ranks.keys()].sort((a, b) => ranks.get(a)! - ranks.get(b)! || (a < b ? -1 : 1))
  const unfit = texts.find((text) => text.includes(BETWEEN))
  if (unfit !== undefined) throw new Error(`A sentence may not hold ${BETWEEN}: ${unfit}`)
  const edits = new Map<string, Edit[]>()
  const add = (node: ts.Node, made: Edit[]) => {
    const { fileName } = node.getSourceFile()
    edits.set(fileName, [...(edits.get(fileName) ?? []), ...made])
  }
  for (const { node, text } of found) add(node, editsOf(node, texts.indexOf(text), isWhole(node)))
  add(table!, [{ start: table!.getStart(), end: table!.end, text: JSON.stringify(texts.join(BETWEEN)) }])
  return edits
}

/** A template with a mark for each value. */
function textOf({ head, templateSpans }: ts.TemplateExpression): string {
  const pieces = [head.text, ...templateSpans.map(({ literal }) => literal.text)]
  const unfit = pieces.find((piece) => piece.includes(VALUE))
  if (unfit !== undefined) throw new Error(`A sentence with values may not hold ${VALUE}: ${unfit}`)
  return pieces.join(VALUE)
}

/** Only the text between the values is written anew: in the values, other names may be. */
function editsOf(node: ts.Expression, number: number, whole: boolean): Edit[] {
  if (!ts.isTemplateExpression(node))
    return [{ start: node.getStart(), end: node.end, text: whole ? `${number}` : `[${number}]` }]
  const { head, templateSpans } = node
  const edits = [{ start: head.getStart(), end: head.end, text: `[${number},` }]
  for (const [i, { literal }] of templateSpans.entries()) {
    edits.push({ start: literal.getStart(), end: literal.end, text: i === templateSpans.length - 1 ? ']' : ',' })
  }
  return edits
}

/** Whether an expression, or a branch of it, is what an error is constructed with; elsewhere a number could be a value. */
function isWhole(node: ts.Expression): boolean {
  const { parent } = node
  return isNewError(parent) || ((ts.isParenthesizedExpression(parent) || isBranch(node)) && isWhole(parent as ts.Expression))
}

function isBranch(node: ts.Node): boolean {
  const { parent } = node
  return ts.isConditionalExpression(parent) && parent.condition !== node
}

/** The files that one loads, types aside. */
function reachable({ program, files }: Sources, entry: string): Set<ts.SourceFile> {
  const own = new Set(files)
  const found = new Set<ts.SourceFile>([program.getSourceFile(entry)!])
  for (const file of found) {
    for (const statement of file.statements) {
      const isLink = (ts.isImportDeclaration(statement) && !statement.importClause?.isTypeOnly) || isExport(statement)
      if (!isLink || !statement.moduleSpecifier || !ts.isStringLiteral(statement.moduleSpecifier)) continue
      const path = resolve(dirname(file.fileName), statement.moduleSpecifier.text.replace(/\.js$/, '.ts'))
      const target = program.getSourceFile(path)
      if (target !== undefined && own.has(target)) found.add(target)
    }
  }
  return found
}

function isExport(statement: ts.Statement): statement is ts.ExportDeclaration {
  return ts.isExportDeclaration(statement) && !statement.isTypeOnly
}

/** Where a text is a sentence of an error, or a part of one, and nothing else. */
class Places {
  private readonly checker: ts.TypeChecker
  /** Variables and parameters of which that may be true, and functions whose results it may be true of; what is none is taken out. */
  private readonly carriers = new Set<ts.Symbol>()
  private readonly references: References

  constructor(
    sources: Sources,
    private readonly within: ReadonlySet<ts.SourceFile>,
  ) {
    this.checker = sources.checker
    this.references = new References(sources)
    const visit = (node: ts.Node): void => {
      const symbol = this.candidate(node)
      if (symbol !== undefined) this.carriers.add(symbol)
      ts.forEachChild(node, visit)
    }
    sources.files.forEach(visit)
    let before: number
    do {
      before = this.carriers.size
      for (const symbol of this.carriers) if (!this.isCarrier(symbol)) this.carriers.delete(symbol)
    } while (this.carriers.size < before)
  }

  /** Whether what stands here goes into an error's sentence only. */
  isSentence(node: ts.Expression): boolean {
    const { parent } = node
    if (ts.isParenthesizedExpression(parent)) return this.isSentence(parent)
    if (isBranch(node) || isFallback(node)) return this.isSentence(parent as ts.Expression)
    if (isNewError(parent)) return parent.arguments?.indexOf(node) === 1
    if (ts.isTemplateSpan(parent)) return this.within.has(node.getSourceFile()) && this.isSentence(parent.parent)
    if (ts.isCallExpression(parent)) return this.isCarrying(this.parameterOf(parent, node))
    if ((ts.isVariableDeclaration(parent) || ts.isParameter(parent)) && parent.initializer === node) {
      return this.isCarrying(this.checker.getSymbolAtLocation(parent.name))
    }
    if (isAssignment(parent) && parent.right === node) return this.isCarrying(this.references.symbolAt(parent.left))
    if (ts.isReturnStatement(parent) || (ts.isArrowFunction(parent) && parent.body === node)) {
      const owner = ts.isArrowFunction(parent) ? parent : ts.findAncestor(parent, ts.isFunctionLike)
      return owner !== undefined && this.isCarrying(this.references.symbolOf(owner))
    }
    return false
  }

  private isCarrying(symbol: ts.Symbol | undefined): boolean {
    return symbol !== undefined && this.carriers.has(symbol)
  }

  private candidate(node: ts.Node): ts.Symbol | undefined {
    const isVariable = ts.isVariableDeclaration(node) && !isExported(node.parent.parent)
    if ((isVariable || (ts.isParameter(node) && hasBody(node.parent))) && ts.isIdentifier(node.name)) {
      return this.isText(this.checker.getTypeAtLocation(node.name)) ? this.checker.getSymbolAtLocation(node.name) : undefined
    }
    if (!ts.isFunctionDeclaration(node) && !ts.isArrowFunction(node)) return undefined
    const returned = this.checker.getSignatureFromDeclaration(node)?.getReturnType()
    return returned !== undefined && this.isText(returned) ? this.references.symbolOf(node) : undefined
  }

  private isText(type: ts.Type): boolean {
    const parts = type.isUnion() ? type.types : [type]
    const texts = parts.filter((part) => (part.flags & ts.TypeFlags.StringLike) !== 0)
    return texts.length > 0 && parts.every((part) => texts.includes(part) || (part.flags & ts.TypeFlags.Undefined) !== 0)
  }

  private isCarrier(symbol: ts.Symbol): boolean {
    const uses = this.references.usesOf(symbol)
    const isFunction = symbol.declarations?.some(
      (declaration) =>
        ts.isFunctionDeclaration(declaration) ||
        (ts.isVariableDeclaration(declaration) &&
          declaration.initializer !== undefined &&
          ts.isArrowFunction(declaration.initializer)),
    )
    const isUsedSo = (use: ts.Identifier): boolean => {
      if (ts.isImportSpecifier(use.parent)) return true
      if (!isFunction) return this.isSentence(use) || isQuestion(use) || (isAssignment(use.parent) && use.parent.left === use)
      const call = use.parent
      return ts.isCallExpression(call) && call.expression === use && (this.isSentence(call) || isQuestion(call))
    }
    return uses.length > 0 && uses.every(isUsedSo)
  }

  /** The parameter that an argument is given to, where the function that is called is known. */
  private parameterOf(call: ts.CallExpression, argument: ts.Expression): ts.Symbol | undefined {
    const i = call.arguments.indexOf(argument)
    const { declaration } = this.checker.getResolvedSignature(call) ?? {}
    if (i < 0 || declaration === undefined || !ts.isFunctionLike(declaration) || !hasBody(declaration)) return undefined
    const name = declaration.parameters[i]?.name
    return name && ts.isIdentifier(name) ? this.checker.getSymbolAtLocation(name) : undefined
  }
}

/** Functions, and methods that only their own class can mean. */
function hasBody(owner: ts.SignatureDeclaration): boolean {
  if (ts.isMethodDeclaration(owner)) {
    return owner.body !== undefined && (ts.getCombinedModifierFlags(owner) & ts.ModifierFlags.Private) !== 0
  }
  return ts.isArrowFunction(owner) || (ts.isFunctionDeclaration(owner) && owner.body !== undefined)
}

function isExported(node: ts.Node): boolean {
  return ts.isVariableStatement(node) && (node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false)
}

function isAssignment(node: ts.Node): node is ts.AssignmentExpression<ts.EqualsToken> {
  return ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken
}

function isFallback({ parent }: ts.Node): boolean {
  return ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken
}

/** Whether a text is only asked for being there. */
function isQuestion({ parent }: ts.Node): boolean {
  if (!ts.isBinaryExpression(parent)) return false
  const { kind } = parent.operatorToken
  const isComparison = kind === ts.SyntaxKind.EqualsEqualsEqualsToken || kind === ts.SyntaxKind.ExclamationEqualsEqualsToken
  return isComparison && ts.isIdentifier(parent.right) && parent.right.text === 'undefined'
}
