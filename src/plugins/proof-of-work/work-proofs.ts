import { Alarm } from '../../base/alarm.js'
import { hexOf } from '../../base/bytes.js'
import type { Clock } from '../../base/clock.js'
import { isP2PError, P2PError } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import { withDeadline } from '../../base/wait.js'
import { isWorkNeeded, WORK_NONCE_BYTES, type WorkDemand, type WorkProof, type WorkTerms } from '../../channel/work.js'
import type { Identity } from '../../identity/identity.js'
import type { WorkSupply } from '../../peer/pool/work.js'
import type { KeyValueStore } from '../../storage/key-value-store.js'
import type { Connection } from '../../transport/transport.js'
import { isWorkEpoch, mineProofOfWork, type WorkProgress, type WorkWorker, workBits, workEpoch } from './proof-of-work.js'
import { workDemand } from './work-demand.js'

/** How work that a peer demanded goes on. */
export interface ProofOfWorkEvent extends WorkProgress {
  /** `'failed'`: cancelled, or it took too long. */
  state: 'mining' | 'done' | 'failed'
  bits: number
  /** The peer that was dialled first of those that wait for it. */
  address: string
}

export interface WorkProofsOptions {
  /** Whose proof it is. */
  identity: Pick<Identity, 'publicKey'>
  store: KeyValueStore
  clock: Clock
  limits: Limits
  /** Bits of work that dialers of ours have to show; default 0, none. */
  difficulty?: number
  worker?: (() => WorkWorker) | undefined
  onProgress(event: ProofOfWorkEvent): void
}

/** One search, for all dials that wait for it. */
interface Job {
  bits: number
  /** Undefined while nobody has waited yet: a renewal. */
  address: string | undefined
  waiting: number
  controller: AbortController
  done: Promise<void>
}

/** The proof of one identity: found when it is demanded, kept over a reload, renewed before it is refused. */
export class WorkProofs implements WorkSupply {
  private proof: (WorkProof & { bits: number }) | undefined
  private job: Job | undefined
  private loading: Promise<void> | undefined
  /** Most bits that were asked for since the last renewal. */
  private wanted = 0
  private readonly renewal: Alarm
  /** Lowered to what this machine has been able to do in time. */
  private maxBits: number
  /** Dials that wait for work, since when, and how long others have before. */
  private loaded = false
  private readonly paused = { dials: 0, since: 0, totalMs: 0 }

  constructor(private readonly wiring: WorkProofsOptions) {
    this.maxBits = wiring.limits.maxWorkBits
    this.renewal = new Alarm(wiring.clock, () => this.renew())
  }

  /** How long dials have waited for work, milliseconds since the start. Their deadlines do not count it. */
  get pausedMs(): number {
    const { dials, since, totalMs } = this.paused
    return dials > 0 ? totalMs + this.wiring.clock.now() - since : totalMs
  }

  /** A proof of so many bits or more, if we have one. */
  find({ bits }: Pick<WorkDemand, 'bits'>): WorkProof | undefined {
    const { proof } = this
    const { clock, limits } = this.wiring
    if (proof === undefined || proof.bits < bits || !isWorkEpoch(proof.day, clock.now(), limits)) return undefined
    this.wanted = Math.max(this.wanted, bits)
    if (proof.day < this.epoch) this.renew()
    else {
      const untilNextMs = (proof.day + 1) * limits.workEpochMs - clock.now()
      this.renewal.armOnce(untilNextMs)
    }
    return proof
  }

  /**
   * Runs a dial, and once more after the work that it was found to need.
   *
   * @throws P2PError PROOF_OF_WORK_TOO_HARD, ABORTED, or what the dial throws.
   */
  async dial<T>(address: string, signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
    this.loading ??= this.load().then(() => {
      this.loaded = true
    })
    if (!this.loaded) await this.loading
    try {
      return await attempt()
    } catch (error) {
      if (!isWorkNeeded(error)) throw error
      await this.prove(error.details.bits as number, address, signal).catch((failure) => {
        // What all dials were ended with tells more than that they were.
        throw isP2PError(signal.reason) ? signal.reason : failure
      })
      return attempt()
    }
  }

  demand({ transport }: Connection, isConnected: (publicKey: Uint8Array) => boolean): WorkTerms | undefined {
    const { difficulty: bits = 0, clock, limits } = this.wiring
    return workDemand({ bits, transport, clock, limits, isConnected })
  }

  /** The machine has slept, so that what seemed to take too long need not have. */
  wake(): void {
    this.maxBits = this.wiring.limits.maxWorkBits
  }

  /** Ends what is under way; the next dial that needs work begins anew. */
  rest(): void {
    this.wake()
    this.job?.controller.abort()
    this.renewal.disarm()
  }

