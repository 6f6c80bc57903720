/** Coefficients, the lowest first; the highest is not zero. Nothing: the zero polynomial. */
export type Polynomial = readonly bigint[]

/** Work in steps of some hundred microseconds each: a page lives on between them. */
export type Steps<T> = Generator<void, T, void>

/** Arithmetic of polynomials over the integers modulo a prime. All values are public: it is not constant in time. */
export class Polynomials {
  constructor(readonly prime: bigint) {}

  /** From 0 to p − 1. */
  residue(number: bigint): bigint {
    const rest = number % this.prime
    return rest < 0n ? rest + this.prime : rest
  }

  power(base: bigint, exponent: bigint): bigint {
    let result = 1n
    for (let square = base, left = exponent; left > 0n; left >>= 1n, square = (square * square) % this.prime) {
      if (left & 1n) result = (result * square) % this.prime
    }
    return result
  }

  /** By Fermat; zero has none. */
  inverse(number: bigint): bigint {
    return this.power(number, this.prime - 2n)
  }

  less([constant = 0n, ...rest]: Polynomial, number: bigint): bigint[] {
    return trimmed([this.residue(constant - number), ...rest])
  }

  /** With 1 as its highest coefficient. */
  monic(a: Polynomial): bigint[] {
    const factor = this.inverse(a.at(-1) ?? 0n)
    return a.map((each) => (each * factor) % this.prime)
  }

  /** The monic greatest common divisor: Euclid's algorithm without an inverse in its steps. */
  *gcd(a: Polynomial, b: Polynomial): Steps<bigint[]> {
    let [over, under] = [[...a], [...b]]
    while (under.length > 0) {
      while (over.length >= under.length) {
        const [high, low] = [over.at(-1)!, under.at(-1)!]
        const shift = over.length - under.length
        over = trimmed(over.map((each, i) => this.residue(each * low - (i < shift ? 0n : high * under[i - shift]!))))
        yield
      }
      ;[over, under] = [under, over]
    }
    return this.monic(over)
  }

  /** The quotient of a division that leaves nothing. @param b monic. */
  *quotient(a: Polynomial, b: Polynomial): Steps<bigint[]> {
    const rest = [...a]
    const quotient: bigint[] = []
    for (let shift = a.length - b.length; shift >= 0; shift--) {
      const factor = rest[shift + b.length - 1]!
      quotient.unshift(factor)
      for (let i = 0; i < b.length; i++) rest[shift + i] = this.residue(rest[shift + i]! - factor * b[i]!)
      yield
    }
    return quotient
  }
}

/** Powers modulo one polynomial. Sums of products are reduced once each: a remainder costs more than a product. */
export class Modulus {
  /** z^n, z^(n+1), … modulo the polynomial, n its degree. */
  private readonly above: bigint[][] = []

  /** @param modulus monic, of degree 1 at least. */
  constructor(
    private readonly ring: Polynomials,
    private readonly modulus: Polynomial,
  ) {}

  /**
   * (z + shift)^exponent, as many coefficients as the degree: what is multiplied by is linear, and costs little.
   *
   * @param bits the exponent's, the highest first.
   * @param result the power by the bits before them.
   */
  *power(shift: bigint, bits: string, result: bigint[] = [1n]): Steps<bigint[]> {
    yield* this.prepare()
    const { ring, degree } = this
    for (const bit of bits) {
      result = this.square(result)
      if (bit === '1') {
        const high = result[degree - 1]!
        result = result.map((each, i) => ring.residue((result[i - 1] ?? 0n) + shift * each + high * this.above[0]![i]!))
      }
      yield
    }
    return result
  }

  private get degree(): number {
    return this.modulus.length - 1
  }

  private *prepare(): Steps<void> {
    const { ring, degree, modulus, above } = this
    const first = modulus.slice(0, degree).map((each) => ring.residue(-each))
    for (let last = first; above.length < Math.max(1, degree - 1); ) {
      above.push(last)
      const high = last[degree - 1]!
      last = last.map((_, i) => ring.residue((last[i - 1] ?? 0n) + high * first[i]!))
      yield
    }
  }

  private square(a: readonly bigint[]): bigint[] {
    const { ring, degree, above } = this
    const product = new Array<bigint>(2 * degree - 1).fill(0n)
    for (let i = 0; i < degree; i++) {
      const each = a[i] ?? 0n
      if (each === 0n) continue
      product[2 * i]! += each * each
      const twice = each << 1n
      for (let j = i + 1; j < degree; j++) product[i + j]! += twice * (a[j] ?? 0n)
    }
    const rest = product.slice(0, degree)
    for (let k = degree; k < product.length; k++) {
      const factor = product[k]! % ring.prime
      const row = above[k - degree]!
      for (let i = 0; i < degree; i++) rest[i]! += factor * row[i]!
    }
    return rest.map((each) => each % ring.prime)
  }
}

function trimmed(a: bigint[]): bigint[] {
  while (a.length > 0 && a.at(-1) === 0n) a.pop()
  return a
}
