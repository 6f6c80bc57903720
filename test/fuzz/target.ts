import { P2PError, type P2PErrorCode } from '../../src/base/errors.js'

/** What a fuzzer drives: any bytes at all must pass. A throw is a finding. */
export interface FuzzTarget {
  fuzz(bytes: Uint8Array): void | Promise<void>
  /** Inputs that go deep, from real encodings: where the fuzzer begins. */
  seeds(): Uint8Array[] | Promise<Uint8Array[]>
}

/** Reads decisions from a fuzzer's bytes; after their end all are 0. */
export class Choices {
  private readonly data: Uint8Array
  private position = 0

  /** Takes a copy: a fuzzer's input is a Buffer, whose `slice` is a view. */
  constructor(data: Uint8Array) {
    this.data = new Uint8Array(data)
  }

  get left(): number {
    return this.data.length - this.position
  }

  byte(): number {
    return this.data[this.position++] ?? 0
  }

  /** Two bytes, big-endian. */
  short(): number {
    return (this.byte() << 8) | this.byte()
  }

  pick<T>(items: readonly T[]): T {
    return items[this.byte() % items.length]!
  }

  /** So many bytes, or what is left. A copy, as what a transport delivers. */
  bytes(length: number): Uint8Array {
    const taken = this.data.slice(this.position, this.position + length)
    this.position += taken.length
    return taken
  }

  /** Bytes after their length, in two bytes. */
  chunk(): Uint8Array {
    return this.bytes(this.short())
  }
}

/** The counterpart of `Choices.chunk`. */
export function chunk(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from([bytes.length >> 8, bytes.length & 255, ...bytes])
}

export function joined(...parts: (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

/** The result, or undefined where it was refused as one of ours. Anything else that is thrown is a finding. */
export function refusedOr<T>(run: () => T, codes?: readonly P2PErrorCode[]): T | undefined {
  try {
    return run()
  } catch (error) {
    checkRefusal(error, codes)
    return undefined
  }
}

/** @throws the error itself where it is none that a peer's input may cause. */
export function checkRefusal(error: unknown, codes?: readonly P2PErrorCode[]): asserts error is P2PError {
  if (!(error instanceof P2PError)) throw error
  if (codes !== undefined && !codes.includes(error.code)) throw new Error(`refused with ${error.code}`, { cause: error })
}

export function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what)
}

/** Runs of a property: `FUZZ_FACTOR` times so many. `npm test` is short. */
export function runs(usual: number): { numRuns: number } {
  return { numRuns: Math.ceil(usual * Number(process.env.FUZZ_FACTOR ?? 0.4)) }
}
