import { hexOf } from '../bytes.js'
import type { Clock, Timer } from '../clock.js'
import { isP2PError, P2PError } from '../errors.js'
import type { Limits } from '../limits.js'
import type { KeyValueStore } from '../storage/key-value-store.js'
import { withDeadline } from '../wait.js'
import {
  isWorkEpoch,
  mineProofOfWork,
  WORK_NONCE_BYTES,
  type WorkProgress,
  type WorkProof,
  type WorkWorker,
  workBits,
  workEpoch,
} from './proof-of-work.js'

const STORE_PREFIX = 'proof-of-work/'
/** Timers of more milliseconds than fit 31 bits fire at once. */
const MAX_TIMER_MS = 0x7fffffff

/** How work that a peer demanded goes on. */
export interface ProofOfWorkEvent extends WorkProgress {
  /** `'failed'`: cancelled, or it took too long. */
  state: 'mining' | 'done' | 'failed'
  bits: number
  /** The peer that was dialled first of those that wait for it. */
  address: string
}

export interface WorkProofsOptions {
  /** Ed25519 public key, 32 bytes. */
  publicKey: Uint8Array
  store: KeyValueStore
  clock: Clock
  limits: Limits
  worker?: (() => WorkWorker) | undefined
  onProgress(event: ProofOfWorkEvent): void
}

/** One search, for all dials that wait for it. */
interface Job {
  bits: number
  epoch: number
  /** Undefined while nobody waits: a renewal. */
  address: string | undefined
  waiting: number
  controller: AbortController
  done: Promise<WorkProof>
}

/** The proofs of one identity: found when they are demanded, kept over a reload, renewed before they are refused. */
export class WorkProofs {
  /** Those whose epoch still counts, with the bits that each of them has. */
  private proofs: (WorkProof & { bits: number })[] = []
  private job: Job | undefined
  private loading: Promise<void> | undefined
  /** Most bits that were asked for since the last renewal. */
  private wanted = 0
  private renewal: Timer | undefined
  /** Work that has taken too long here. */
  private tooHard = { bits: Number.POSITIVE_INFINITY, until: 0 }
  private readonly paused = { dials: 0, since: 0, totalMs: 0 }

  constructor(private readonly options: WorkProofsOptions) {}

  /** How long dials have waited for work, milliseconds since the start. Their deadlines do not count it. */
  get pausedMs(): number {
    const { dials, since, totalMs } = this.paused
    return dials > 0 ? totalMs + this.options.clock.now() - since : totalMs
  }

  /** A proof of so many bits or more, if we have one. */
  readonly find = (bits: number): WorkProof | undefined => {
    this.forgetOld()
    const fitting = this.proofs.filter((proof) => proof.bits >= bits)
    const proof = fitting.at(-1)
    if (proof === undefined) return undefined
    this.wanted = Math.max(this.wanted, bits)
    if (proof.epoch < this.epoch) this.renew()
    else this.renewInTime()
    return proof
  }

  /**
   * Runs a dial, and once more after the work that it was found to need.
   *
   * @throws P2PError PROOF_OF_WORK_TOO_HARD, ABORTED, or what the dial throws.
   */
  async dial<T>(address: string, signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
    this.loading ??= this.load()
    await this.loading
    try {
      return await attempt()
    } catch (error) {
      if (!isWorkNeeded(error)) throw error
      await this.prove(error.details.bits as number, address, signal)
      return attempt()
    }
  }

  /** Ends what is under way; the next dial that needs work begins anew. */
  rest(): void {
    this.job?.controller.abort()
    if (this.renewal !== undefined) this.options.clock.clearTimeout(this.renewal)
    this.renewal = undefined
  }

  private get epoch(): number {
    return workEpoch(this.options.clock.now(), this.options.limits.workEpochMs)
  }

  private async prove(bits: number, address: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.options
    const { paused } = this
    this.checkBits(bits, address)
    if (paused.dials++ === 0) paused.since = clock.now()
    try {
      while (this.find(bits) === undefined) {
        const job = this.job ?? this.begin(bits, address)
        job.address ??= address
        await this.waitFor(job, address, signal)
      }
    } finally {
      if (--paused.dials === 0) paused.totalMs += clock.now() - paused.since
    }
  }

  private async waitFor(job: Job, address: string, signal: AbortSignal): Promise<void> {
    job.waiting++
    let timedOut = false
    try {
      await withDeadline(this.options.clock, `The dial of ${address}`, { signal }, () => job.done)
    } catch (error) {
      // Whoever dials nodes of the DHT has little patience; were the work given up with each of them, it would never be done.
      timedOut = isP2PError(error) && error.walk((cause) => isP2PError(cause, 'TIMEOUT')) !== undefined
      throw error
    } finally {
      if (--job.waiting === 0 && !timedOut) job.controller.abort()
    }
  }

