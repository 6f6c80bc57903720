import { describe, expect, it } from 'vitest'
import { addressKey, TrustedProxies } from '../../src/node/client-address.js'

const client = (trust: boolean | string[], socket: string | undefined, header?: string | string[]) =>
  new TrustedProxies(trust).clientOf(socket, header)

describe('the address of a client', () => {
  it('is that of its socket where no proxy is trusted, whatever the header says', () => {
    expect(client(false, '198.51.100.1', '203.0.113.7')).toBe('198.51.100.1')
    expect(client(['10.0.0.0/8'], '198.51.100.1', '203.0.113.7')).toBe('198.51.100.1')
    expect(client(true, undefined, '203.0.113.7')).toBe('unknown')
  })

  it('is the right-most one that is no trusted proxy, never one that the client wrote itself', () => {
    expect(client(['loopback'], '127.0.0.1', '203.0.113.7')).toBe('203.0.113.7')
    expect(client(['loopback'], '127.0.0.1', '1.1.1.1, 127.0.0.1, 203.0.113.7')).toBe('203.0.113.7')
    expect(client(['loopback', '10.0.0.0/8'], '127.0.0.1', '6.6.6.6, 203.0.113.7, 10.1.2.3')).toBe('203.0.113.7')
    expect(client(['loopback', '10.0.0.0/8'], '127.0.0.1', '10.9.9.9, 10.1.2.3')).toBe('10.9.9.9')
    expect(client(true, '::ffff:192.168.1.1', ['6.6.6.6', '2001:db8::7'])).toBe('2001:db8::7')
    expect(client(['2001:db8:1::/48'], '2001:db8:1::5', '203.0.113.7')).toBe('203.0.113.7')
  })

  it.each([
    ['', '127.0.0.1'],
    ['unknown', '127.0.0.1'],
    ['203.0.113.7, ', '127.0.0.1'],
    ['203.0.113.999', '127.0.0.1'],
    ['6.6.6.6, evil', '127.0.0.1'],
    [Array(40).fill('127.0.0.1').join(','), '127.0.0.1'],
    ['203.0.113.7:5678', '203.0.113.7'],
    ['[2001:DB8::7]:5678', '2001:db8::7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
  ])('in "%s" from a trusted proxy is %s', (header, expected) => {
    expect(client(['loopback'], '127.0.0.1', header)).toBe(expected)
  })

  it('needs networks that are networks', () => {
    for (const entry of ['10.0.0.0/33', 'proxy.example', '10.0.0.0/8/8', '10.0.0.0/x', '', '::/129']) {
      expect(() => new TrustedProxies([entry]), entry).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
    }
  })
})

describe('what one client has', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8:0:1::5', '2001:db8:0:1'],
    ['2001:db8:0:1:ffff:ffff:ffff:ffff', '2001:db8:0:1'],
    ['2001:0db8:0000:0001::', '2001:db8:0:1'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['::', '0:0:0:0'],
    ['1:2:3:4:5:6:7::', '1:2:3:4'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['unknown', 'unknown'],
  ])('%s is counted as %s', (host, key) => {
    expect(addressKey(host)).toBe(key)
  })
})
