import { gzipSync } from 'node:zlib'
import { transformSync } from 'esbuild'
import ts from 'typescript'

/** How far back gzip looks for a text that it can repeat. */
const WINDOW_BYTES = 32_768
/** Texts are compared by their runs of so many characters. */
const RUN_LENGTH = 7
/**
 * How much a short declaration goes before a long one of which as large a share stands in the window: with 1 not at all, with less
 * the long one goes first. Which one is best changes with every few lines of the sources, so that each is tried.
 */
const EXPONENTS = [0.88, 0.9, 0.92, 0.94, 0.96, 1]

interface Declaration {
  readonly name: string
  readonly text: string
  /** Names that are read when the module loads; none for a function. */
  readonly reads: ReadonlySet<string>
  /** All names in it. */
  readonly mentions: ReadonlySet<string>
}

/**
 * Orders the declarations of a module so that those that look alike stand near each other. A bundle is several times longer than the
 * window of gzip, so this makes it a fiftieth shorter. The next declaration is the one of which most stands in the window already;
 * what few declarations have counts for more.
 *
 * A function may stand anywhere. Another declaration comes behind all that may be read when it is evaluated. A module with statements
 * that are no declarations stays as it is.
 */
export function orderDeclarations(code: string): string {
  const { statements } = parsed(code)
  const imports: string[] = []
  const exports: string[] = []
  const declarations: Declaration[] = []
  for (const statement of statements) {
    const text = statement.getFullText().trim()
    if (ts.isImportDeclaration(statement)) imports.push(text)
    else if (ts.isExportDeclaration(statement)) exports.push(text)
    else if (ts.isFunctionDeclaration(statement))
      declarations.push({ ...namesIn(statement), name: statement.name!.text, text, reads: new Set() })
    else if (ts.isVariableStatement(statement)) declarations.push(...variables(statement))
    else return code
  }
  const order = alike(declarations)
  return [...imports, ...order.map((index) => declarations[index]!.text), ...exports].join('\n')
}

function variables({ declarationList }: ts.VariableStatement): Declaration[] {
  const kind = declarationList.flags & ts.NodeFlags.Const ? 'const' : declarationList.flags & ts.NodeFlags.Let ? 'let' : 'var'
  return declarationList.declarations.map((part) => {
    return { ...namesIn(part), name: part.name.getText(), text: `${kind} ${part.getText()};` }
  })
}

function namesIn(declaration: ts.FunctionDeclaration | ts.VariableDeclaration): Pick<Declaration, 'reads' | 'mentions'> {
  const reads = new Set<string>()
  const mentions = new Set<string>()
  const visit = (node: ts.Node, isLater: boolean): void => {
    if (ts.isIdentifier(node)) {
      mentions.add(node.text)
      if (!isLater) reads.add(node.text)
    }
    // The computed name of a member is read when its class is made.
    ts.forEachChild(node, (child) => visit(child, isLater || (runsLater(node) && !ts.isComputedPropertyName(child))))
  }
  visit(declaration, false)
  return { reads, mentions }
}

/** Whether a node runs once somebody calls it. A function within an expression may be called where it stands. */
function runsLater(node: ts.Node): boolean {
  if (!ts.isFunctionLike(node)) return false
  return ts.isFunctionDeclaration(node) || ts.isClassLike(node.parent) || ts.isVariableDeclaration(node.parent)
}

/** The places of declarations, in the order in which they are to stand. */
function alike(all: readonly Declaration[]): number[] {
  const needs = needsOf(all)
  const texts = minified(all)
  const orders = EXPONENTS.map((exponent) => orderBy(new Window(texts, exponent), needs))
  const bytesOf = (order: readonly number[]) => gzipSync(order.map((index) => texts[index]!).join(';'), { level: 9 }).length
  return orders.reduce((best, order) => (bytesOf(order) < bytesOf(best) ? order : best))
}