  /** @throws P2PError PROOF_OF_WORK_TOO_HARD. */
  private checkBits(bits: number, address: string): void {
    const { clock, limits } = this.options
    const retryAfterMs = this.tooHard.until - clock.now()
    const isTooLong = retryAfterMs > 0 && bits >= this.tooHard.bits
    if (bits <= limits.maxWorkBits && !isTooLong) return
    const why = isTooLong
      ? `which took longer than ${limits.workTimeoutMs} ms here`
      : `and this one does ${limits.maxWorkBits} at most (limits.maxWorkBits)`
    throw new P2PError('PROOF_OF_WORK_TOO_HARD', `The peer demands a proof of work of ${bits} bits, ${why}. Use another peer.`, {
      details: { address, bits, ...(isTooLong && { retryAfterMs }) },
    })
  }

  private begin(bits: number, address: string | undefined): Job {
    const { clock, limits, publicKey, worker } = this.options
    const controller = new AbortController()
    const { epoch } = this
    let progress: WorkProgress = { hashes: 0, expectedHashes: 2 ** bits, hashesPerS: 0, elapsedMs: 0 }
    const tell = (state: ProofOfWorkEvent['state']) => {
      if (job.address !== undefined) this.options.onProgress({ state, bits, address: job.address, ...progress })
    }
    const wait = { signal: controller.signal, timeoutMs: limits.workTimeoutMs }
    const mined = withDeadline(clock, 'The proof of work', wait, async (signal) => {
      // The first word goes out before the work; and the job is known by then.
      await null
      tell('mining')
      const onProgress = (next: WorkProgress) => {
        progress = next
        tell('mining')
      }
      return mineProofOfWork({ publicKey, bits, epoch, signal, worker, onProgress })
    })
    const done = mined.then(
      (proof) => {
        this.job = undefined
        this.add(proof)
        this.save(proof)
        tell('done')
        return proof
      },
      (error) => {
        this.job = undefined
        tell('failed')
        if (!isP2PError(error, 'TIMEOUT')) throw error
        this.tooHard = { bits, until: clock.now() + limits.workRetryMs }
        this.checkBits(bits, job.address ?? '')
        throw error
      },
    )
    // All who wait may have left.
    done.catch(() => {})
    const job: Job = { bits, epoch, address, waiting: 0, controller, done }
    this.job = job
    return job
  }

  /** Works for the present epoch while the proof of the last one still counts; nobody waits for it. */
  private renew(): void {
    const { wanted } = this
    const isDone = this.proofs.some(({ epoch, bits }) => epoch >= this.epoch && bits >= wanted)
    if (this.job !== undefined || isDone || wanted === 0 || wanted > this.options.limits.maxWorkBits) return
    this.wanted = 0
    this.begin(wanted, undefined)
  }

  /** When the next epoch begins, if anybody has asked for work in this one. */
  private renewInTime(): void {
    const { clock, limits } = this.options
    this.renewal ??= clock.setTimeout(
      () => {
        this.renewal = undefined
        this.renew()
      },
      Math.min((this.epoch + 1) * limits.workEpochMs - clock.now(), MAX_TIMER_MS),
    )
  }

  private add(proof: WorkProof): void {
    this.proofs.push({ ...proof, bits: workBits(this.options.publicKey, proof) })
    this.proofs.sort((a, b) => a.epoch - b.epoch)
    this.forgetOld()
  }

  private forgetOld(): void {
    const { clock, limits } = this.options
    this.proofs = this.proofs.filter(({ epoch }) => isWorkEpoch(epoch, clock.now(), limits))
  }

  private get storeKey(): string {
    return STORE_PREFIX + hexOf(this.options.publicKey)
  }

  /** Epoch (4, big-endian) ‖ nonce (8). A store that fails costs work, and is no reason not to connect. */
  private async load(): Promise<void> {
    const kept = await this.options.store.get(this.storeKey).catch(() => undefined)
    if (kept?.length !== 4 + WORK_NONCE_BYTES) return
    // What is stored need not be true: its bits are counted, and a proof of none serves nobody.
    this.add({ epoch: new DataView(kept.buffer, kept.byteOffset).getUint32(0), nonce: kept.slice(4) })
  }

  private save({ epoch, nonce }: WorkProof): void {
    const bytes = new Uint8Array(4 + WORK_NONCE_BYTES)
    new DataView(bytes.buffer).setUint32(0, epoch)
    bytes.set(nonce, 4)
    this.options.store.set(this.storeKey, bytes).catch(() => {})
  }
}

/** Why a dial of ours ended before we said who we are: the peer demands work that is not done yet. */
export function workNeeded(bits: number): P2PError {
  return new P2PError('PROOF_OF_WORK_REQUIRED', `The peer demands a proof of work of ${bits} bits.`, { details: { bits } })
}

/** Not where a peer refuses with the same word: more work would not help there. */
export function isWorkNeeded(error: unknown): error is P2PError {
  return isP2PError(error, 'PROOF_OF_WORK_REQUIRED') && error.details.byPeer !== true && typeof error.details.bits === 'number'
}
