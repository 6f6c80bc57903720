import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { DEFAULT_LIMITS } from '../../src/base/limits.js'
import type { WorkProof } from '../../src/channel/work.js'
import {
  mineProofOfWork,
  verifyProofOfWork,
  type WorkProgress,
  type WorkWorker,
  workBits,
  workEpoch,
} from '../../src/plugins/proof-of-work/proof-of-work.js'
import { searchNonces, type WorkTask } from '../../src/plugins/proof-of-work/work-search.js'

const KEY = new Uint8Array(32).fill(7)
const NOW = 1_700_000_000_000
const { workEpochMs, maxClockSkewMs } = DEFAULT_LIMITS
const EPOCH = workEpoch(NOW, workEpochMs)

/** The hash as docs/wire-protocol.md §3.5 has it, by node:crypto alone. */
function digestOf(publicKey: Uint8Array, { epoch, nonce }: WorkProof): string {
  const number = Buffer.alloc(4)
  number.writeUInt32BE(epoch)
  return createHash('sha256')
    .update('lotus-p2p/work/1\0')
    .update(publicKey)
    .update(number)
    .update(new Uint8Array(11))
    .update(nonce)
    .digest('hex')
}

const zeros = (digest: string) => /^0*/.exec(BigInt(`0x${digest}`).toString(2).padStart(256, '0'))![0].length

describe('a proof of work', () => {
  it('is a nonce whose hash, by node:crypto, begins with as many zero bits', async () => {
    for (const bits of [1, 7, 8, 9, 14]) {
      const proof = await mineProofOfWork({ publicKey: KEY, bits, epoch: EPOCH })
      const found = zeros(digestOf(KEY, proof))
      expect(found).toBeGreaterThanOrEqual(bits)
      expect(workBits(KEY, proof)).toBe(found)
    }
  })

  it('is the first that fits, so that the search skips none', () => {
    const found = searchNonces({ publicKey: KEY, epoch: EPOCH, bits: 10 })(0, 100_000)!
    for (let nonce = 0; nonce <= found; nonce++) {
      const bytes = Buffer.alloc(8)
      bytes.writeBigUInt64BE(BigInt(nonce))
      expect(zeros(digestOf(KEY, { epoch: EPOCH, nonce: bytes })) >= 10).toBe(nonce === found)
    }
  })

  it('is searched for beyond 2^32 nonces', () => {
    const from = 2 ** 32 - 5
    const found = searchNonces({ publicKey: KEY, epoch: EPOCH, bits: 12 })(from, 100_000)!
    expect(found).toBeGreaterThan(2 ** 32)
    const nonce = Buffer.alloc(8)
    nonce.writeBigUInt64BE(BigInt(found))
    expect(workBits(KEY, { epoch: EPOCH, nonce })).toBeGreaterThanOrEqual(12)
  })

  it('holds in its epoch and the next, and a moment before it where clocks differ', async () => {
    const proof = await mineProofOfWork({ publicKey: KEY, bits: 8, epoch: EPOCH })
    const start = EPOCH * workEpochMs
    const holdsAt = (now: number) => verifyProofOfWork({ publicKey: KEY, proof, bits: 8, now })
    expect(holdsAt(start)).toBe(true)
    expect(holdsAt(start + 2 * workEpochMs - 1)).toBe(true)
    expect(holdsAt(start - maxClockSkewMs)).toBe(true)
    expect(holdsAt(start + 2 * workEpochMs)).toBe(false)
    expect(holdsAt(start - maxClockSkewMs - 1)).toBe(false)
  })

  it('holds for its key, its bits and its nonce only', async () => {
    const proof = await mineProofOfWork({ publicKey: KEY, bits: 12, epoch: EPOCH })
    const has = workBits(KEY, proof)
    const holds = (changes: Partial<Parameters<typeof verifyProofOfWork>[0]>) =>
      verifyProofOfWork({ publicKey: KEY, proof, bits: 12, now: NOW, ...changes })
    expect(holds({})).toBe(true)
    expect(holds({ bits: has })).toBe(true)
    expect(holds({ bits: has + 1 })).toBe(false)
    expect(holds({ publicKey: new Uint8Array(32).fill(8) })).toBe(false)
    expect(holds({ publicKey: new Uint8Array(31) })).toBe(false)
    expect(holds({ proof: undefined })).toBe(false)
    expect(holds({ proof: { ...proof, epoch: EPOCH - 1 } })).toBe(false)
    expect(holds({ proof: { ...proof, epoch: Number.NaN } })).toBe(false)
    expect(holds({ proof: { ...proof, nonce: new Uint8Array(9) } })).toBe(false)
    expect(holds({ proof: { ...proof, nonce: proof.nonce.map((byte, i) => (i === 7 ? byte ^ 1 : byte)) } })).toBe(false)
  })
})

