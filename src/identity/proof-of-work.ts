import { sha256 } from '@noble/hashes/sha2.js'
import { abortedError, P2PError } from '../errors.js'
import { DEFAULT_LIMITS, type Limits } from '../limits.js'
import { PUBLIC_KEY_BYTES } from './ed25519.js'
import { searchNonces, WORK_PREFIX_BYTES, type WorkTask, workPrefix } from './work-search.js'

/** Most bits that anybody may ask for: days of a desktop. */
export const MAX_POW_DIFFICULTY = 40
export const WORK_NONCE_BYTES = 8

/** What makes an identity cost something: a nonce that was searched for. Worth nothing to another key, or two epochs later. */
export interface WorkProof {
  /** Which epoch it was made for; see `workEpoch`. */
  epoch: number
  /** 8 bytes. */
  nonce: Uint8Array
}

export interface WorkProgress {
  /** Tried so far. */
  hashes: number
  /** 2^bits: the mean. One search in a hundred takes 4.6 times as many. */
  expectedHashes: number
  hashesPerS: number
  elapsedMs: number
}

/** A `Worker` that runs `lotus-p2p/pow-worker`. */
export interface WorkWorker {
  postMessage(message: unknown): void
  addEventListener(type: string, listener: (event: unknown) => void): void
  terminate(): void
}

export interface MineOptions {
  /** Ed25519 public key, 32 bytes. */
  publicKey: Uint8Array
  /** Leading zero bits, 1 to 40: 2^bits hashes in the mean. */
  bits: number
  /** Default: the present one. */
  epoch?: number
  signal?: AbortSignal | undefined
  /** Called about ten times a second. */
  onProgress?: ((progress: WorkProgress) => void) | undefined
  /** Makes the worker to search in; ended afterwards. Default, and where it fails: here, in slices of 10 ms. */
  worker?: (() => WorkWorker) | undefined
}

/** The number of an epoch, from 0 in 1970. */
export function workEpoch(nowMs: number, epochMs: number): number {
  return Math.floor(nowMs / epochMs)
}

/**
 * How many zero bits the hash of a proof begins with: SHA-256 over utf8('lotus-p2p/work/1') ‖ 0x00 ‖ publicKey (32) ‖ epoch (4,
 * big-endian) ‖ 11 zero bytes ‖ nonce (8). Hashcash (Back, 2002), with the key and the epoch as the resource.
 */
export function workBits(publicKey: Uint8Array, { epoch, nonce }: WorkProof): number {
  const input = new Uint8Array(WORK_PREFIX_BYTES + WORK_NONCE_BYTES)
  input.set(workPrefix(publicKey, epoch))
  input.set(nonce, WORK_PREFIX_BYTES)
  const hash = sha256(input)
  let bits = 0
  for (const byte of hash) {
    bits += Math.clz32(byte) - 24
    if (byte !== 0) break
  }
  return bits
}

/** Whether a proof's epoch counts: this one, the one before, and the next one where clocks may differ as much. */
export function isWorkEpoch(epoch: number, now: number, { workEpochMs, maxClockSkewMs }: Limits): boolean {
  return epoch >= workEpoch(now, workEpochMs) - 1 && epoch <= workEpoch(now + maxClockSkewMs, workEpochMs)
}

/**
 * Whether a proof holds for a key: one hash, about 2 µs. False for anything malformed.
 *
 * @param options.publicKey Ed25519 public key, 32 bytes.
 * @param options.bits leading zero bits at least.
 * @param options.now milliseconds since 1970; default: now.
 * @example
 * verifyProofOfWork({ publicKey, proof, bits: 20 })
 */
export function verifyProofOfWork(options: {
  publicKey: Uint8Array
  proof: WorkProof | undefined
  bits: number
  now?: number
  limits?: Limits
}): boolean {
  const { publicKey, proof, bits, now = Date.now(), limits = DEFAULT_LIMITS } = options
  return (
    proof?.nonce instanceof Uint8Array &&
    proof.nonce.length === WORK_NONCE_BYTES &&
    publicKey instanceof Uint8Array &&
    publicKey.length === PUBLIC_KEY_BYTES &&
    Number.isInteger(proof.epoch) &&
    isWorkEpoch(proof.epoch, now, limits) &&
    workBits(publicKey, proof) >= bits
  )
}

/**
 * Searches for a proof of work. Without a worker it searches here, in slices of 10 ms between which a page lives on.
 *
 * @throws P2PError INVALID_CONFIG for bits outside of 1 to 40 or a malformed key, ABORTED.
 * @example
 * const proof = await mineProofOfWork({ publicKey: identity.publicKey, bits: 20, onProgress: ({ hashesPerS }) => show(hashesPerS) })
 */
