import { runInNewContext } from 'node:vm'
import { describe, expect, it, vi } from 'vitest'
import { asP2PError, isP2PError, P2PError, suspendedError } from '../../src/base/errors.js'

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

it('says what to do where the coordinator is suspended', () => {
  expect(suspendedError()).toMatchObject({ code: 'SUSPENDED', message: expect.stringContaining('resume()') })
})
