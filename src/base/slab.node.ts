/** Bytes of one piece of memory. */
const BLOCK_BYTES = 16_384
/** Longer arrays have memory of their own. */
const SHORT_BYTES = 2_048

/**
 * Memory that many short byte arrays share (a slab, as of Bonwick, 1994). For arrays that are let go in the order in which they were made:
 * what is left of a slab then is at its ends.
 */
export interface Slab {
  /** A copy of these bytes. */
  copy(bytes: Uint8Array): Uint8Array
}

/** For whoever sends or forwards a great deal: memory that each array has for itself costs V8 several times what its bytes do. Undefined in browsers. */
export const newSlab: (() => Slab) | undefined = () => {
  // Only what lies on it keeps it: a slab of which everything was let go takes no memory.
  let block: WeakRef<ArrayBuffer> | undefined
  let used = BLOCK_BYTES
  return {
    copy(bytes) {
      const { length } = bytes
      if (length > SHORT_BYTES) return bytes.slice()
      let buffer = used + length > BLOCK_BYTES ? undefined : block?.deref()
      if (buffer === undefined) {
        buffer = new ArrayBuffer(BLOCK_BYTES)
        block = new WeakRef(buffer)
        used = 0
      }
      const copy = new Uint8Array(buffer, used, length)
      used += length
      copy.set(bytes)
      return copy
    },
  }
}