export async function mineProofOfWork(options: MineOptions): Promise<WorkProof> {
  const { publicKey, bits, signal, onProgress, worker } = options
  const { epoch = workEpoch(Date.now(), DEFAULT_LIMITS.workEpochMs) } = options
  if (!Number.isInteger(bits) || bits < 1 || bits > MAX_POW_DIFFICULTY) {
    throw new P2PError('INVALID_CONFIG', `A proof of work has 1 to ${MAX_POW_DIFFICULTY} bits.`)
  }
  if (!(publicKey instanceof Uint8Array) || publicKey.length !== PUBLIC_KEY_BYTES) {
    throw new P2PError('INVALID_CONFIG', `A proof of work is for a public key of ${PUBLIC_KEY_BYTES} bytes.`)
  }
  if (!Number.isInteger(epoch) || epoch < 0 || epoch > 0xffffffff) {
    throw new P2PError('INVALID_CONFIG', 'The epoch of a proof of work is a whole number below 2^32.')
  }
  const task: WorkTask = { publicKey: publicKey.slice(), epoch, bits }
  const tell = teller(2 ** bits, onProgress)
  let found: number | undefined
  if (worker !== undefined) found = await searchInWorker(worker, task, signal, tell)
  // A worker that a page's policy forbids, or whose file is missing, is no reason to stay outside.
  if (found === undefined || workBits(publicKey, proofOf(epoch, found)) < bits) found = await searchInSlices(task, signal, tell)
  tell(found + 1, true)
  return proofOf(epoch, found)
}

function proofOf(epoch: number, nonce: number): WorkProof {
  const bytes = new Uint8Array(WORK_NONCE_BYTES)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(nonce))
  return { epoch, nonce: bytes }
}

type Tell = (hashes: number, last?: boolean) => void

const TELL_MS = 100

function teller(expectedHashes: number, onProgress: MineOptions['onProgress']): Tell {
  const startedAt = performance.now()
  let toldAt = 0
  return (hashes, last = false) => {
    const now = performance.now()
    if (!last && now - toldAt < TELL_MS) return
    toldAt = now
    const elapsedMs = now - startedAt
    onProgress?.({ hashes, expectedHashes, elapsedMs, hashesPerS: elapsedMs > 0 ? Math.round((1_000 * hashes) / elapsedMs) : 0 })
  }
}

/** A slice ends after so much time, or so many hashes where the page's clock is too coarse to tell. */
const SLICE_MS = 8
const SLICE_HASHES = 32_768
const BATCH_HASHES = 256

async function searchInSlices(task: WorkTask, signal: AbortSignal | undefined, tell: Tell): Promise<number> {
  const search = searchNonces(task)
  const turn = turns()
  try {
    for (let from = 0; ; await turn.next()) {
      if (signal?.aborted) throw abortedError('The search for a proof of work', signal.reason)
      const startedAt = performance.now()
      const end = from + SLICE_HASHES
      do {
        const found = search(from, BATCH_HASHES)
        if (found !== undefined) return found
        from += BATCH_HASHES
      } while (from < end && performance.now() - startedAt < SLICE_MS)
      tell(from)
    }
  } finally {
    turn.end()
  }
}

/** Lets everything else have its turn. Timers would not do: browsers slow them down to one a second in a hidden tab. */
function turns(): { next(): Promise<void>; end(): void } {
  if (typeof setImmediate === 'function') return { next: () => new Promise((resolve) => setImmediate(resolve)), end: () => {} }
  const { port1, port2 } = new MessageChannel()
  return {
    next: () =>
      new Promise((resolve) => {
        port1.onmessage = () => resolve()
        port2.postMessage(0)
      }),
    end: () => port1.close(),
  }
}

/** Undefined where the worker does not work. */
function searchInWorker(
  make: () => WorkWorker,
  task: WorkTask,
  signal: AbortSignal | undefined,
  tell: Tell,
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(abortedError('The search for a proof of work', signal.reason))
    let worker: WorkWorker | undefined
    const end = (settle: () => void) => {
      worker?.terminate()
      signal?.removeEventListener('abort', onAbort)
      settle()
    }
    const onAbort = () => end(() => reject(abortedError('The search for a proof of work', signal?.reason)))
    try {
      worker = make()
      worker.addEventListener('error', () => end(() => resolve(undefined)))
      worker.addEventListener('message', (event) => {
        const { hashes, nonce } = ((event as { data?: unknown } | null)?.data ?? {}) as { hashes?: unknown; nonce?: unknown }
        if (Number.isSafeInteger(nonce) && (nonce as number) >= 0) end(() => resolve(nonce as number))
        else if (typeof hashes === 'number') tell(hashes)
      })
      signal?.addEventListener('abort', onAbort)
      worker.postMessage(task)
    } catch {
      end(() => resolve(undefined))
    }
  })
}
