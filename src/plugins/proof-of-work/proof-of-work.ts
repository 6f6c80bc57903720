import { abortedError, P2PError } from '../../base/errors.js'
import { WORK_LIMITS } from '../../base/limits/proof-of-work.js'
import { type Limits, limitsOf } from '../../base/limits.js'
import { sha256 } from '../../base/sha256.js'
import { WORK_NONCE_BYTES, type WorkProof } from '../../channel/work.js'
import { PUBLIC_KEY_BYTES } from '../../identity/ed25519.js'
import { searchNonces, WORK_PREFIX_BYTES, type WorkTask, workPrefix } from './work-search.js'

/** Most bits that anybody may ask for: days of a desktop. */
export const MAX_POW_DIFFICULTY = 40

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
export function workBits(publicKey: Uint8Array, { day: epoch, nonce }: WorkProof): number {
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
  const earliest = workEpoch(now, workEpochMs) - 1
  return Number.isInteger(epoch) && epoch >= earliest && epoch <= workEpoch(now + maxClockSkewMs, workEpochMs)
}

/**
 * Whether a proof holds for a key: one hash, some microseconds. False for anything malformed.
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
  const { publicKey, proof, bits, now = Date.now(), limits = limitsOf(WORK_LIMITS) } = options
  return (
    publicKey instanceof Uint8Array &&
    publicKey.length === PUBLIC_KEY_BYTES &&
    proof?.nonce instanceof Uint8Array &&
    proof.nonce.length === WORK_NONCE_BYTES &&
    isWorkEpoch(proof.day, now, limits) &&
    workBits(publicKey, proof) >= bits
  )
}

/**
 * Searches for a proof of work. Without a worker it searches here, in slices of 10 ms between which a page lives on.
 *
 * @throws P2PError INVALID_CONFIG for bits outside of 1 to 40, a malformed key or an epoch that is none, ABORTED.
 * @example
 * const proof = await mineProofOfWork({ publicKey: identity.publicKey, bits: 20, onProgress: ({ hashesPerS }) => show(hashesPerS) })
 */
export async function mineProofOfWork(options: MineOptions): Promise<WorkProof> {
  const { publicKey, bits, signal, onProgress, worker } = options
  const { epoch = workEpoch(Date.now(), WORK_LIMITS.workEpochMs) } = options
  if (
    bits !== bits >>> 0 ||
    bits < 1 ||
    bits > MAX_POW_DIFFICULTY ||
    publicKey.length !== PUBLIC_KEY_BYTES ||
    epoch !== epoch >>> 0
  ) {
    throw new P2PError(
      'INVALID_CONFIG',
      `Work is 1 to ${MAX_POW_DIFFICULTY} bits, for a key of 32 bytes and an epoch below 2^32.`,
    )
  }
  const task: WorkTask = { publicKey: publicKey.slice(), epoch, bits }
  const startedAt = performance.now()
  let toldAt = 0
  const tell = (hashes: number, pauseMs = TELL_MS) => {
    const now = performance.now()
    if (now - toldAt < pauseMs) return
    toldAt = now
    const elapsedMs = now - startedAt
    onProgress?.({ hashes, expectedHashes: 2 ** bits, elapsedMs, hashesPerS: Math.round((1_000 * hashes) / (elapsedMs || 1)) })
  }
  let found = worker && (await searchInWorker(worker, task, signal, tell))
  // A worker that a page's policy forbids, or whose file is missing, is no reason to stay outside.
  if (found === undefined || workBits(publicKey, proofOf(epoch, found)) < bits) found = await searchInSlices(task, signal, tell)
  if (found === undefined) throw abortedError('The proof of work', signal?.reason)
  tell(found + 1, 0)
  return proofOf(epoch, found)
}

function proofOf(epoch: number, nonce: number): WorkProof {
  const bytes = new Uint8Array(WORK_NONCE_BYTES)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(nonce))
  return { day: epoch, nonce: bytes }
}

type Tell = (hashes: number) => void

const TELL_MS = 100
/** A slice ends after so much time, or so many hashes where the page's clock is too coarse to tell. */
const SLICE_MS = 8
const SLICE_HASHES = 32_768
const BATCH_HASHES = 256

/** Undefined where it was cancelled. */
async function searchInSlices(task: WorkTask, signal: AbortSignal | undefined, tell: Tell): Promise<number | undefined> {
  const search = searchNonces(task)
  for (let from = 0; !signal?.aborted; await nextTurn()) {
    const startedAt = performance.now()
    const end = from + SLICE_HASHES
    do {
      const found = search(from, BATCH_HASHES)
      if (found !== undefined) return found
      from += BATCH_HASHES
    } while (from < end && performance.now() - startedAt < SLICE_MS)
    tell(from)
  }
  return undefined
}

/** Lets everything else have its turn. Timers would not do: browsers slow them down to one a second in a hidden tab. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') return void setImmediate(resolve)
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(0)
  })
}

/** Undefined where it was cancelled, or the worker does not work. */
function searchInWorker(
  make: () => WorkWorker,
  task: WorkTask,
  signal: AbortSignal | undefined,
  tell: Tell,
): Promise<number | undefined> {
  let worker: WorkWorker | undefined
  return new Promise<number | undefined>((resolve) => {
    const give = () => resolve(undefined)
    worker = make()
    worker.addEventListener('error', give)
    worker.addEventListener('message', (event) => {
      const { hashes, nonce } = (event as { data: { hashes: number; nonce?: number } }).data
      if (nonce === undefined) tell(hashes)
      else resolve(nonce)
    })
    signal?.addEventListener('abort', give)
    if (signal?.aborted) give()
    worker.postMessage(task)
  })
    .catch(() => undefined)
    .finally(() => worker?.terminate())
}
