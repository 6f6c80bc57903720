import { describe, expect, it } from 'vitest'
import { addressGroup, hostOf, isLoopback } from '../../src/address/address-group.js'

describe('addressGroup', () => {
  it.each([
    ['203.0.113.7', '203.0'],
    ['ws://203.0.113.7:8787', '203.0'],
    ['::ffff:203.0.113.7', '203.0'],
    ['ws://[::ffff:203.0.113.7]:1', '203.0'],
    ['2001:db8::1', '2001:db8'],
    ['ws://[2001:DB8:1::2]:8787/path', '2001:db8'],
    ['2001::1', '2001:0'],
    ['::1', '0:0'],
    ['ws://relay.example:8787', undefined],
    ['memory://peer1', undefined],
    ['', undefined],
  ])('%s belongs to %s', (address, group) => {
    expect(addressGroup(address)).toBe(group)
  })
})

describe('isLoopback', () => {
  it.each([
    ['127.0.0.1', true],
    ['ws://127.3.2.1:80', true],
    ['::ffff:127.0.0.1', true],
    ['ws://[::1]:80', true],
    ['10.0.0.1', false],
    ['2001:db8::1', false],
    ['localhost.example', false],
  ])('%s: %s', (address, loopback) => {
    expect(isLoopback(address)).toBe(loopback)
  })
})

it('hostOf takes the host out of an address', () => {
  expect(hostOf('wss://[2001:db8::1]:443/x')).toBe('2001:db8::1')
  expect(hostOf('10.0.0.1')).toBe('10.0.0.1')
})
