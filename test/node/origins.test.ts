import { describe, expect, it } from 'vitest'
import { originPolicy } from '../../src/node/origins.js'

describe('the list of origins', () => {
  const policy = originPolicy(['https://wallet.example', 'http://localhost:3000', '*.pages.example', 'chrome-extension://abcdef'])

  it.each([
    'https://wallet.example',
    'HTTPS://Wallet.Example',
    'http://localhost:3000',
    'https://a.pages.example',
    'https://b.a.pages.example:8443',
    'chrome-extension://abcdef',
    undefined,
  ])('lets %s in', (origin) => {
    expect(policy.allows(origin)).toBe(true)
  })

  it.each([
    'http://wallet.example',
    'https://wallet.example:8443',
    'https://wallet.example.evil.example',
    'https://evilpages.example',
    'https://pages.example',
    'http://a.pages.example',
    'https://.pages.example',
    'https://evil.example/.pages.example',
    'https://evil.example@a.pages.example',
    'null',
    '',
  ])('keeps "%s" out', (origin) => {
    expect(policy.allows(origin)).toBe(false)
  })

  it('keeps out who names none where one is required, and lets all in where there is no list', () => {
    expect(originPolicy(['https://wallet.example'], true).allows(undefined)).toBe(false)
    expect(originPolicy(undefined, true).allows(undefined)).toBe(false)
    expect(originPolicy(undefined).allows('https://any.example')).toBe(true)
    expect(originPolicy([]).allows('https://any.example')).toBe(false)
  })

  it.each(['wallet.example', 'https://wallet.example/', 'https://wallet.example/path', '*', '*.', 'https://*.example/x', ''])(
    'refuses "%s" as an entry',
    (entry) => {
      expect(() => originPolicy([entry])).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
    },
  )
})
