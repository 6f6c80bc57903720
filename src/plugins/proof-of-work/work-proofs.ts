import { BoundedMap } from '../../base/bounded-map.js'
import { equalBytes, hexOf, joined } from '../../base/bytes.js'
import { type Clock, elapsed } from '../../base/clock.js'
import { isP2PError, P2PError } from '../../base/errors.js'
import { LazyMap, LazySet } from '../../base/lazy-map.js'
import type { Limits } from '../../base/limits.js'
import { Serial } from '../../base/serial.js'
import { withDeadline } from '../../base/wait.js'
import {
  isWorkNeeded,
  WORK_NONCE_BYTES,
  WORK_SALT_BYTES,
  type WorkDemand,
  type WorkProof,
  type WorkTerms,
} from '../../channel/work.js'
import { PUBLIC_KEY_BYTES } from '../../identity/ed25519.js'
import type { Identity } from '../../identity/identity.js'
import type { WorkSupply } from '../../peer/pool/work.js'
import type { KeyValueStore } from '../../storage/key-value-store.js'
import type { Connection } from '../../transport/transport.js'
import { dayBytes, mineProofOfWork, type WorkProgress, type WorkWorker, workBits, workBlock } from './proof-of-work.js'
import { workDemand } from './work-demand.js'
import type { WorkSalts } from './work-salts.js'

/** How work that a peer demanded goes on. */
export interface ProofOfWorkEvent extends WorkProgress {
  /** `'failed'`: cancelled, or it took too long. */
  state: 'mining' | 'done' | 'failed'
  bits: number
  /** The peer that was dialled first of those that wait for it. */
  address: string
}

export interface WorkProofsOptions {
  /** Whose proofs they are. */
  identity: Pick<Identity, 'publicKey'>
  network: string
  store: KeyValueStore
  clock: Clock
  limits: Limits
  salts: WorkSalts
  /** Bits of work that dialers of ours have to show; default 0, none. */
  difficulty?: number | undefined
  worker?: (() => WorkWorker) | undefined
  onProgress(event: ProofOfWorkEvent): void
}

/** What one responder demands, with its Ed25519 key. */
interface Demand extends WorkDemand {
  responder: Uint8Array
}

/** The proof for one responder, on one day. */
interface Kept extends WorkProof {
  responder: Uint8Array
  salt: Uint8Array
}

/** One search, for all dials that wait for it. */
interface Job {
  waiting: number
  controller: AbortController
  done: Promise<void>
}

/** Responders whose proofs are kept. */
const MAX_PROOFS = 64
/** Of a proof in the store: responder, salt, day and nonce. */
const KEPT_BYTES = PUBLIC_KEY_BYTES + WORK_SALT_BYTES + 4 + WORK_NONCE_BYTES

/** The proofs of one identity: each found when a responder demands it, and kept over a reload. */
export class WorkProofs implements WorkSupply {
  /** By the responder's key in hex. */
  private readonly proofs = new BoundedMap<string, Kept>(MAX_PROOFS)
  private readonly jobs = new LazyMap<string, Job>()
  private readonly searching = new Serial()
  /** Responders that were shown the proof of yesterday, which they may have forgotten. */
  private readonly shownOld = new LazySet<string>()
  private loading: Promise<void> | undefined
  private loaded = false
  /** Lowered to what this machine has been able to do in time. */
  private maxBits: number
  /** Dials that wait for work, since when, and how long others have before. */
  private readonly paused = { dials: 0, since: 0, totalMs: 0 }

  constructor(private readonly wiring: WorkProofsOptions) {
    this.maxBits = wiring.limits.maxWorkBits
  }

  /** How long dials have waited for work, milliseconds since the start. Their deadlines do not count it. */
  get pausedMs(): number {
    const { dials, since, totalMs } = this.paused
    return dials > 0 ? totalMs + elapsed(this.wiring.clock) - since : totalMs
  }

