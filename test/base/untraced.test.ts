import { afterEach, describe, expect, it } from 'vitest'
import { untraced } from '../../src/base/untraced.js'

const { stackTraceLimit } = Error
afterEach(() => {
  Error.stackTraceLimit = stackTraceLimit
})

describe('what runs untraced', () => {
  it('makes no stack traces, and gives back what it gives', () => {
    expect(untraced(() => new Error('within').stack)).toBe('Error: within')
  })

  it('leaves the traces of others as long as they were, whether it throws or not', () => {
    Error.stackTraceLimit = 7
    expect(untraced(() => 1)).toBe(1)
    expect(() =>
      untraced(() => {
        throw new TypeError('thrown')
      }),
    ).toThrow(new TypeError('thrown'))
    expect(Error.stackTraceLimit).toBe(7)
  })

  it('runs where the limit cannot be set', () => {
    Object.defineProperty(Error, 'stackTraceLimit', { value: 7, writable: false, configurable: true })
    try {
      expect(untraced(() => 1)).toBe(1)
    } finally {
      Object.defineProperty(Error, 'stackTraceLimit', { value: 7, writable: true, configurable: true })
    }
  })
})
