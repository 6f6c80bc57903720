// Each test is in one of two lists at least, `npm test` or `npm run test:ci`, and none of the second is left out there by a word for the first.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { LONGER, PARTIES } from '../vitest.config.js'

/** `a/{b,c}.ts` as `a/b.ts` and `a/c.ts`. */
const expanded = (paths: readonly string[]) =>
  paths.flatMap((path) => {
    const [, before, choices, after] = /^(.*)\{(.*)\}(.*)$/.exec(path) ?? []
    return choices === undefined ? [path] : choices.split(',').map((choice) => `${before}${choice}${after}`)
  })

const files = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => `test/${name.replaceAll('\\', '/')}`)
const inBoth = expanded(LONGER)
const inLong = expanded(PARTIES)
const says = (path: string, words: RegExp) => words.test(readFileSync(path, 'utf8'))

it('the lists name files that are there, each once', () => {
  const all = [...inBoth, ...inLong]
  expect(all.filter((path) => !existsSync(path))).toEqual([])
  expect(all.length).toBe(new Set(all).size)
})

it('no file that the long list has for itself leaves out there what `npm test` would have run', () => {
  expect(inLong.filter((path) => says(path, /\bunlessLong\b/))).toEqual([])
})

it('a file with tests that are long alone, or that are left out where it is long, is in the long list', () => {
  const own = /\bif \(LONG\)\s+(it|test|describe)\b|\brunIf\(LONG\)|\bunlessLong\./
  const found = files.filter((path) => says(path, own))
  expect(found.length).toBeGreaterThan(10)
  expect(found.filter((path) => !inBoth.includes(path) && !inLong.includes(path))).toEqual([])
})