  private get epoch(): number {
    return workEpoch(this.wiring.clock.now(), this.wiring.limits.workEpochMs)
  }

  private async prove(bits: number, address: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.wiring
    const { paused } = this
    if (paused.dials++ === 0) paused.since = clock.now()
    try {
      while (this.find({ bits }) === undefined) {
        this.checkBits(bits, address)
        const job = this.job ?? this.begin(bits, address)
        job.address ??= address
        await this.waitFor(job, signal)
      }
    } finally {
      if (--paused.dials === 0) paused.totalMs += clock.now() - paused.since
    }
  }

  private async waitFor(job: Job, signal: AbortSignal): Promise<void> {
    job.waiting++
    let timedOut = false
    try {
      await withDeadline(this.wiring.clock, 'The proof of work', { signal }, () => job.done)
    } catch (error) {
      // Whoever dials nodes of the DHT has little patience; were the work given up with each of them, it would never be done.
      timedOut = (error as P2PError).walk((cause) => isP2PError(cause, 'TIMEOUT')) !== undefined
      throw error
    } finally {
      if (--job.waiting === 0 && !timedOut) job.controller.abort()
    }
  }

  /** @throws P2PError PROOF_OF_WORK_TOO_HARD. */
  private checkBits(bits: number, address: string): void {
    const { maxBits } = this
    if (bits <= maxBits) return
    throw new P2PError(
      'PROOF_OF_WORK_TOO_HARD',
      `The peer demands work of ${bits} bits, above the ${maxBits} that are done here. Use another peer.`,
      { details: { address, bits, maxBits } },
    )
  }

  private begin(bits: number, address?: string): Job {
    const { clock, limits, worker, store, onProgress } = this.wiring
    const { publicKey } = this.wiring.identity
    const { epoch } = this
    let progress: WorkProgress = { hashes: 0, expectedHashes: 2 ** bits, hashesPerS: 0, elapsedMs: 0 }
    const tell = (state: ProofOfWorkEvent['state']) => {
      if (job.address !== undefined) onProgress({ state, bits, address: job.address, ...progress })
    }
    const run = async (signal: AbortSignal) => {
      // By then the job is known to whom it is told.
      await null
      tell('mining')
      const proof = await mineProofOfWork({
        ...{ publicKey, bits, epoch, signal, worker },
        onProgress: (next) => {
          progress = next
          tell('mining')
        },
      })
      this.keep(proof)
      // A store that fails costs work, and is no reason not to connect.
      store.set(this.storeKey, encodeProof(proof)).catch(() => {})
    }
    const controller = new AbortController()
    const wait = { signal: controller.signal, timeoutMs: limits.workTimeoutMs }
    const done = withDeadline(clock, 'The proof of work', wait, run).then(
      () => {
        this.job = undefined
        tell('done')
      },
      (error) => {
        this.job = undefined
        tell('failed')
        if (isP2PError(error, 'TIMEOUT')) {
          this.maxBits = bits - 1
          this.checkBits(bits, job.address ?? '')
        }
        throw error
      },
    )
    // All who wait may have left.
    done.catch(() => {})
    const job: Job = { bits, address, waiting: 0, controller, done }
    this.job = job
    return job
  }

  /** Works for the present epoch while the proof of the last one still counts; nobody waits for it. */
  private renew(): void {
    const { wanted, proof } = this
    this.renewal.disarm()
    if (this.job !== undefined || wanted === 0 || wanted > this.maxBits || proof?.day === this.epoch) return
    this.wanted = 0
    this.begin(wanted)
  }

  private keep(proof: WorkProof): void {
    this.proof = { ...proof, bits: workBits(this.wiring.identity.publicKey, proof) }
  }

  private get storeKey(): string {
    return `proof-of-work/${hexOf(this.wiring.identity.publicKey)}`
  }

  private async load(): Promise<void> {
    const kept = await this.wiring.store.get(this.storeKey).catch(() => undefined)
    // What is stored need not be true: its bits are counted, and a proof of none serves nobody.
    if (kept?.length === 4 + WORK_NONCE_BYTES) this.keep(decodeProof(kept))
  }
}

/** Epoch (4, big-endian) ‖ nonce (8). */
function encodeProof({ day, nonce }: WorkProof): Uint8Array {
  const bytes = new Uint8Array(4 + WORK_NONCE_BYTES)
  new DataView(bytes.buffer).setUint32(0, day)
  bytes.set(nonce, 4)
  return bytes
}

function decodeProof(bytes: Uint8Array): WorkProof {
  return { day: new DataView(bytes.buffer, bytes.byteOffset).getUint32(0), nonce: bytes.slice(4) }
}
