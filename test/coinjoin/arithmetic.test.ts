import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/base/random.js'
import { elementOf, fieldOf, messageIn } from '../../src/coinjoin/fields.js'
import { isLowOrder, padKeysOf, padOf } from '../../src/coinjoin/pads.js'
import { Modulus, Polynomials } from '../../src/coinjoin/polynomials.js'
import { addPowers, polynomialOf } from '../../src/coinjoin/power-sums.js'
import { rootsOf } from '../../src/coinjoin/roots.js'
import { inSlices } from '../../src/coinjoin/slices.js'
import { decodeVector, encodeVector, messagesIn, vectorOf } from '../../src/coinjoin/vectors.js'
import { publicKeyOf } from '../../src/lotus/curve.js'
import { LONG } from '../long.js'
import { draws } from '../seed.js'
import { done } from './rooms.js'

const PRIME = 101n
const small = new Polynomials(PRIME)
const element = fc.bigInt({ min: 0n, max: PRIME - 1n })
const valueAt = (polynomial: readonly bigint[], z: bigint) => polynomial.reduceRight((sum, each) => (sum * z + each) % PRIME, 0n)
function expanded(roots: readonly bigint[]): bigint[] {
  let product = [1n]
  for (const root of roots) product = [0n, ...product].map((each, i) => small.residue(each - root * (product[i] ?? 0n)))
  return product
}
const sorted = (numbers: readonly bigint[]) => [...numbers].sort((a, b) => (a < b ? -1 : 1))

describe('in a small field', () => {
  it("Newton's identities give the polynomial that is expanded from its roots", () => {
    fc.assert(
      fc.property(fc.array(element, { maxLength: 40 }), (numbers) => {
        const sums = numbers.map(() => 0n)
        addPowers(small, sums, numbers)
        expect(done(polynomialOf(small, sums))).toEqual(expanded(numbers))
      }),
    )
  })

  it('the roots are those that trying all elements finds, and a polynomial with fewer has none', () => {
    const random = draws()
    const draw = () => BigInt(Math.floor(random.unit() * 101))
    fc.assert(
      fc.property(fc.array(element, { minLength: 1, maxLength: 12 }), (low) => {
        const polynomial = [...low, 1n]
        const tried = Array.from({ length: 101 }, (_, z) => BigInt(z)).filter((z) => valueAt(polynomial, z) === 0n)
        const found = done(rootsOf(small, polynomial, draw))
        expect(found && sorted(found)).toEqual(tried.length === low.length ? tried : undefined)
      }),
    )
  })

  it('sets of roots are found whole, and a root that comes twice is none', () => {
    const random = draws()
    const draw = () => BigInt(Math.floor(random.unit() * 101))
    fc.assert(
      fc.property(fc.uniqueArray(element, { minLength: 1, maxLength: 60 }), (roots) => {
        expect(sorted(done(rootsOf(small, expanded(roots), draw))!)).toEqual(sorted(roots))
        expect(done(rootsOf(small, expanded([...roots, roots[0]!]), draw))).toBeUndefined()
      }),
    )
  })

  it('powers modulo a polynomial are those of repeated multiplication', () => {
    const times = (a: readonly bigint[], b: readonly bigint[]) => {
      const product = new Array<bigint>(a.length + b.length - 1).fill(0n)
      for (const [i, x] of a.entries()) for (const [j, y] of b.entries()) product[i + j] = small.residue(product[i + j]! + x * y)
      return product
    }
    const rest = (a: bigint[], by: readonly bigint[]) => {
      const left = [...a]
      while (left.length >= by.length) {
        const factor = left.pop()!
        for (let i = 0; i < by.length - 1; i++) {
          const at = left.length - by.length + 1 + i
          left[at] = small.residue(left[at]! - factor * by[i]!)
        }
      }
      while (left.at(-1) === 0n) left.pop()
      return left
    }
    fc.assert(
      fc.property(
        fc.array(element, { minLength: 1, maxLength: 6 }),
        element,
        fc.integer({ min: 1, max: 40 }),
        (low, shift, n) => {
          const modulus = [...low, 1n]
          let slow: bigint[] = [1n]
          for (let i = 0; i < n; i++) slow = rest(times(slow.length === 0 ? [0n] : slow, [shift, 1n]), modulus)
          const power = done(new Modulus(small, modulus).power(shift, n.toString(2)))
          expect(power).toEqual(Array.from(low, (_, i) => slow[i] ?? 0n))
        },
      ),
    )
  })
})

