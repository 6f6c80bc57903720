// Finds what messages can say of others: in the sources themselves, so that no new message escapes.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = fileURLToPath(new URL('../../src/', import.meta.url))

/** Names of fields by which a message can speak of a peer, what is a peer's, or what belongs to another exchange. */
const OF_OTHERS =
  /^(name|peerId|publicKey|addresses|protocols|metadata|reserved|lastSeen|websocket|http|peers|gone|from|target|circuit|relays|session|closer|records?|withdrawal|key|watch|certificate|proof|salt|cached|copies)$/
/** What is our own: of the application, its store, its worker and its tools. */
const OURS =
  /^(musig2\/(signer-port|kept-requests)|mail\/(contacts|mailboxes|order|outgoing|outgoing-entry|prekeys|seen|state)\.ts|transport\/transport-registry|plugins\/persistence\/|peer\/keep\/anchors|statements\/own-slots|message\/(shape|json)|node\/(conform\/|file-store|metrics)|base\/sentences)/

/** What is in `message/shape` beside constructors of shapes. */
const READERS = ['parsed', 'shaped', 'malformed', 'unknownType', 'checkEmpty', 'Fault', 'Shape', 'Shaped']
/** Constructors of shapes whose items have no names, so that their own names say nothing of what is in them. */
const UNNAMED = ['tuple', 'array', 'record']

/** A field, by its file and name, and how many items it has: a tuple, and an array that is taken apart by hand. */
type Field = [field: string, items: number | undefined]

/** All such fields of the sources. */
export function fieldsOfOthers(): Field[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.ts') && !OURS.test(name))
    .flatMap(fieldsOf)
}

/**
 * What a file reads of others: members of shapes with such names; every tuple, array and record in a shape, by the member or constant that
 * it belongs to; and arrays that it takes apart by hand.
 */
function fieldsOf(file: string): Field[] {
  const source = ts.createSourceFile(file, readFileSync(`${root}${file}`, 'utf8'), ts.ScriptTarget.Latest, true)
  const members = new Set<string>()
  const unnamed: Field[] = []
  const shapes = importedShapes(source)
  const isShape = (node: ts.Node | undefined, names: readonly string[] = shapes): node is ts.CallExpression =>
    node !== undefined && ts.isCallExpression(node) && [shapes, names].every((all) => all.includes(node.expression.getText()))
  const isObject = (node: ts.Node) => isShape(node, ['object', 'exactly'])
  const isTuple = (node: ts.Node) => isShape(node, ['tuple'])
  const checked = new Set<string>()
  const taken = new Map<string, number>()
  const visit = (node: ts.Node): void => {
    if (ts.isObjectLiteralExpression(node)) {
      // Members that are shapes, wherever their object is made: it may be spread into another later.
      const isShapes =
        isObject(node.parent) || node.properties.some((member) => ts.isPropertyAssignment(member) && contains(member, isShape))
      for (const member of isShapes ? node.properties : []) {
        const name = member.name?.getText()
        const value = ts.isPropertyAssignment(member) ? optionalOf(member.initializer) : undefined
        if (name !== undefined && OF_OTHERS.test(name) && !isShape(value, UNNAMED)) members.add(name)
      }
    }
    if (isTuple(node)) unnamed.push([nameOf(node), (node as ts.CallExpression).arguments.length])
    // Lists within a tuple are items of it, and stand in its row; so do tuples in a list.
    if (isShape(node, ['array', 'record']) && !isTuple(node.arguments[0]!) && !within(node, isTuple))
      unnamed.push([nameOf(node), undefined])
    if (ts.isArrayBindingPattern(node) && ts.isVariableDeclaration(node.parent)) {
      const from = node.parent.initializer?.getText() ?? ''
      // What goes through a shape stands in the row of the shape.
      if (/Array\.isArray|\bdecode\(|^wire$/.test(from) && !from.startsWith('parsed('))
        unnamed.push([node.getText(), node.elements.length])
    }
    if (ts.isCallExpression(node) && node.expression.getText() === 'Array.isArray') checked.add(node.arguments[0]!.getText())
    if (ts.isElementAccessExpression(node) && ts.isNumericLiteral(node.argumentExpression)) {
      const [name, at] = [node.expression.getText(), Number(node.argumentExpression.text)]
      taken.set(name, Math.max(taken.get(name) ?? 0, at + 1))
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  for (const [name, items] of taken) if (checked.has(name)) unnamed.push([`${name}[]`, items])
  const times = new Map<string, number>()
  const numbered = unnamed.map(([name, items]): Field => {
    const time = (times.get(name) ?? 0) + 1
    times.set(name, time)
    return [`${file} ${name}${time > 1 ? ` #${time}` : ''}`, items]
  })
  return [...[...members].map((name): Field => [`${file} ${name}`, undefined]), ...numbered]
}

/** What a file takes from `message/shape`, other than types. */
function importedShapes(source: ts.SourceFile): string[] {
  return source.statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) || !/message\/shape\.js/.test(statement.moduleSpecifier.getText())) return []
    const named = statement.importClause?.namedBindings
    if (named === undefined || !ts.isNamedImports(named)) return []
    return named.elements.map(({ name }) => name.text).filter((name) => !READERS.includes(name))
  })
}

function contains(node: ts.Node, isWanted: (node: ts.Node) => boolean): boolean {
  return isWanted(node) || ts.forEachChild(node, (child) => contains(child, isWanted) || undefined) === true
}

function within(node: ts.Node, isWanted: (above: ts.Node) => boolean): boolean {
  for (let above = node.parent; above !== undefined; above = above.parent) if (isWanted(above)) return true
  return false
}

/** The shape that is optional, or the shape itself. */
function optionalOf(node: ts.Expression): ts.Expression {
  return ts.isCallExpression(node) && node.expression.getText() === 'optional' ? node.arguments[0]! : node
}

/** The member or constant to which an expression belongs. */
function nameOf(node: ts.Node): string {
  for (let above = node.parent; above !== undefined; above = above.parent) {
    if (ts.isPropertyAssignment(above) || ts.isVariableDeclaration(above)) return above.name.getText()
  }
  return '?'
}
