import { afterEach, describe, expect, it, vi } from 'vitest'
import { hostnameOf, parseWebAddress } from '../../src/address/web-address.js'

const code = (code: string) => expect.objectContaining({ code })

afterEach(() => vi.unstubAllGlobals())

describe.each(['ws', 'http'] as const)('an address of %s', (scheme) => {
  it('may have TLS or not, a port, a path and a query', () => {
    for (const address of [`${scheme}://a.example`, `${scheme}s://a.example:8787/p2p?x=1`, `${scheme}://[::1]:8787`]) {
      expect(parseWebAddress(address, scheme).href).toBe(new URL(address).href)
    }
  })

  it.each([
    ['no address', 'not a URL'],
    ['', 'not a URL'],
    ['ftp://a.example', 'must begin with'],
    [scheme === 'ws' ? 'https://a.example' : 'wss://a.example', 'must begin with'],
    [`${scheme}s://a.example/#here`, 'fragment'],
    [`${scheme}s://user:secret@a.example`, 'password'],
    [`${scheme}s://user@a.example`, 'password'],
  ])('is refused: %s', (address, why) => {
    expect(() => parseWebAddress(address, scheme)).toThrow(code('INVALID_ADDRESS'))
    expect(() => parseWebAddress(address, scheme)).toThrow(why)
  })

  it('needs TLS on a page that has it, except on this machine', () => {
    const plain = `${scheme}://a.example`
    expect(() => parseWebAddress(plain, scheme)).not.toThrow()
    vi.stubGlobal('location', { protocol: 'https:' })
    expect(() => parseWebAddress(plain, scheme)).toThrow(code('INSECURE_ADDRESS'))
    expect(() => parseWebAddress(`${scheme}://localhost.example`, scheme)).toThrow(code('INSECURE_ADDRESS'))
    for (const host of ['localhost', 'relay.localhost', '127.0.0.1', '[::1]']) {
      expect(parseWebAddress(`${scheme}://${host}:1`, scheme).protocol).toBe(`${scheme}:`)
    }
    expect(parseWebAddress(`${scheme}s://a.example`, scheme).protocol).toBe(`${scheme}s:`)
    vi.stubGlobal('location', { protocol: 'http:' })
    expect(() => parseWebAddress(plain, scheme)).not.toThrow()
  })
})

it('an error never repeats more than 200 characters of what was given', () => {
  expect(() => parseWebAddress('x'.repeat(10_000), 'ws')).toThrow(
    expect.objectContaining({ message: expect.not.stringMatching(/x{201}/) }),
  )
})

it.each([
  ['wss://Relay.Example:8787/p2p', 'relay.example'],
  ['ws://[2001:DB8::1]:1', '[2001:db8::1]'],
  ['no address', undefined],
])('the host of %s is %s', (address, host) => {
  expect(hostnameOf(address)).toBe(host)
})