describe.each([0, 1] as const)('in the field of output type %i', (type) => {
  const field = fieldOf(type)
  const attempt = new Uint8Array(32).fill(7)
  const messageFrom = (draw: (count: number) => Uint8Array) => (type === 0 ? draw(20) : publicKeyOf(draw(32)))

  it('is the largest prime below its power of two', () => {
    const bits = type === 0 ? 200n : 304n
    const ring = new Polynomials(field.prime)
    const isPrime = (n: bigint) => [2n, 3n, 5n, 7n, 11n, 13n].every((a) => new Polynomials(n).power(a, n - 1n) === 1n)
    expect(field.prime).toBe((1n << bits) - 75n)
    expect(isPrime(field.prime)).toBe(true)
    for (let k = 1n; k < 75n; k += 2n) expect(isPrime((1n << bits) - k)).toBe(false)
    expect(ring.residue(3n * ring.inverse(3n))).toBe(1n)
  })

  it('a message comes out of its element, and out of no other number', () => {
    const random = draws()
    const message = messageFrom(random.bytes)
    const number = elementOf(attempt, message)
    expect(messageIn(field, attempt, number)).toEqual(message)
    for (const other of [number + 1n, number ^ (1n << 90n), 0n, field.prime - 1n])
      expect(messageIn(field, attempt, other)).toBeUndefined()
    expect(messageIn(field, new Uint8Array(32), number)).toBeUndefined()
  })

  it.each(LONG ? [1, 2, 5, 10, 50, 100] : [1, 2, 10])(
    '%i members find all messages in their sum, with the pads gone',
    (count) => {
      const random = draws()
      const keys = Array.from({ length: count }, () => padKeysOf(random.bytes(32), attempt))
      const parties = keys.map(({ publicKey }) => ({ member: random.bytes(32), padKey: publicKey }))
      const messages = keys.map(() => messageFrom(random.bytes))
      const vectors = keys.map((own, place) =>
        done(
          vectorOf({
            field,
            attempt,
            messages: [messages[place]!],
            place,
            members: count,
            count,
            padWith: (other) => padOf(field, attempt, own, parties[place]!, parties[other]!, count),
          }),
        ),
      )
      const asText = (list: readonly Uint8Array[]) => list.map((each) => each.join()).sort()
      expect(asText(done(messagesIn(field, attempt, vectors, random.bytes))!)).toEqual(asText(messages))
      const wire = encodeVector(field, vectors[0]!)
      expect(decodeVector(field, wire, count)).toEqual(vectors[0])
      expect(decodeVector(field, wire, count + 1)).toBeUndefined()
      expect(decodeVector(field, new Uint8Array(count * field.elementBytes).fill(255), count)).toBeUndefined()
      // Whatever one of them changes, nobody takes the sum for one.
      const place = Math.floor(random.unit() * count)
      const disturbed = vectors.map((vector, i) => (i === place ? vector.map((each) => (each + 1n) % field.prime) : vector))
      expect(done(messagesIn(field, attempt, disturbed, random.bytes))).toBeUndefined()
    },
  )

  it('two members with one message disturb the sum', () => {
    const random = draws()
    const message = messageFrom(random.bytes)
    const vectors = [0, 1].map(() =>
      done(vectorOf({ field, attempt, messages: [message], place: 0, members: 1, count: 2, padWith: () => [] })),
    )
    expect(done(messagesIn(field, attempt, vectors, random.bytes))).toBeUndefined()
  })
})

it('a pad is the same at both members, and another for another attempt, member or key', () => {
  const random = draws()
  const field = fieldOf(0)
  const attempt = random.bytes(32)
  const [one, two] = [padKeysOf(random.bytes(32), attempt), padKeysOf(random.bytes(32), attempt)]
  const [a, b] = [
    { member: random.bytes(32), padKey: one.publicKey },
    { member: random.bytes(32), padKey: two.publicKey },
  ]
  const pad = padOf(field, attempt, one, a, b, 3)
  expect(padOf(field, attempt, two, b, a, 3)).toEqual(pad)
  expect(padOf(field, random.bytes(32), two, b, a, 3)).not.toEqual(pad)
  expect(padOf(field, attempt, two, { ...b, member: random.bytes(32) }, a, 3)).not.toEqual(pad)
})

it('keys of low order are told, in every encoding, and no others', () => {
  const random = draws()
  const little = (number: bigint) => Uint8Array.from({ length: 32 }, (_, i) => Number((number >> BigInt(8 * i)) & 255n))
  const p = 2n ** 255n - 19n
  const keys = padKeysOf(random.bytes(32), random.bytes(32))
  const field = fieldOf(0)
  const party = (padKey: Uint8Array) => ({ member: random.bytes(32), padKey })
  for (const low of [0n, 1n, p - 1n, p, p + 1n, 2n ** 255n, 2n ** 255n + 1n]) {
    expect(isLowOrder(little(low))).toBe(true)
    expect(() => padOf(field, random.bytes(32), keys, party(keys.publicKey), party(little(low)), 1)).toThrow()
  }
  for (const low of [
    325606250916557431795983626356110631294008115727848805560023387167927233504n,
    39382357235489614581723060781553021112529911719440698176882885853963445705823n,
  ]) {
    expect(isLowOrder(little(low))).toBe(true)
    expect(() => padOf(field, random.bytes(32), keys, party(keys.publicKey), party(little(low)), 1)).toThrow()
  }
  expect(isLowOrder(keys.publicKey)).toBe(false)
})

it('the largest sum is solved in steps of which none blocks a page', async () => {
  const field = fieldOf(1)
  const ring = new Polynomials(field.prime)
  const random = seededRandom(1)
  const count = LONG ? 100 : 30
  const roots = Array.from({ length: count }, () => BigInt(`0x${Buffer.from(random.bytes(37)).toString('hex')}`))
  const sums = new Array<bigint>(count).fill(0n)
  addPowers(ring, sums, roots)
  const polynomial = done(polynomialOf(ring, sums))
  const steps: number[] = []
  const work = rootsOf(ring, polynomial, () => BigInt(Math.floor(random.unit() * 2 ** 32)))
  const timed = (function* () {
    for (;;) {
      const startedAt = performance.now()
      const step = work.next()
      steps.push(performance.now() - startedAt)
      if (step.done) return step.value
      yield
    }
  })()
  expect((await inSlices(timed))!.length).toBe(count)
  // A machine that does other things makes some late; most say how long they are.
  steps.sort((a, b) => a - b)
  expect(steps[Math.floor(steps.length * 0.95)]!).toBeLessThan(8)
})
