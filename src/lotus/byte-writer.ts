/** Writes integers as Bitcoin does, little-endian, into memory that doubles. */
export class ByteWriter {
  private bytes = new Uint8Array(256)
  private at = 0

  u8(value: number): this {
    this.room(1)[this.at++] = value
    return this
  }

  /** @param value an integer of 32 bits, with or without a sign. */
  u32(value: number): this {
    const bytes = this.room(4)
    for (let shift = 0; shift < 32; shift += 8) bytes[this.at++] = (value >>> shift) & 0xff
    return this
  }

  u64(value: bigint): this {
    return this.u32(Number(value & 0xffffffffn)).u32(Number((value >> 32n) & 0xffffffffn))
  }

  /** A length, up to 2^32 − 1, as CompactSize. */
  size(value: number): this {
    if (value < 0xfd) return this.u8(value)
    if (value > 0xffff) return this.u8(0xfe).u32(value)
    return this.u8(0xfd)
      .u8(value & 0xff)
      .u8(value >> 8)
  }

  octets(bytes: Uint8Array): this {
    this.room(bytes.length).set(bytes, this.at)
    this.at += bytes.length
    return this
  }

  /** A length, and so many bytes. */
  sized(bytes: Uint8Array): this {
    return this.size(bytes.length).octets(bytes)
  }

  take(): Uint8Array {
    return this.bytes.slice(0, this.at)
  }

  private room(more: number): Uint8Array {
    if (this.at + more > this.bytes.length) {
      const larger = new Uint8Array(2 * (this.at + more))
      larger.set(this.bytes)
      this.bytes = larger
    }
    return this.bytes
  }
}
