import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { codeBlocks, documents, root } from './documents.js'

const read = (path: string) => readFileSync(root + path, 'utf8')

test('every TypeScript example of a document has the right types', () => {
  const options: ts.CompilerOptions = {
    ...ts.convertCompilerOptionsFromJson(JSON.parse(read('tsconfig.json')).compilerOptions, root).options,
    noUnusedLocals: false,
    noUnusedParameters: false,
    paths: {
      'lotus-p2p': [`${root}src/index.ts`],
      'lotus-p2p/core': [`${root}src/core.ts`],
      'lotus-p2p/*': [`${root}src/*/index.ts`],
    },
  }
  const sources = new Map(
    documents().flatMap((document) =>
      codeBlocks(read(document))
        .filter(({ info }) => /^ts\b/.test(info))
        .map(({ line, code }) => [`${root}test/${document.replace(/\W/g, '-')}-line-${line}.ts`, `${code}\nexport {}\n`]),
    ),
  )
  expect(sources.size).toBeGreaterThanOrEqual(35)
  const host = ts.createCompilerHost(options)
  const { readFile, fileExists, getSourceFile } = host
  host.fileExists = (path) => sources.has(path) || fileExists(path)
  host.readFile = (path) => sources.get(path) ?? readFile(path)
  host.getSourceFile = (path, target, ...rest) => {
    const source = sources.get(path)
    return source === undefined ? getSourceFile.call(host, path, target, ...rest) : ts.createSourceFile(path, source, target)
  }
  const program = ts.createProgram([...sources.keys()], options, host)
  const problems = [...sources.keys()].flatMap((path) => {
    const file = program.getSourceFile(path)
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ messageText }) => `${path.slice(root.length)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    )
  })
  expect(problems).toEqual([])
}, 120_000)
