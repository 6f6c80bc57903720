import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  array,
  bigint,
  boolean,
  bytes,
  custom,
  exactly,
  Fault,
  int,
  number,
  object,
  oneOf,
  optional,
  present,
  record,
  type Shape,
  type Shaped,
  shaped,
  text,
  tuple,
  union,
  where,
} from '../../src/message/shape.js'

const { MAX_SAFE_INTEGER: MAX } = Number

describe('a shape', () => {
  it.each<[string, Shape<unknown>, unknown[], unknown[]]>([
    ['a text', text(), ['', 'x'], [undefined, null, 1, ['x'], Object('x')]],
    ['a text of 2 to 3 characters', text(2, 3), ['ab', 'abc'], ['a', 'abcd']],
    ['a text of a pattern', text(0, 9, /^wss?:/), ['ws://x', 'wss://x'], ['http://x', 'wss://xyzz']],
    ['a number', number(), [0, -1.5, Number.POSITIVE_INFINITY], [Number.NaN, '1', 1n, null, undefined]],
    ['a number from 1 to 2', number(1, 2), [1, 1.5, 2], [0.99, 2.01, Number.NaN]],
    ['a whole number', int(), [0, -5, 2 ** 60], [0.5, Number.POSITIVE_INFINITY, Number.NaN, '1', 1n]],
    ['a whole number from 0 on', int(0, MAX), [0, MAX], [-1, MAX + 1]],
    ['bytes', bytes(), [new Uint8Array(), Buffer.from([1])], ['x', [1], new Uint16Array(1), new ArrayBuffer(1), undefined]],
    ['32 bytes', bytes(32), [new Uint8Array(32)], [new Uint8Array(31), new Uint8Array(33), 'x'.repeat(32)]],
    ['a boolean', boolean(), [true, false], [0, 1, null, undefined, 'true']],
    ['a BigInt', bigint(), [0n], [0, '0']],
    ['one of some values', oneOf('offer', 1, null), ['offer', 1, null], ['answer', 2, '1', undefined, true]],
    ['anything present', present, [null, 0, '', false, []], [undefined]],
    ['what may be absent', optional(int()), [undefined, 1], [null, 'x']],
    ['a union', union(text(), oneOf(null)), ['x', null], [undefined, 1]],
    ['what a test holds for', where(int(0), (n) => n % 2 === 0), [0, 2], [1, -2, 'x']],
    ['a test of its own', custom((value) => value === 5), [5], [6]],
    ['an array', array(int()), [[], [1, 2]], [[1, 'x'], { length: 0 }, 'x', new Uint8Array(1), undefined]],
    ['an array of 1 to 2 items', array(int(), 2, 1), [[1], [1, 2]], [[], [1, 2, 3]]],
    ['a tuple', tuple(text(), int()), [['x', 1]], [['x'], [1, 'x'], ['x', 1, 2], [], { 0: 'x', 1: 1, length: 2 }]],
    ['a tuple with an optional end', tuple(text(), optional(int())), [['x'], ['x', 1]], [[], ['x', null], ['x', 1, 2]]],
    [
      'an object',
      object({ a: int() }),
      [{ a: 1 }],
      [{}, { a: 'x' }, [], null, undefined, 'x', new Map([['a', 1]]), new Uint8Array(1)],
    ],
    ['an object of what must be there', object({ a: present }), [{ a: null }], [{}, { a: undefined }]],
    ['a record', record(int()), [{}, { x: 1, constructor: 2 }], [{ x: 'x' }, [], null, undefined, new Date()]],
    ['a record of 2 members with keys of 3', record(int(), 2, 3), [{ abc: 1, x: 2 }], [{ abcd: 1 }, { a: 1, b: 2, c: 3 }]],
  ])('of %s takes what has it, and nothing else', (_, shape, taken, refused) => {
    for (const value of taken) expect(shape(value)).toStrictEqual(value)
    for (const value of refused) {
      expect(shape(value)).toBeInstanceOf(Fault)
      expect(shaped(shape, value)).toBeUndefined()
    }
  })

  it('leaves out members that it does not name, at any depth, and shares nothing that holds others', () => {
    const given = { list: [{ a: 1, more: 2 }], pair: [{ a: 2, more: 3 }], more: 4, absent: undefined }
    const shape = object({ list: array(object({ a: int() })), pair: tuple(object({ a: int() })), absent: optional(int()) })
    const found = shaped(shape, given)
    expect(found).toStrictEqual({ list: [{ a: 1 }], pair: [{ a: 2 }] })
    found!.list.push({ a: 9 })
    expect(given.list).toHaveLength(1)
  })

  it('takes an object of exactly its members where that is asked for', () => {
    const shape = exactly({ a: int(), b: optional(int()) })
    expect(shape({ a: 1 })).toStrictEqual({ a: 1 })
    expect(shape({ a: 1, c: 2 })).toStrictEqual(new Fault('c'))
    expect(shape({ a: 1, toString: 2 })).toStrictEqual(new Fault('toString'))
    for (const other of [null, 'a', []]) expect(shape(other)).toBeInstanceOf(Fault)
  })

  it('says at which member a value is wrong', () => {
    const shape = object({ where: record(object({ in: array(union(int(), text())) })) })
    expect(shape({ where: { 'a.b': { in: [1, 'x', null] } } })).toStrictEqual(new Fault('where.a.b.in.2'))
    expect(shape(5)).toStrictEqual(new Fault())
  })

  it('lets no key change what its copy inherits', () => {
    const hostile = JSON.parse('{"__proto__":{"admin":true},"x":1}')
    const found = shaped(record(present), hostile)!
    expect(Object.getPrototypeOf(found)).toBe(Object.prototype)
    expect(found).toStrictEqual({ x: 1 })
  })

  it('has a type', () => {
    const shape = object({ a: int(), b: optional(text()), c: tuple(bytes(), optional(boolean())), d: oneOf('x', 'y') })
    expectTypeOf<Shaped<typeof shape>>().branded.toEqualTypeOf<{
      a: number
      b?: string | undefined
      c: [Uint8Array, boolean | undefined]
      d: 'x' | 'y'
    }>()
    expectTypeOf(shaped(union(int(), text()), 1)).toEqualTypeOf<string | number | undefined>()
  })
})
