/**
 * Whether a value is a `Uint8Array`, of so many bytes where `length` says so. That of another realm is one too: of a frame, a vm context, or
 * the page that jsdom makes beside Node's own globals.
 */
export function isBytes(value: unknown, length?: number): value is Uint8Array {
  const isOne = value instanceof Uint8Array || (ArrayBuffer.isView(value) && tagOf(value) === 'Uint8Array')
  return isOne && (length === undefined || value.byteLength === length)
}

/** Whether a value is a `Date`, of any realm. */
export function isDate(value: unknown): value is Date {
  return value instanceof Date || tagOf(value) === 'Date'
}

/** Whether a value is an `ArrayBuffer`, of any realm. */
export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return value instanceof ArrayBuffer || tagOf(value) === 'ArrayBuffer'
}

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1)
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    if (a[i] !== b[i]) return a[i]! - b[i]!
  }
  return a.length - b.length
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return compareBytes(a, b) === 0
}

/** The parts one behind the other. */
export function joined(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** The view of these bytes: reads and writes words at any offset. */
export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}

const HEX = /* @__PURE__ */ (() => Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0)))()

/**
 * Lower-case hex, in one piece. What is put together letter by letter stays a tree of its letters in V8, 32 bytes each: a key of 64
 * letters that is kept would take 2 kB.
 */
export function hexOf(bytes: Uint8Array): string {
  const codes = new Array<number>(bytes.length * 2)
  for (let i = 0; i < bytes.length; i++) {
    codes[2 * i] = HEX[bytes[i]! >> 4]!
    codes[2 * i + 1] = HEX[bytes[i]! & 15]!
  }
  return String.fromCharCode.apply(undefined, codes)
}

/** The bytes of lower-case or upper-case hex; of other text they mean nothing. */
export function bytesOfHex(digits: string): Uint8Array {
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16))
}
