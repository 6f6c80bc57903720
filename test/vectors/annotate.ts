import { hex } from './primitives.js'

/** One line of a dump: what stands there, how deep in it, and what it means. */
interface Line {
  bytes: Uint8Array
  depth: number
  meaning: string
}

const KINDS: Record<number, string> = {
  1: 'MESSAGE',
  2: 'SIGNED_MESSAGE',
  16: 'READY',
  17: 'CLOSE',
  18: 'REKEY',
  19: 'ACK',
  20: 'SEQUENCE',
  21: 'REFUSED',
  22: 'DESCRIPTION',
  23: 'SWITCH',
  128: 'PADDING',
}

const MESSAGE_FIELDS = ['layout', 'type', 'from', 'to', 'payload', 'timestamp', 'messageId', 'protocol', 'inReplyTo']

/** Reads trusted bytes and tells of each part. */
class Dump {
  readonly lines: Line[] = []
  private at = 0

  constructor(private readonly bytes: Uint8Array) {}

  get isOver(): boolean {
    return this.at >= this.bytes.length
  }

  take(length: number, depth: number, meaning: string): Uint8Array {
    const bytes = this.bytes.subarray(this.at, this.at + length)
    this.at += length
    this.lines.push({ bytes, depth, meaning })
    return bytes
  }

  entry(): void {
    const kind = this.bytes[this.at]!
    const length = this.number(this.at + 1, 2)
    this.take(3, 0, `${KINDS[kind]}, ${length} bytes`)
    const end = this.at + length
    if (kind === 0x01) {
      this.take(1, 1, `stream ${this.bytes[this.at]}`)
      this.value(1, '', MESSAGE_FIELDS)
    } else if (kind === 0x11 || kind === 0x16) this.value(1)
    else if (kind === 0x13) while (this.at < end) this.acknowledged()
    else if (kind === 0x14) {
      this.take(1, 1, `stream ${this.bytes[this.at]}`)
      this.take(6, 1, `next number ${this.number(this.at, 6)}`)
      this.take(6, 1, `given up ${this.number(this.at, 6)}`)
      if (this.at < end) this.take(end - this.at, 1, `protocol "${this.text(this.at, end)}"`)
    } else if (kind === 0x17) this.take(4, 1, `changes ${this.number(this.at, 4)}`)
    else if (this.at < end) this.take(end - this.at, 1, 'ignored')
  }

  value(depth: number, name = '', fields: string[] = []): void {
    const head = this.bytes[this.at]!
    const label = name === '' ? '' : `${name}: `
    if (head < 0x80) this.take(1, depth, `${label}${head}`)
    else if (head < 0x90) this.map(head & 15, 1, depth, label)
    else if (head < 0xa0) this.array(head & 15, 1, depth, label, fields)
    else if (head < 0xc0) this.string(1, head & 31, depth, label)
    else if (head >= 0xe0) this.take(1, depth, `${label}${head - 256}`)
    else if (head === 0xc0) this.take(1, depth, `${label}nil`)
    else if (head === 0xc2 || head === 0xc3) this.take(1, depth, `${label}${head === 0xc3}`)
    else if (head === 0xc4 || head === 0xc5) this.bin(head - 0xc3, depth, label)
    else if (head >= 0xcc && head <= 0xcf) {
      const width = 2 ** (head - 0xcc)
      this.take(1 + width, depth, `${label}${this.number(this.at + 1, width).toLocaleString('en')}`)
    } else if (head === 0xd9) this.string(2, this.bytes[this.at + 1]!, depth, label)
    else throw new Error(`the head ${head} is not annotated`)
  }

  private acknowledged(): void {
    const number = this.number(this.at + 1, 6)
    this.take(7, 1, `stream ${this.bytes[this.at]} up to number ${number}`)
  }

  private map(length: number, headBytes: number, depth: number, label: string): void {
    this.take(headBytes, depth, `${label}map of ${length}`)
    for (let i = 0; i < length; i++) {
      const size = this.bytes[this.at]! & 31
      const key = this.text(this.at + 1, this.at + 1 + size)
      this.take(1 + size, depth + 1, `"${key}"`)
      this.value(depth + 2)
    }
  }

  private array(length: number, headBytes: number, depth: number, label: string, fields: string[]): void {
    this.take(headBytes, depth, `${label}array of ${length}`)
    for (let i = 0; i < length; i++) this.value(depth + 1, fields[i])
  }

  private string(headBytes: number, length: number, depth: number, label: string): void {
    const from = this.at + headBytes
    this.take(headBytes + length, depth, `${label}"${this.text(from, from + length)}"`)
  }

  private bin(lengthBytes: number, depth: number, label: string): void {
    const length = this.number(this.at + 1, lengthBytes)
    this.take(1 + lengthBytes, depth, `${label}${length} bytes`)
    if (length > 0) this.take(length, depth + 1, '')
  }

  private number(at: number, width: number): number {
    let value = 0
    for (let i = 0; i < width; i++) value = value * 256 + this.bytes[at + i]!
    return value
  }

  private text(from: number, to: number): string {
    return new TextDecoder().decode(this.bytes.subarray(from, to))
  }
}

const PER_LINE = 24

function format(lines: Line[]): string {
  const out: string[] = []
  for (const { bytes, depth, meaning } of lines) {
    const indent = '  '.repeat(depth)
    const isZeros = bytes.length > PER_LINE && bytes.every((byte) => byte === 0)
    const shown = isZeros ? [`00 … (${bytes.length} bytes)`] : rows(bytes)
    for (const [i, row] of shown.entries())
      out.push(`${indent}${row}`.padEnd(60) + (i === 0 && meaning !== '' ? `  ${meaning}` : ''))
  }
  return out.map((line) => line.trimEnd()).join('\n')
}

function rows(bytes: Uint8Array): string[] {
  const out: string[] = []
  for (let at = 0; at < bytes.length; at += PER_LINE) out.push(hex(bytes.subarray(at, at + PER_LINE)))
  return out
}

/** A plaintext of the channel, entry by entry. */
export function annotateEntries(plaintext: Uint8Array): string {
  const dump = new Dump(plaintext)
  while (!dump.isOver) dump.entry()
  return format(dump.lines)
}

/** A MessagePack value. */
export function annotateValue(bytes: Uint8Array): string {
  const dump = new Dump(bytes)
  dump.value(0)
  return format(dump.lines)
}

/** Bytes, in parts of these lengths with their meaning; a last part of length −1 takes the rest. */
export function annotateParts(bytes: Uint8Array, parts: [length: number, meaning: string][]): string {
  const dump = new Dump(bytes)
  let rest = bytes.length
  for (const [length, meaning] of parts) {
    const size = length < 0 ? rest : length
    dump.take(size, 0, meaning)
    rest -= size
  }
  return format(dump.lines)
}