  /** The proof for today's demand of a responder, or for yesterday's, if we have one of so many bits. */
  find({ bits, salt, day }: WorkDemand, responder: Uint8Array): WorkProof | undefined {
    const id = hexOf(responder)
    const kept = this.proofs.get(id)
    if (kept === undefined) return undefined
    const isOld = kept.day === day - 1
    if (!isOld && !(kept.day === day && equalBytes(kept.salt, salt))) return undefined
    const { identity, network } = this.wiring
    // What is stored need not be true.
    const block = workBlock({ publicKey: identity.publicKey, network, ...kept }, kept.day)
    if (workBits(block, kept.nonce) < bits) return undefined
    if (isOld) this.shownOld.add(id)
    return { day: kept.day, nonce: kept.nonce }
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
      if (isP2PError(error, 'PROOF_OF_WORK_REQUIRED') && this.forgetOld()) return this.dial(address, signal, attempt)
      if (!isWorkNeeded(error)) throw error
      await this.prove(error.details as unknown as Demand, address, signal).catch((failure) => {
        // What all dials were ended with tells more than that they were.
        throw isP2PError(signal.reason) ? signal.reason : failure
      })
      return attempt()
    }
  }

  demand({ transport }: Connection, isConnected: (publicKey: Uint8Array) => boolean): WorkTerms | undefined {
    const { difficulty: bits = 0, identity, network, salts } = this.wiring
    return bits === 0 ? undefined : workDemand({ bits, transport, responder: identity.publicKey, network, salts, isConnected })
  }

  /** The machine has slept, so that what seemed to take too long need not have. */
  wake(): void {
    this.maxBits = this.wiring.limits.maxWorkBits
  }

  /** Ends what is under way; the next dial that needs work begins anew. */
  rest(): void {
    this.wake()
    for (const { controller } of this.jobs.values()) controller.abort()
  }

  /** False where none was shown, so that a refusal, which anybody on the way can write, costs one search a day at most. */
  private forgetOld(): boolean {
    const isAny = this.shownOld.size > 0
    for (const id of this.shownOld) this.proofs.delete(id)
    this.shownOld.clear()
    return isAny
  }

  private async prove(demand: Demand, address: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.wiring
    const { paused } = this
    if (paused.dials++ === 0) paused.since = elapsed(clock)
    try {
      while (this.find(demand, demand.responder) === undefined) {
        this.checkBits(demand.bits, address)
        await this.waitFor(this.jobs.get(hexOf(demand.responder)) ?? this.begin(demand, address), signal)
      }
    } finally {
      if (--paused.dials === 0) paused.totalMs += elapsed(clock) - paused.since
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

  private begin({ responder, salt, day, bits }: Demand, address: string): Job {
    const { clock, limits, worker, onProgress, network, identity } = this.wiring
    const id = hexOf(responder)
    let progress: WorkProgress = { hashes: 0, expectedHashes: 2 ** bits, hashesPerS: 0, elapsedMs: 0 }
    const tell = (state: ProofOfWorkEvent['state']) => onProgress({ state, bits, address, ...progress })
    const run = async (signal: AbortSignal) => {
      // By then the job is known to whom it is told.
      await null
      tell('mining')
      const { publicKey } = identity
      const proof = await mineProofOfWork({
        ...{ publicKey, responder, salt, network, day, bits, signal, worker },
        onProgress: (next) => {
          progress = next
          tell('mining')
        },
      })
      this.keep({ ...proof, responder, salt })
      this.save()
    }
    const controller = new AbortController()
    const wait = { signal: controller.signal, timeoutMs: limits.workTimeoutMs }
    // One after the other: the first is done sooner, and a page has as much of its time for itself.
    const done = this.searching
      .run(() => withDeadline(clock, 'The proof of work', wait, run))
      .then(
        () => {
          this.jobs.delete(id)
          tell('done')
        },
        (error) => {
          this.jobs.delete(id)
          tell('failed')
          if (isP2PError(error, 'TIMEOUT')) {
            this.maxBits = bits - 1
            this.checkBits(bits, address)
          }
          throw error
        },
      )
    // All who wait may have left.
    done.catch(() => {})
    const job: Job = { waiting: 0, controller, done }
    this.jobs.set(id, job)
    return job
  }

  private keep(kept: Kept): void {
    this.proofs.set(hexOf(kept.responder), kept)
  }

  private get storeKey(): string {
    return `proof-of-work/${hexOf(this.wiring.identity.publicKey)}`
  }

  private save(): void {
    const all = [...this.proofs.values()].map(({ responder, salt, day, nonce }) => joined(responder, salt, dayBytes(day), nonce))
    // A store that fails costs work, and is no reason not to connect.
    this.wiring.store.set(this.storeKey, joined(...all)).catch(() => {})
  }

  private async load(): Promise<void> {
    const stored = await this.wiring.store.get(this.storeKey).catch(() => undefined)
    for (
      let at = 0;
      stored !== undefined && at + KEPT_BYTES <= stored.length && this.proofs.size < MAX_PROOFS;
      at += KEPT_BYTES
    ) {
      const kept = stored.slice(at, at + KEPT_BYTES)
      const day = new DataView(kept.buffer).getUint32(PUBLIC_KEY_BYTES + WORK_SALT_BYTES)
      const responder = kept.subarray(0, PUBLIC_KEY_BYTES)
      const salt = kept.subarray(PUBLIC_KEY_BYTES, PUBLIC_KEY_BYTES + WORK_SALT_BYTES)
      this.keep({ responder, salt, day, nonce: kept.subarray(-WORK_NONCE_BYTES) })
    }
  }
}
