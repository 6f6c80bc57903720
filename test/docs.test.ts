import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { P2P_ERROR_CODES } from '../src/base/errors.js'
import { DEFAULT_LIMITS } from '../src/base/limits.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string) => readFileSync(root + path, 'utf8')

/** The fenced blocks of a language, each with the line where it begins. */
function blocks(path: string, language: string): { line: number; code: string }[] {
  const text = read(path)
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map((match) => ({
    line: text.slice(0, match.index).split('\n').length + 1,
    code: match[1]!,
  }))
}

test.each(['README.md', 'docs/protocols.md'])(
  'every TypeScript example in %s has the right types',
  (document) => {
    const options: ts.CompilerOptions = {
      ...ts.convertCompilerOptionsFromJson(JSON.parse(read('tsconfig.json')).compilerOptions, root).options,
      noUnusedLocals: false,
      noUnusedParameters: false,
      paths: { 'lotus-p2p': [`${root}src/index.ts`], 'lotus-p2p/*': [`${root}src/*/index.ts`] },
    }
    const sources = new Map(
      blocks(document, 'ts').map(({ line, code }) => [
        `${root}test/${document.replace(/\W/g, '-')}-line-${line}.ts`,
        `${code}\nexport {}\n`,
      ]),
    )
    expect(sources.size).toBeGreaterThan(document === 'README.md' ? 8 : 2)
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
  },
  120_000,
)

test('links from the documents lead to files', () => {
  const documents = [
    'README.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    'CHANGELOG.md',
    ...readdirSync(`${root}docs`)
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ]
  for (const document of documents) {
    for (const [, target] of read(document).matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      expect(() => readFileSync(new URL(target!, `file://${root}${document}`)), `${document}: ${target}`).not.toThrow()
    }
  }
})

test('every limit and every error code is documented', () => {
  const limits = read('docs/limits.md')
  for (const name of Object.keys(DEFAULT_LIMITS)) expect(limits).toContain(`| \`${name}\` |`)
  const readme = read('README.md')
  for (const code of P2P_ERROR_CODES) expect(readme).toContain(`\`${code}\``)
})

test('docs/limits.md is what npm run docs:limits makes', () => {
  expect(execFileSync(process.execPath, [`${root}docs/make-limits.mjs`, '--print'], { encoding: 'utf8' })).toBe(
    read('docs/limits.md'),
  )
})

test('every test that docs/threat-model.md names is there', () => {
  const links = [...read('docs/threat-model.md').matchAll(/\[([^\]]+)\]\(\.\.\/((?:test|e2e)\/[^)]+)\)/g)]
  expect(links.length).toBeGreaterThan(40)
  for (const [, title, file] of links) expect([file, title, read(file!).includes(title!)]).toEqual([file, title, true])
})
