import { expect, it } from 'vitest'
import { prefixOf } from '../../src/address/address-group.js'
import { P2PError } from '../../src/base/errors.js'
import { DEFAULT_LIMITS as limits } from '../../src/base/limits.js'
import { Defence } from '../../src/defence/defence.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import type { Connection } from '../../src/transport/transport.js'

function defended() {
  const none = () => {}
  const options = { limitsOf: () => 'default' as const, disconnect: none, onBanned: none, onError: none, store: memoryStore() }
  const clock = new VirtualClock()
  return { clock, defence: new Defence({ ...options, clock, limits } as never) }
}

const from = (remoteAddress: string) => ({ remoteAddress, outbound: false, transport: 'websocket' }) as Connection
const SPOILT = new P2PError('HANDSHAKE_FAILED', 'No.')
/** The dialler has sealed a false certificate. */
const FAILED = new P2PError('INVALID_SIGNATURE', 'No.')
const fail = (defence: Defence, address: string, times: number, error = FAILED) => {
  for (let i = 0; i < times; i++) defence.strangerFailed(from(address), error)
}
const bansIn = (defence: Defence) => defence.bans.list().map(({ id }) => id)

it('sixteen /64s of one provider get no neighbour of theirs banned, and the provider more work', async () => {
  const { clock, defence } = defended()
  const neighbour = from('2001:db8:ffff::1')
  expect(defence.retryBits(neighbour)).toBe(0)
  for (let i = 0; i < 17; i++) fail(defence, `2001:db8:${i.toString(16)}::1`, limits.addressFaultsPerMin + 1)
  expect(defence.refusalAt(from('2001:db8:1::99'))).toMatchObject({ code: 'BANNED' })
  expect(defence.refusalAt(neighbour)).toBeUndefined()
  expect(defence.retryBits(neighbour)).toBeGreaterThanOrEqual(limits.retryMinBits)
  expect(defence.retryBits(from('2001:db9::1'))).toBe(0)
  expect(bansIn(defence).every((id) => /^address:[0-9a-f:]+::\/64$/.test(id))).toBe(true)
  await clock.advance(limits.addressBanMs)
  expect(defence.retryBits(neighbour)).toBe(0)
})

it('one site with many /64s is banned as a /48, and no more than that', () => {
  const { defence } = defended()
  for (let i = 0; i < 17; i++) fail(defence, `2001:db8:5:${i.toString(16)}::1`, limits.addressFaultsPerMin + 1)
  expect(bansIn(defence)).toContain('address:2001:db8:5::/48')
  expect(defence.refusalAt(from('2001:db8:5:ffff::1'))).toMatchObject({ code: 'BANNED' })
  expect(defence.refusalAt(from('2001:db8:6::1'))).toBeUndefined()
})

it('an IPv6 address is banned with its /64, an IPv4 address alone', () => {
  const { defence } = defended()
  fail(defence, '2001:db8:1:2::1', limits.addressFaultsPerMin + 1)
  for (let i = 1; i < 20; i++) fail(defence, `203.0.113.${i}`, limits.addressFaultsPerMin + 1)
  expect(defence.refusalAt(from('2001:db8:1:2:3:4:5:6'))).toMatchObject({ code: 'BANNED' })
  expect(defence.refusalAt(from('2001:db8:1:3::1'))).toBeUndefined()
  expect(defence.refusalAt(from('203.0.113.7'))).toMatchObject({ code: 'BANNED' })
  expect(defence.refusalAt(from('203.0.113.77'))).toBeUndefined()
  expect(defence.retryBits(from('203.0.113.77'))).toBeGreaterThanOrEqual(limits.retryMinBits)
})

it.each(['2001:db8:1:2::1', '203.0.113.7'])(
  'handshakes that somebody on the way can have spoilt get nobody at %s banned, and make diallers from there work',
  async (address) => {
    const { clock, defence } = defended()
    fail(defence, address, limits.addressFaultsPerMin, SPOILT)
    expect(defence.retryBits(from(address))).toBe(0)
    fail(defence, address, 100 * limits.addressFaultsPerMin, SPOILT)
    expect(bansIn(defence)).toEqual([])
    expect(defence.refusalAt(from(address))).toBeUndefined()
    expect(defence.retryBits(from(address))).toBeGreaterThanOrEqual(limits.retryMinBits)
    expect(defence.retryBits(from(address))).toBeLessThanOrEqual(limits.retryMaxBits)
    await clock.advance(limits.addressBanMs)
    expect(defence.retryBits(from(address))).toBe(0)
  },
)

it.each([
  ['2001:db8::5:1:2:3:4', '2001:db8:0:5'],
  ['2001:0db8:0000:0001::', '2001:db8:0:1'],
  ['::1', '0:0:0:0'],
  ['2001:db8:1:2:3:4:203.0.113.7', '2001:db8:1:2'],
  ['64:ff9b::203.0.113.7', '64:ff9b:0:0'],
  ['1:2:3:4:5:6:7:8', '1:2:3:4'],
  ['::', '0:0:0:0'],
])('the /64 of %s is %s', (host, prefix) => {
  expect(prefixOf(host, 4)).toBe(prefix)
})
