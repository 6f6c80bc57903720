// Holds the house to its plan: imports of src/ point downwards only, types included, and none goes in a circle.
// `npm run lint` runs it. docs/architecture.md says what each layer is for.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import ts from 'typescript'

/** Lowest first. Each may import those before it. Paths are below src/; the longest that fits a file counts. */
export const LAYERS = [
  'base',
  'lotus',
  'address',
  'storage',
  'message',
  'identity',
  'transport',
  'channel',
  'platform',
  'protocol',
  'backplane',
  'defence',
  'peer',
  'core',
  'alone',
  'plugins/http',
  'plugins/tabs',
  'plugins/circuit',
  'plugins/webrtc',
  'plugins/proof-of-work',
  'plugins/relay-clocks',
  'plugins/page',
  'plugins/outbox',
  'plugins/dht/records',
  'plugins/dht/client',
  'plugins/dht/walk',
  'plugins/dht/node',
  'plugins/dht/eclipse',
  'plugins/discovery',
  'plugins/topics',
  'plugins/persistence',
  'definitions',
  'plugins/circuit/server',
  'statements',
  'musig2',
  'musig2.development.ts',
  'errors.ts',
  'shared.ts',
  'core-coordinator.ts',
  'core.ts',
  'core.development.ts',
  'mail',
  'mail.development.ts',
  'onion',
  'onion.development.ts',
  'coordinator.ts',
  'coinjoin',
  'coinjoin.development.ts',
  'index.ts',
  'index.development.ts',
  'all.development.ts',
  'node',
  'testing',
]

/** @returns {string | undefined} the layer of a file, by its path below src/. */
export function layerOf(file) {
  return LAYERS.filter((layer) => file === layer || file.startsWith(`${layer}/`)).sort((a, b) => b.length - a.length)[0]
}

/** Each file below src/ and what it imports, as paths below src/. */
export function importsOf(src) {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts'))
  return new Map(
    files.map((file) => {
      const code = readFileSync(join(src, file), 'utf8')
      const found = pathsIn(code).map((path) =>
        normalize(join(dirname(file), path))
          .replaceAll('\\', '/')
          .replace(/\.js$/, '.ts'),
      )
      return [file, [...new Set(found)]]
    }),
  )
}

/** The relative paths that a file names: imports and exports of values and types, `import()`, `require()`, `new URL('…', import.meta.url)`. */
function pathsIn(code) {
  const found = []
  const visit = (node) => {
    const path = pathOf(node)
    if (path !== undefined && ts.isStringLiteralLike(path) && path.text.startsWith('.')) found.push(path.text)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('code.ts', code, ts.ScriptTarget.Latest))
  return found
}

function pathOf(node) {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier
  if (ts.isExternalModuleReference(node)) return node.expression
  if (ts.isImportTypeNode(node)) return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined
  if (ts.isCallExpression(node)) {
    const { expression } = node
    const loads =
      expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(expression) && expression.text === 'require')
    return loads ? node.arguments[0] : undefined
  }
  if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'URL') {
    const [path, base] = node.arguments ?? []
    const isBeside = base !== undefined && ts.isPropertyAccessExpression(base) && ts.isMetaProperty(base.expression)
    return isBeside ? path : undefined
  }
  return undefined
}

/** @returns {string[]} a sentence for each import that points upwards, each file without a layer, and each circle. */
export function faultsOf(imports) {
  const faults = []
  for (const [file, targets] of imports) {
    const layer = layerOf(file)
    if (layer === undefined) faults.push(`${file} is in no layer. Move it, or name its layer in .ci/layers.mjs.`)
    for (const target of targets) {
      const below = layerOf(target)
      if (layer !== undefined && below !== undefined && LAYERS.indexOf(below) > LAYERS.indexOf(layer)) {
        faults.push(`${file} imports ${target}: ${layer} is below ${below}.`)
      }
    }
  }
  return [...faults, ...circles(imports)]
}

function circles(imports) {
  const found = []
  const done = new Set()
  const visit = (file, path) => {
    const start = path.indexOf(file)
    if (start !== -1) {
      found.push(`A circle: ${[...path.slice(start), file].join(' → ')}.`)
      return
    }
    if (done.has(file)) return
    for (const target of imports.get(file) ?? []) visit(target, [...path, file])
    done.add(file)
  }
  for (const file of imports.keys()) visit(file, [])
  return found
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const faults = faultsOf(importsOf(fileURLToPath(new URL('../src/', import.meta.url))))
  for (const fault of faults) console.log(fault)
  if (faults.length > 0) process.exitCode = 1
}
