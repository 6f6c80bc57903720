import { isBytes, joined } from '../../base/bytes.js'
import { abortedError, P2PError } from '../../base/errors.js'
import { fenced } from '../../base/fenced.js'
import { sha256 } from '../../base/sha256.js'
import { nextTurn } from '../../base/turn.js'
import { checkWait } from '../../base/wait.js'
import { WORK_NONCE_BYTES, WORK_SALT_BYTES, type WorkProof } from '../../channel/work.js'
import { PUBLIC_KEY_BYTES } from '../../identity/ed25519.js'
import { DEFAULT_NETWORK, taggedHash } from '../../identity/envelope.js'
import { searchNonces, type WorkTask } from './work-search.js'

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

/** For what work is done: one dialler at one responder. */
export interface WorkPurpose {
  /** Ed25519 public key of the dialler, 32 bytes. */
  publicKey: Uint8Array
  /** Ed25519 public key of the peer that demands the work, 32 bytes. */
  responder: Uint8Array
  /** What that peer has drawn for the day, 16 bytes. */
  salt: Uint8Array
  /** Name of the network; default 'lotus'. */
  network?: string | undefined
}

export interface MineOptions extends WorkPurpose {
  /** The day of the salt: days since 1970, 0 to 2^32 − 1. */
  day: number
  /** Leading zero bits, 1 to 40: 2^bits hashes in the mean. */
  bits: number
  signal?: AbortSignal | undefined
  /** Called about ten times a second. */
  onProgress?: ((progress: WorkProgress) => void) | undefined
  /** Makes the worker to search in; ended afterwards. Default, and where it fails: here, in slices of 10 ms. */
  worker?: (() => WorkWorker) | undefined
}

/** A day as it is signed and hashed: 4 bytes, big-endian. */
export function dayBytes(day: number): Uint8Array {
  return Uint8Array.of(day >>> 24, day >>> 16, day >>> 8, day)
}

/**
 * What comes before the nonce: SHA-256 over `taggedBytes('work', network, responder (32) ‖ salt (16) ‖ day (4))`, and the dialler's
 * key, 64 bytes in all.
 */
export function workBlock(purpose: WorkPurpose, day: number): Uint8Array {
  const { publicKey, responder, salt, network = DEFAULT_NETWORK } = purpose
  return joined(taggedHash('work', network, responder, salt, dayBytes(day)), publicKey)
}

/** How many zero bits the hash of block and nonce begins with. Hashcash (Back, 2002), with keys, salt and day as the resource. */
export function workBits(block: Uint8Array, nonce: Uint8Array): number {
  let bits = 0
  for (const byte of sha256(block, nonce)) {
    bits += Math.clz32(byte) - 24
    if (byte !== 0) break
  }
  return bits
}

/**
 * Whether a proof holds: some hashes, some microseconds. False for anything malformed.
 *
 * @param options.salt that of the day which the proof names; whether that day counts is for the caller to say.
 * @param options.bits leading zero bits at least.
 * @example
 * verifyProofOfWork({ publicKey, responder, salt, proof, bits: 18 })
 */
export function verifyProofOfWork(options: WorkPurpose & { proof: WorkProof | undefined; bits: number }): boolean {
  const { proof, bits } = options
  return (
    isPurpose(options) &&
    isBytes(proof?.nonce) &&
    proof.nonce.length === WORK_NONCE_BYTES &&
    isDay(proof.day) &&
    workBits(workBlock(options, proof.day), proof.nonce) >= bits
  )
}

function isPurpose({ publicKey, responder, salt }: WorkPurpose): boolean {
  return isBytes(publicKey, PUBLIC_KEY_BYTES) && isBytes(responder, PUBLIC_KEY_BYTES) && isBytes(salt, WORK_SALT_BYTES)
}

function isDay(day: number): boolean {
  return typeof day === 'number' && day === day >>> 0
}

/**
 * Searches for a proof of work. Without a worker it searches here, in slices of 10 ms between which a page lives on.
 *
 * @throws P2PError INVALID_CONFIG for bits outside of 1 to 40, a malformed key or salt or a day that is none, ABORTED.
 * @example
 * const proof = await mineProofOfWork({ publicKey: identity.publicKey, responder, salt, day, bits: 18 })
 */
export async function mineProofOfWork(options: MineOptions): Promise<WorkProof> {
  const { day, bits, signal, onProgress, worker } = options
  if (bits !== bits >>> 0 || bits < 1 || bits > MAX_POW_DIFFICULTY || !isPurpose(options) || !isDay(day)) {
    throw new P2PError('INVALID_CONFIG', `Work is 1 to ${MAX_POW_DIFFICULTY} bits, for a key, salt and day that can be.`)
  }
  checkWait('The proof of work', { signal })
  const task: WorkTask = { block: workBlock(options, day), bits }
  const startedAt = performance.now()
  let toldAt = 0
  /** What `onProgress` failed with: the caller's own, and so the caller's to hear. */
  let failure: { error: unknown } | undefined
  const tell = (hashes: number, pauseMs = TELL_MS) => {
    const now = performance.now()
    if (now - toldAt < pauseMs) return
    toldAt = now
    const elapsedMs = now - startedAt
    const hashesPerS = Math.round((1_000 * hashes) / (elapsedMs || 1))
    fenced(
      () => onProgress?.({ hashes, expectedHashes: 2 ** bits, elapsedMs, hashesPerS }),
      (error) => {
        failure ??= { error }
      },
    )
    if (failure !== undefined) throw failure.error
  }
  let found = worker && (await searchInWorker(worker, task, signal, tell))
  // A worker that a page's policy forbids, or whose file is missing, is no reason to stay outside.
  if (found === undefined || workBits(task.block, nonceOf(found)) < bits)
    found = await searchInSlices(searchNonces(task), signal, tell)
  if (found === undefined) throw abortedError('The proof of work', signal?.reason)
  tell(found + 1, 0)
  return { day, nonce: nonceOf(found) }
}

/** A nonce as it is sent and hashed: 8 bytes, big-endian. */
export function nonceOf(found: number): Uint8Array {
  const bytes = new Uint8Array(WORK_NONCE_BYTES)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(found))
  return bytes
}

type Tell = (hashes: number) => void

const TELL_MS = 100
/** A slice ends after so much time, or so many hashes where the page's clock is too coarse to tell. */
const SLICE_MS = 8
const SLICE_HASHES = 32_768
const BATCH_HASHES = 256

/**
 * Searches in slices of 8 ms between which a page lives on.
 *
 * @param search does `count` hashes behind the first `from`, as `searchNonces` does.
 * @returns the nonce; undefined where it was cancelled.
 */
export async function searchInSlices(
  search: (from: number, count: number) => number | undefined,
  signal: AbortSignal | undefined,
  tell: Tell,
): Promise<number | undefined> {
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
