import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { WorkProof } from '../../src/channel/work.js'
import {
  mineProofOfWork,
  verifyProofOfWork,
  type WorkProgress,
  type WorkWorker,
  workBits,
  workBlock,
} from '../../src/plugins/proof-of-work/proof-of-work.js'
import { searchNonces, type WorkTask } from '../../src/plugins/proof-of-work/work-search.js'

const KEY = new Uint8Array(32).fill(7)
const DAY = 19_675
const PURPOSE = { publicKey: KEY, responder: new Uint8Array(32).fill(8), salt: new Uint8Array(16).fill(9) }
const BLOCK = workBlock(PURPOSE, DAY)

/** The hash as docs/wire-protocol.md has it, by node:crypto alone. */
function digestOf({ day, nonce }: WorkProof, { publicKey, responder, salt } = PURPOSE, network = 'lotus'): string {
  const number = Buffer.alloc(4)
  number.writeUInt32BE(day)
  const first = createHash('sha256')
    .update(`lotus-p2p/work/2\0${network}\0`)
    .update(responder)
    .update(salt)
    .update(number)
    .digest()
  return createHash('sha256').update(first).update(publicKey).update(nonce).digest('hex')
}

const zeros = (digest: string) => /^0*/.exec(BigInt(`0x${digest}`).toString(2).padStart(256, '0'))![0].length

describe('a proof of work', () => {
  it('is a nonce whose hash, by node:crypto, begins with as many zero bits', async () => {
    for (const bits of [1, 7, 8, 9, 14]) {
      const proof = await mineProofOfWork({ ...PURPOSE, bits, day: DAY })
      const found = zeros(digestOf(proof))
      expect(found).toBeGreaterThanOrEqual(bits)
      expect(workBits(BLOCK, proof.nonce)).toBe(found)
    }
  })

  it('is one of its network', async () => {
    const proof = await mineProofOfWork({ ...PURPOSE, network: 'test', bits: 10, day: DAY })
    expect(zeros(digestOf(proof, PURPOSE, 'test'))).toBeGreaterThanOrEqual(10)
    expect(workBlock({ ...PURPOSE, network: 'test' }, DAY)).not.toEqual(BLOCK)
  })

  it('is the first that fits, so that the search skips none', () => {
    const found = searchNonces({ block: BLOCK, bits: 10 })(0, 100_000)!
    for (let nonce = 0; nonce <= found; nonce++) {
      const bytes = Buffer.alloc(8)
      bytes.writeBigUInt64BE(BigInt(nonce))
      expect(zeros(digestOf({ day: DAY, nonce: bytes })) >= 10).toBe(nonce === found)
    }
  })

  it('is searched for beyond 2^32 nonces', () => {
    const from = 2 ** 32 - 5
    const found = searchNonces({ block: BLOCK, bits: 12 })(from, 100_000)!
    expect(found).toBeGreaterThan(2 ** 32)
    const nonce = Buffer.alloc(8)
    nonce.writeBigUInt64BE(BigInt(found))
    expect(workBits(BLOCK, nonce)).toBeGreaterThanOrEqual(12)
  })

  it('holds for its dialler, its responder, salt, day and network, its bits and its nonce only', async () => {
    const proof = await mineProofOfWork({ ...PURPOSE, bits: 12, day: DAY })
    const has = workBits(BLOCK, proof.nonce)
    const holds = (changes: Partial<Parameters<typeof verifyProofOfWork>[0]>) =>
      verifyProofOfWork({ ...PURPOSE, proof, bits: 12, ...changes })
    expect(holds({})).toBe(true)
    expect(holds({ bits: has })).toBe(true)
    expect(holds({ bits: has + 1 })).toBe(false)
    expect(holds({ publicKey: new Uint8Array(32).fill(8) })).toBe(false)
    expect(holds({ publicKey: new Uint8Array(31) })).toBe(false)
    expect(holds({ responder: new Uint8Array(32).fill(7) })).toBe(false)
    expect(holds({ responder: new Uint8Array(33) })).toBe(false)
    expect(holds({ salt: new Uint8Array(16) })).toBe(false)
    expect(holds({ salt: new Uint8Array(15) })).toBe(false)
    expect(holds({ network: 'test' })).toBe(false)
    expect(holds({ proof: undefined })).toBe(false)
    expect(holds({ proof: { ...proof, day: DAY - 1 } })).toBe(false)
    expect(holds({ proof: { ...proof, day: DAY + 2 ** 32 } })).toBe(false)
    expect(holds({ proof: { ...proof, day: Number.NaN } })).toBe(false)
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
    ['a short responder', { responder: new Uint8Array(31) }],
    ['a short salt', { salt: new Uint8Array(15) }],
    ['a negative day', { day: -1 }],
    ['a day beyond 32 bits', { day: 2 ** 32 }],
  ])('refuses %s with INVALID_CONFIG', async (_, changes) => {
    await expect(mineProofOfWork({ ...PURPOSE, day: DAY, bits: 8, ...changes })).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
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
      ...PURPOSE,
      day: DAY,
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
    await expect(mineProofOfWork({ ...PURPOSE, day: DAY, bits: 40, signal: AbortSignal.abort() })).rejects.toMatchObject({
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
    const options = { ...PURPOSE, bits: 16, day: DAY }
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
    const proof = await mineProofOfWork({ ...PURPOSE, bits: 12, day: DAY, worker })
    expect(workBits(BLOCK, proof.nonce)).toBeGreaterThanOrEqual(12)
    for (const { ended } of LocalWorker.made) expect(ended).toBe(1)
  })

  it('is ended at once where the search is cancelled', async () => {
    const leaving = new AbortController()
    const search = mineProofOfWork({
      ...PURPOSE,
      day: DAY,
      bits: 40,
      signal: leaving.signal,
      worker: () => new LocalWorker(() => leaving.abort()),
    })
    await expect(search).rejects.toMatchObject({ code: 'ABORTED' })
    expect(LocalWorker.made.map(({ ended }) => ended)).toEqual([1])
  })
})

it.each([
  [
    'throws',
    () => {
      throw new Error('broken')
    },
  ],
  ['rejects', () => Promise.reject(new Error('broken'))],
])('a progress function that %s fails the call, and nothing else', async (_, onProgress) => {
  const purpose = { publicKey: new Uint8Array(32).fill(1), responder: new Uint8Array(32).fill(2), salt: new Uint8Array(16) }
  const signal = AbortSignal.timeout(20_000)
  const mining = mineProofOfWork({ ...purpose, day: 19_675, bits: 40, signal, onProgress: onProgress as () => void })
  await expect(mining).rejects.toThrow('broken')
})
