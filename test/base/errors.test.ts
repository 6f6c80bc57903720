import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { asP2PError, isP2PError, P2P_ERROR_CODES, P2PError, suspendedError } from '../../src/base/errors.js'
import { setErrorsPage } from '../../src/base/sentences.js'
import { linkErrors } from '../../src/errors.js'

/** The errors of another copy of the SDK in one process, as where one package loads it as CommonJS and another as a module. */
async function anotherCopy(): Promise<typeof import('../../src/base/errors.js')> {
  vi.resetModules()
  return import('../../src/base/errors.js')
}

describe('isP2PError', () => {
  it('tells our errors, and those of one code', () => {
    const error = new P2PError('TIMEOUT', 'Too late.')
    expect(isP2PError(error)).toBe(true)
    expect(isP2PError(error, 'TIMEOUT')).toBe(true)
    expect(isP2PError(error, 'ABORTED')).toBe(false)
  })

  it('takes nothing else for one', () => {
    const alike = Object.assign(new Error('Too late.'), { name: 'P2PError', code: 'TIMEOUT', details: {} })
    for (const other of [alike, { code: 'TIMEOUT' }, new Error('x'), 'TIMEOUT', null, undefined, 7]) {
      expect(isP2PError(other)).toBe(false)
    }
  })

  it('knows an error of another copy of the SDK, which instanceof does not', async () => {
    const { P2PError: Other, isP2PError: isOther } = await anotherCopy()
    const theirs = new Other('TIMEOUT', 'Too late.')
    expect(theirs instanceof P2PError).toBe(false)
    expect(isP2PError(theirs, 'TIMEOUT')).toBe(true)
    expect(isOther(new P2PError('TIMEOUT', 'Too late.'), 'TIMEOUT')).toBe(true)
    expect(asP2PError(theirs, 'ABORTED', '')).toBe(theirs)
  })

  it('knows an error of another realm', () => {
    const theirs: unknown = runInNewContext(
      `class Theirs extends Error { get [Symbol.for('lotus-p2p.error')]() { return true } }; Object.assign(new Theirs('x'), { code: 'TIMEOUT' })`,
    )
    expect(theirs instanceof Error).toBe(false)
    expect(isP2PError(theirs, 'TIMEOUT')).toBe(true)
  })
})

describe('P2PError', () => {
  it('has its name in texts and stacks', () => {
    const error = new P2PError('TIMEOUT', 'Too late.', { cause: 'why' })
    expect([error.name, String(error), error.cause]).toEqual(['P2PError', 'P2PError: Too late.', 'why'])
    expect(error.stack).toMatch(/^P2PError: Too late\./)
    // An own name would have to be assigned, which throws where `Error.prototype` is frozen.
    expect(Object.keys(error)).toEqual(['code', 'details'])
  })
})

describe('the link of an error', () => {
  const PAGE = 'lotus-p2p/docs/errors.md'
  afterEach(() => setErrorsPage(PAGE))

  it("leads to its code's section of the package's document", () => {
    expect(new P2PError('STORE_FULL', 'Full.').docs).toBe(`${PAGE}#store_full`)
  })

  it('leads to a page of the application, of errors that there are already too', () => {
    const before = new P2PError('STORE_FULL', 'Full.')
    linkErrors('https://wallet.example/p2p/errors')
    expect([before.docs, new P2PError('NO_PEERS', 'None.').docs]).toEqual([
      'https://wallet.example/p2p/errors#store_full',
      'https://wallet.example/p2p/errors#no_peers',
    ])
  })

  it.each(['', ' ', 'a b', 'https://wallet.example/errors#', '/errors?lang=en', 7, undefined, null])('cannot be %j', (page) => {
    expect(() => linkErrors(page as string)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
    expect(new P2PError('NO_PEERS', 'None.').docs).toBe(`${PAGE}#no_peers`)
  })
})

it('says what to do where the coordinator is suspended', () => {
  expect(suspendedError()).toMatchObject({ code: 'SUSPENDED', message: expect.stringContaining('resume()') })
})

it('has the codes of all parts where those who install the package find them: no merge by a path inside it', () => {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const sources = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(`${root}src/${name}`, 'utf8'))
  expect(sources.filter((text) => /^declare module '\./m.test(text))).toEqual([])
  const thrown = new Set(sources.flatMap((text) => [...text.matchAll(/new P2PError\('([A-Z0-9_]+)'/g)].map(([, code]) => code!)))
  const ofParts = [...thrown].filter((code) => !(P2P_ERROR_CODES as readonly string[]).includes(code))
  // What is thrown and not in the list is compiled against the package as it is installed.
  const consumer = readFileSync(`${root}test/apps/types/consumer.ts`, 'utf8')
  expect(ofParts.filter((code) => !consumer.includes(`isP2PError(error, '${code}')`))).toEqual([])
  expect(ofParts).toHaveLength(10)
})
