import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { LAYERS } from '../.ci/layers.mjs'
import { P2P_ERROR_CODES } from '../src/base/errors.js'
import { DEFAULT_LIMITS } from '../src/base/limits.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string) => readFileSync(root + path, 'utf8')

/** The fenced blocks of a language, each with the line where it begins. */
function blocks(path: string, language: string): { line: number; code: string }[] {
  const text = read(path)
  return [...text.matchAll(new RegExp(`^\`\`\`${language}(?: run)?\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map((match) => ({
    line: text.slice(0, match.index).split('\n').length + 1,
    code: match[1]!,
  }))
}

/** Every document that people read, as paths from the root. */
function documents(): string[] {
  const folders = readdirSync(root, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && !/^(\.|node_modules$|dist$)/.test(entry.name),
  )
  return [
    ...readdirSync(root),
    ...folders.flatMap(({ name }) =>
      readdirSync(root + name, { recursive: true, encoding: 'utf8' }).map((file) => `${name}/${file}`),
    ),
  ]
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.md') && !file.includes('node_modules/'))
}

test.each([
  ['README.md', 9],
  ['docs/protocols.md', 3],
  ['docs/plugins.md', 4],
  ['docs/eclipse.md', 1],
])(
  'every TypeScript example in %s has the right types',
  (document, atLeast) => {
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
      blocks(document, 'ts').map(({ line, code }) => [
        `${root}test/${document.replace(/\W/g, '-')}-line-${line}.ts`,
        `${code}\nexport {}\n`,
      ]),
    )
    expect(sources.size).toBeGreaterThanOrEqual(atLeast)
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

test('every link of a document leads to a file, and to a heading that is there', () => {
  const dead: string[] = []
  let links = 0
  for (const document of documents()) {
    // What stands in code is no link.
    const text = read(document).replaceAll(/^```[\s\S]*?^```$|`[^`\n]*`/gm, '')
    for (const [, target] of text.matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)) {
      links++
      const [path, heading] = target!.split('#')
      const url = new URL(path === '' ? document : path!, `file://${root}${path === '' ? '' : document}`)
      if (!existsSync(url)) dead.push(`${document}: ${target}`)
      else if (heading !== undefined && url.pathname.endsWith('.md') && !headingsOf(readFileSync(url, 'utf8')).includes(heading))
        dead.push(`${document}: ${target}`)
    }
  }
  expect(links).toBeGreaterThan(100)
  expect(dead).toEqual([])
})

/** The anchors that GitHub gives to the headings of a document. */
function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

test('docs/architecture.md names each layer, and no file that is not there', () => {
  const text = read('docs/architecture.md')
  const files = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/'))
  const named = [...text.matchAll(/`((?:[\w-]+\/)*[\w-]+(?:\.node)?\.ts)`/g)].map(([, file]) => file!)
  expect(named.length).toBeGreaterThan(40)
  expect(
    named.filter((file) => ![...files, 'src'].some((path) => `/${path}`.endsWith(`/${file.replace(/^src\//, '')}`))),
  ).toEqual([])
  const folders = LAYERS.map((layer) => layer.replace(/^plugins\/.*/, 'plugins')).filter((layer) => !layer.endsWith('.ts'))
  for (const folder of folders) expect(text).toMatch(new RegExp(`\`${folder}/`))
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