function orderBy(window: Window, needs: readonly ReadonlySet<number>[]): number[] {
  const left = new Set(needs.keys())
  const order: number[] = []
  while (left.size > 0) {
    const free = [...left].filter((index) => ![...needs[index]!].some((need) => left.has(need)))
    // In a circle of what only might be read, the first one reads nothing of the others: so they stood.
    const next =
      free.length === 0
        ? Math.min(...left)
        : free.reduce((best, index) => (window.share(index) > window.share(best) ? index : best))
    left.delete(next)
    order.push(next)
    window.push(next)
  }
  return order
}

/** What may be read when each declaration is evaluated: what it names, and what that mentions, for it may be called. */
function needsOf(all: readonly Declaration[]): ReadonlySet<number>[] {
  const places = new Map(all.map(({ name }, index) => [name, index]))
  return all.map(({ reads }, own) => {
    const needs = new Set<number>()
    const follow = (names: ReadonlySet<string>): void => {
      for (const name of names) {
        const index = places.get(name)
        if (index === undefined || index === own || needs.has(index)) continue
        needs.add(index)
        follow(all[index]!.mentions)
      }
    }
    follow(reads)
    return needs
  })
}

/** The declarations as a bundler writes them. */
function minified(all: readonly Declaration[]): string[] {
  const { code } = transformSync(all.map(({ text }) => text).join('\n'), { minify: true, format: 'esm', target: 'es2022' })
  const texts = parsed(code).statements.flatMap((statement) => {
    return ts.isVariableStatement(statement)
      ? statement.declarationList.declarations.map((part) => part.getText())
      : [statement.getText()]
  })
  if (texts.length !== all.length) throw new Error('The minifier has changed the number of declarations.')
  return texts
}

/** The texts that stand in the window of gzip, and which share of others stands there too, more or less. */
class Window {
  private readonly runs: ReadonlySet<string>[]
  /** Who has each run that several texts have. */
  private readonly owners = new Map<string, number[]>()
  private readonly whole: number[]
  private readonly found: number[]
  private readonly counts = new Map<string, number>()
  private readonly inside: number[] = []
  private bytes = 0

  constructor(
    private readonly texts: readonly string[],
    exponent: number,
  ) {
    this.runs = texts.map(runsOf)
    for (const [index, runs] of this.runs.entries()) {
      for (const run of runs) {
        const owners = this.owners.get(run)
        if (owners === undefined) this.owners.set(run, [index])
        else owners.push(index)
      }
    }
    for (const [run, { length }] of this.owners) if (length === 1) this.owners.delete(run)
    this.found = texts.map(() => 0)
    this.whole = this.runs.map((runs) => (1 + [...runs].reduce((sum, run) => sum + this.weight(run), 0)) ** exponent)
  }

  share(index: number): number {
    return this.found[index]! / this.whole[index]!
  }

  push(index: number): void {
    this.inside.push(index)
    this.bytes += this.texts[index]!.length
    this.count(index, 1)
    while (this.bytes > WINDOW_BYTES && this.inside.length > 1) {
      const oldest = this.inside.shift()!
      this.bytes -= this.texts[oldest]!.length
      this.count(oldest, -1)
    }
  }

  private count(index: number, by: 1 | -1): void {
    for (const run of this.runs[index]!) {
      const before = this.counts.get(run) ?? 0
      this.counts.set(run, before + by)
      if (before > 0 && before + by > 0) continue
      for (const owner of this.owners.get(run) ?? []) this.found[owner]! += by * this.weight(run)
    }
  }

  private weight(run: string): number {
    const owners = this.owners.get(run)
    return owners === undefined ? 0 : Math.log(this.texts.length / owners.length)
  }
}

function runsOf(text: string): Set<string> {
  const runs = new Set<string>()
  for (let start = 0; start + RUN_LENGTH <= text.length; start++) runs.add(text.slice(start, start + RUN_LENGTH))
  return runs
}

function parsed(code: string): ts.SourceFile {
  return ts.createSourceFile('chunk.js', code, ts.ScriptTarget.Latest, true)
}