describe('the search', () => {
  it.each([
    ['no bits', { bits: 0 }],
    ['41 bits', { bits: 41 }],
    ['half a bit', { bits: 1.5 }],
    ['NaN bits', { bits: Number.NaN }],
    ['a short key', { publicKey: new Uint8Array(31) }],
    ['a negative epoch', { epoch: -1 }],
    ['an epoch beyond 32 bits', { epoch: 2 ** 32 }],
  ])('refuses %s with INVALID_CONFIG', async (_, changes) => {
    await expect(mineProofOfWork({ publicKey: KEY, bits: 8, ...changes })).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
  })

  it('lets others have their turn after each slice of some milliseconds, and tells how far it is', async () => {
    const told: WorkProgress[] = []
    // A millisecond passes with each look at the clock, which is once in 256 hashes.
    let nowMs = 0
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs++)
    let turns = 0
    let watch = setImmediate(function turn() {
      turns++
      watch = setImmediate(turn)
    })
    const leaving = new AbortController()
    const search = mineProofOfWork({
      publicKey: KEY,
      bits: 40,
      signal: leaving.signal,
      onProgress: (progress) => {
        told.push(progress)
        if (told.length === 4) leaving.abort()
      },
    })
    await expect(search).rejects.toMatchObject({ code: 'ABORTED' })
    clearImmediate(watch)
    clock.mockRestore()
    expect(told).toHaveLength(4)
    // Slices have 8 ms, and some looks at the clock lie between them.
    expect(told[3]!.elapsedMs / turns).toBeLessThan(12)
    for (const [i, progress] of told.entries()) {
      expect(progress.expectedHashes).toBe(2 ** 40)
      expect(progress.hashes).toBeGreaterThan(told[i - 1]?.hashes ?? 0)
      expect(progress.hashesPerS).toBeGreaterThan(10_000)
    }
  })

  it('does not begin where it was cancelled before', async () => {
    await expect(mineProofOfWork({ publicKey: KEY, bits: 40, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    })
  })
})

/** A worker on this thread that runs the real file of the SDK. */
class LocalWorker implements WorkWorker {
  static made: LocalWorker[] = []
  ended = 0
  readonly listeners = new Map<string, (event: unknown) => void>()
  constructor(private readonly act: (worker: LocalWorker, task: WorkTask) => void) {
    LocalWorker.made.push(this)
  }
  addEventListener(type: string, listener: (event: unknown) => void) {
    this.listeners.set(type, listener)
  }
  postMessage(task: unknown) {
    queueMicrotask(() => this.act(this, structuredClone(task) as WorkTask))
  }
  emit(type: string, event: unknown) {
    if (this.ended === 0) this.listeners.get(type)?.(event)
  }
  terminate() {
    this.ended++
  }
}

const real = (worker: LocalWorker, task: WorkTask) => {
  vi.stubGlobal('postMessage', (data: unknown) => worker.emit('message', { data }))
  ;(globalThis as unknown as { onmessage: (event: { data: WorkTask }) => void }).onmessage({ data: task })
}

describe('a worker', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
    LocalWorker.made = []
  })

  it('finds what slices find, tells of it, and is ended', async () => {
    await import('../../src/plugins/proof-of-work/pow-worker.js')
    const told: WorkProgress[] = []
    const options = { publicKey: KEY, bits: 16, epoch: EPOCH }
    const worker = () => new LocalWorker(real)
    const proof = await mineProofOfWork({ ...options, worker, onProgress: (progress) => told.push(progress) })
    expect(proof).toEqual(await mineProofOfWork(options))
    expect(told.at(-1)!.hashes).toBe(Number(new DataView(proof.nonce.buffer).getBigUint64(0)) + 1)
    expect(LocalWorker.made.map(({ ended }) => ended)).toEqual([1])
  })

  it.each<[string, () => WorkWorker]>([
    [
      'cannot be made',
      () => {
        throw new Error('the policy of the page forbids it')
      },
    ],
    ['fails to load', () => new LocalWorker((worker) => worker.emit('error', {}))],
    ['finds what is none', () => new LocalWorker((worker) => worker.emit('message', { data: { hashes: 1, nonce: 12345 } }))],
  ])('that %s leaves the work to slices', async (_, worker) => {
    const proof = await mineProofOfWork({ publicKey: KEY, bits: 12, epoch: EPOCH, worker })
    expect(workBits(KEY, proof)).toBeGreaterThanOrEqual(12)
    for (const { ended } of LocalWorker.made) expect(ended).toBe(1)
  })

  it('is ended at once where the search is cancelled', async () => {
    const leaving = new AbortController()
    const search = mineProofOfWork({
      publicKey: KEY,
      bits: 40,
      signal: leaving.signal,
      worker: () => new LocalWorker(() => leaving.abort()),
    })
    await expect(search).rejects.toMatchObject({ code: 'ABORTED' })
    expect(LocalWorker.made.map(({ ended }) => ended)).toEqual([1])
  })
})
