import { describe, expect, it } from 'vitest'
import type { Transport } from '../../src/transport/transport.js'
import { TransportRegistry } from '../../src/transport/transport-registry.js'

const dialling = (name: string, ...prefixes: string[]): Transport => ({
  name,
  rank: 3,
  direct: true,
  canDial: (address) => prefixes.some((prefix) => address.startsWith(prefix)),
  dial: () => Promise.reject(new Error('not dialled here')),
})

describe('TransportRegistry', () => {
  it('gives the transport that can dial an address', () => {
    const [a, b] = [dialling('a', 'a:'), dialling('b', 'b:')]
    const registry = new TransportRegistry([a])
    registry.add(b)
    expect([registry.forAddress('a:1'), registry.forAddress('b:1')]).toEqual([a, b])
    expect(registry.all).toEqual([a, b])
    expect(['a:1', 'b:1', 'c:1'].map((address) => registry.canDial(address))).toEqual([true, true, false])
  })

  it('of two that can dial an address gives the one added last, in whatever order they are asked for', () => {
    const [ours, theirs] = [dialling('ours', 'ws:', 'http:'), dialling('theirs', 'ws:')]
    const registry = new TransportRegistry([ours, theirs])
    expect([registry.forAddress('ws:1'), registry.forAddress('ws:1')]).toEqual([theirs, theirs])
    expect(registry.forAddress('http:1')).toBe(ours)
  })

  it('refuses a name twice, and keeps the first', () => {
    const registry = new TransportRegistry([dialling('a', 'a:')])
    expect(() => registry.add(dialling('a', 'b:'))).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
    expect([registry.all.length, registry.canDial('b:1')]).toEqual([1, false])
  })

  it.each([
    ['name', ''],
    ['name', 'x'.repeat(65)],
    ['name', undefined],
    ['rank', Number.NaN],
    ['rank', Number.POSITIVE_INFINITY],
    ['rank', '3'],
    ['direct', undefined],
    ['canDial', undefined],
    ['dial', 'ws'],
  ])('refuses a transport whose %s is %j, and says so', (member, value) => {
    const registry = new TransportRegistry()
    const error = { code: 'INVALID_CONFIG', message: `This is no Transport: see its ${member}.` }
    expect(() => registry.add({ ...dialling('a', 'a:'), [member]: value })).toThrow(expect.objectContaining(error))
    expect(registry.all).toEqual([])
  })

  it.each([undefined, null, 7, {}])('refuses %j', (value) => {
    expect(() => new TransportRegistry([value as never])).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
  })

  it('ranks an address by the best that can dial it', () => {
    const registry = new TransportRegistry([dialling('a', 'ws:'), { ...dialling('b', 'ws:', 'http:'), rank: 2 }])
    expect(['ws:1', 'http:1', 'tcp:1'].map((address) => registry.rankOf(address))).toEqual([3, 2, Number.NEGATIVE_INFINITY])
  })

  it('says INVALID_ADDRESS where none can', () => {
    const error = expect.objectContaining({ code: 'INVALID_ADDRESS', details: { address: 'b:1' } })
    expect(() => new TransportRegistry([dialling('a', 'a:')]).forAddress('b:1')).toThrow(error)
  })
})
