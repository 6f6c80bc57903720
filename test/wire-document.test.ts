import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { P2P_ERROR_CODES } from '../src/base/errors.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const DOCUMENTS = ['docs/wire-protocol.md', 'docs/wire/protocols.md']
const SECTIONS = ['F', 'E', 'I', 'H', 'C', 'S', 'M', 'P', 'N', 'R', 'D', 'W', 'T', 'X', 'G', 'L', 'O']

const read = (path: string) => readFileSync(root + path, 'utf8')
const texts = DOCUMENTS.map(read)
/** What is prose: no blocks, no code, no heading of the conventions. */
const prose = texts.map((text) => text.replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '`'))

interface Clause {
  id: string
  section: string
  text: string
}

const clauses: Clause[] = prose.flatMap((text) => {
  const found: Clause[] = []
  let section = ''
  for (const line of text.split('\n')) {
    section = /^## ([A-Z])\. /.exec(line)?.[1] ?? (line.startsWith('## ') ? '' : section)
    const id = /^- \*\*\[([A-Z]-\d+)\]\*\* /.exec(line)?.[1]
    if (id !== undefined) found.push({ id, section, text: line })
  }
  return found
})

test('every MUST of the wire protocol stands in a numbered clause', () => {
  const loose = prose.flatMap((text) => {
    const [, rest = ''] = text.split(/^## Conventions$/m)
    const body = rest === '' ? text : rest.slice(rest.indexOf('\n## '))
    return body.split('\n').filter((line) => /\bMUST\b/.test(line) && !/^- \*\*\[/.test(line))
  })
  expect(loose).toEqual([])
})

test('each clause has a MUST, stands in the section of its letter, and has a number of its own', () => {
  expect(clauses.length).toBeGreaterThan(150)
  expect(clauses.filter(({ text }) => !/\bMUST\b/.test(text)).map(({ id }) => id)).toEqual([])
  expect(clauses.filter(({ id, section }) => id[0] !== section).map(({ id }) => id)).toEqual([])
  const ids = clauses.map(({ id }) => id)
  expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([])
  expect([...new Set(clauses.map(({ section }) => section))]).toEqual(SECTIONS)
})

test('every clause that is referred to is there', () => {
  const ids = new Set(clauses.map(({ id }) => id))
  const named = prose.flatMap((text) => [...text.matchAll(/\b([A-Z]-\d+)\b/g)].map(([, id]) => id!))
  const dangling = named.filter((id) => SECTIONS.includes(id[0]!) && !ids.has(id))
  expect(named.length).toBeGreaterThan(clauses.length)
  expect(dangling).toEqual([])
})

test('every error code of the wire protocol is one of the SDK', () => {
  const words = texts.flatMap((text) => [...text.matchAll(/\b[A-Z]+(?:_[A-Z]+)+\b/g)].map(([word]) => word))
  const others = ['SIGNED_MESSAGE', 'LAST_FRAGMENT', 'NO_MAILBOX', 'MAILBOX_FULL', 'MAIL_REFUSED', 'BACKPLANE_DOWN', 'ONION_GONE']
  const unknown = [...new Set(words)].filter(
    (word) => !others.includes(word) && !(P2P_ERROR_CODES as readonly string[]).includes(word),
  )
  expect(words.length).toBeGreaterThan(100)
  expect(unknown).toEqual([])
})

test('no line of the wire protocol speaks of a path in the sources', () => {
  const named = texts.flatMap((text) => [...text.matchAll(/`((?:src|test)\/[^`]*)`/g)].map(([, path]) => path!))
  expect(named).toEqual([])
})
