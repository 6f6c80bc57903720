import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { CHECKS } from '../../src/node/conform/checks.js'
import { DIALLER_CHECKS } from '../../src/node/conform/dialler-checks.js'
import { UNOBSERVABLE } from '../../src/node/conform/unobservable.js'

const DOCUMENTS = ['../../docs/wire-protocol.md', '../../docs/wire/protocols.md']
const clauses = DOCUMENTS.flatMap((path) => {
  const text = readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8')
  return [...text.matchAll(/^- \*\*\[([A-Z]-\d+)\]\*\* /gm)].map(([, clause]) => clause!)
})

const checked = [...CHECKS, ...DIALLER_CHECKS].map(({ clause }) => clause)

test('every clause of the wire protocol has a check, or a reason why nobody can see it kept', () => {
  const known = new Set([...checked, ...Object.keys(UNOBSERVABLE)])
  expect(clauses.length).toBeGreaterThan(150)
  expect(clauses.filter((clause) => !known.has(clause))).toEqual([])
})

test('no check and no reason is for a clause that is not there, and none has both', () => {
  expect([...checked, ...Object.keys(UNOBSERVABLE)].filter((clause) => !clauses.includes(clause))).toEqual([])
  expect(checked.filter((clause) => clause in UNOBSERVABLE)).toEqual([])
  const ofDialled = CHECKS.map(({ clause }) => clause)
  expect(ofDialled.filter((clause, i) => ofDialled.indexOf(clause) !== i)).toEqual([])
})
