import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { LAYERS } from '../.ci/layers.mjs'
import { P2P_ERROR_CODES } from '../src/base/errors.js'
import { DEFAULT_LIMITS } from '../src/base/limits.js'
import { codeBlocks, documents, localLinks, root } from './documents.js'

const read = (path: string) => readFileSync(root + path, 'utf8')

/** Each link of a document to another file of this repository, and the file. */
function linksOf(document: string): { target: string; file: string; heading: string | undefined }[] {
  return localLinks(read(document)).map((target) => {
    const [path, heading] = target.split('#')
    const url = new URL(path === '' ? `file://${root}${document}` : path!, `file://${root}${document}`)
    return { target, file: fileURLToPath(url), heading }
  })
}

test('every link of a document leads to a file, and to a heading that is there', () => {
  const links = documents().flatMap((document) => linksOf(document).map((link) => ({ ...link, document })))
  expect(links.length).toBeGreaterThan(200)
  const dead = links.filter(
    ({ file, heading }) =>
      !existsSync(file) ||
      (heading !== undefined && file.endsWith('.md') && !headingsOf(readFileSync(file, 'utf8')).includes(heading)),
  )
  expect(dead.map(({ document, target }) => `${document}: ${target}`)).toEqual([])
})

test('a document of the package links to nothing that the package has not', () => {
  const { files } = JSON.parse(read('package.json')) as { files: string[] }
  const isPacked = (path: string) => files.some((entry) => path === entry || path.startsWith(`${entry}/`))
  const packed = documents().filter(isPacked)
  expect(packed).toContain('docs/guide/connect.md')
  const dead = packed.flatMap((document) =>
    linksOf(document)
      .filter(({ file }) => !isPacked(file.slice(root.length)))
      .map(({ target }) => `${document}: ${target}`),
  )
  expect(dead).toEqual([])
})

test('a block that names a file is that file', () => {
  const named = documents().flatMap((document) =>
    codeBlocks(read(document)).flatMap(({ info, code, line }) => {
      const [, file] = /^\w+ (\S+\/\S+)$/.exec(info) ?? []
      return file === undefined ? [] : [{ place: `${document}:${line}`, file, code }]
    }),
  )
  expect(named.length).toBeGreaterThanOrEqual(7)
  for (const { place, file, code } of named) expect([place, code]).toEqual([place, read(file)])
})

test('the README lists every entry point, and the site leads to every document', () => {
  const { exports } = JSON.parse(read('package.json')) as { exports: Record<string, unknown> }
  for (const entry of Object.keys(exports).filter((name) => name !== './package.json'))
    expect(read('README.md')).toContain(
      `| \`${entry.startsWith('./dist/') ? entry.slice(2) : entry.replace('.', 'lotus-p2p')}\` |`,
    )
  const site = read('site/.vitepress/config.mjs')
  const pages = documents().filter((name) => /^docs\/[^/]+\.md$|^docs\/guide\//.test(name) && name !== 'docs/index.md')
  expect(pages.length).toBeGreaterThan(25)
  for (const [, folder, name] of pages.map((page) => /^docs\/(guide\/)?(.*)\.md$/.exec(page)!))
    expect(site).toMatch(new RegExp(`\\b${folder === undefined ? 'page' : 'guide'}\\('[^']+', '${name}'\\)`))
})

test('the README is short', () => {
  expect(read('README.md').split('\n').length).toBeLessThanOrEqual(250)
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
  const [errors, troubleshooting] = [read('docs/errors.md'), read('docs/guide/troubleshooting.md')]
  for (const code of P2P_ERROR_CODES) {
    expect(errors).toContain(`## ${code}\n`)
    expect(troubleshooting).toContain(`[\`${code}\`](../errors.md#${code.toLowerCase()})`)
  }
})

test('every value in the sentence of an error is resolved, or has the name of what it stands for', () => {
  const text = read('docs/errors.md')
  expect(text.match(/\{[^{}]*\}/g)?.length).toBeGreaterThan(100)
  expect(text.match(/^.*(\{[A-Z][A-Z0-9_]+\}|\{…\}).*$/gm) ?? []).toEqual([])
})

test.each([
  ['limits', 'limits'],
  ['performance', 'measured'],
])('docs/%s.md is what npm run docs:%s makes', (page, name) => {
  expect(execFileSync(process.execPath, [`${root}docs/make-${name}.mjs`, '--print'], { encoding: 'utf8' })).toBe(
    read(`docs/${page}.md`),
  )
})

test('every test that docs/threat-model.md names is there', () => {
  const tests = [...read('docs/threat-model.md').matchAll(/“([^”]+)” \(`((?:test|e2e)\/[^`]+)`\)/g)]
  expect(tests.length).toBeGreaterThan(40)
  for (const [, title, file] of tests) expect([file, title, read(file!).includes(title!)]).toEqual([file, title, true])
})
