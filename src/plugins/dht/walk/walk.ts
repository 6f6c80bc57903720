import { type Clock, elapsed, type Timer } from '../../../base/clock.js'
import { abortedError, asP2PError } from '../../../base/errors.js'
import type { TraceStep } from '../client/lookup.js'
import { commonBits, compareDistance } from '../records/key-space.js'
import type { Contact } from './contact.js'

export interface WalkOptions {
  clock: Clock
  target: Uint8Array
  /** Where to begin, nearest first; those farther away are asked where the nearer ones lead to too few. */
  seeds: Contact[]
  /** Nodes that answer at once, being connected: asked first of all. */
  warm?: Contact[] | undefined
  /** Nodes wanted at most. */
  count: number
  /**
   * Each path goes on until its own `count` nearest have answered: accomplices that name each other cannot end it early. Else the
   * paths share the work, for who wants the nearest and will ask them again.
   */
  thorough?: boolean | undefined
  /** Questions under way at once; with several paths two of each, where this is more than one. */
  concurrency: number
  /** Disjoint paths. */
  paths: number
  /** Asks one node for those that it knows nearest to the target. What it throws counts against the node. */
  ask(contact: Contact, signal: AbortSignal): Promise<Contact[]>
  /** How long until a question counts as slow, and another node is asked beside it, milliseconds. */
  slowAfterMs(contact: Contact): number
  /** Whether what has come is all that is wanted. */
  isEnough(): boolean
  signal: AbortSignal
}

export interface WalkResult {
  /** Those that answered, nearest first; at most `count`. */
  closest: Contact[]
  /** Hops of the answer that ended it, or of the nearest node where all were asked. */
  hops: number
  steps: TraceStep[]
}

interface Candidate {
  readonly contact: Contact
  readonly hop: number
  hasFailed: boolean
}

interface Path {
  readonly index: number
  /** By distance, nearest first. */
  readonly candidates: Candidate[]
  readonly known: Set<string>
  underWay: number
  slow: number
  /** Of those under way and not slow, how many are warm. */
  warm: number
}

/**
 * Walks the network towards a place: asks the nearest nodes known for nearer ones, until the nearest have all been asked
 * (Maymounkov and Mazières, "Kademlia", 2002, §2.3). Several paths walk at once, and no node is on two of them (Baumgart and
 * Mies, "S/Kademlia", 2007, §4.4): a liar can mislead only the path that it is on.
 *
 * @throws P2PError ABORTED where the signal fires and `isEnough` is false.
 */
export function walk(options: WalkOptions): Promise<WalkResult> {
  return new Promise((resolve, reject) => new Walk(options, resolve, reject).begin())
}

class Walk {
  private readonly paths: Path[]
  /** By peer id, of the path that has asked it. */
  private readonly asked = new Map<string, Candidate>()
  private readonly answered: { contact: Contact; hop: number }[] = []
  private readonly steps: TraceStep[] = []
  private readonly timers = new Set<Timer>()
  /** One for each question under way: a signal with many listeners makes Node warn of a leak. */
  private readonly underWay = new Set<AbortController>()
  private readonly startedAt: number
  /** Of those nearest to the target, how many one path asks. */
  private readonly reach: number
  private readonly width: number
  private ended = false

  constructor(
    private readonly wiring: WalkOptions,
    private readonly resolve: (result: WalkResult) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    const { clock, seeds, count, concurrency } = wiring
    const paths = Math.max(1, Math.min(wiring.paths, seeds.length))
    this.startedAt = elapsed(clock)
    this.paths = Array.from({ length: paths }, (_, index) => ({
      index,
      candidates: [],
      known: new Set(),
      underWay: 0,
      slow: 0,
      warm: 0,
    }))
    this.reach = wiring.thorough ? count : Math.ceil(count / paths)
    // One that is slow must not hold up its whole path.
    this.width = Math.min(concurrency, Math.max(2, Math.ceil(concurrency / paths)))
    seeds.forEach((contact, i) => {
      this.learn(this.paths[i % paths]!, contact, 1)
    })
  }

  begin(): void {
    const { signal } = this.wiring
    if (signal.aborted) {
      this.abort()
      return
    }
    signal.addEventListener('abort', this.abort)
    for (const [i, contact] of (this.wiring.warm ?? []).entries()) {
      const path = this.paths[i % this.paths.length]!
      if (this.asked.has(contact.peerId)) continue
      this.learn(path, contact, 1)
      const candidate = path.candidates.find((other) => other.contact.peerId === contact.peerId)
      if (candidate !== undefined) this.ask(path, candidate, true)
    }
    this.goOn()
  }

  /** Who ends a walk because it has enough does not give it up: the walk tells how it went. */
  private readonly abort = (): void => {
    if (this.wiring.isEnough()) this.finish(this.answered.at(-1)?.hop)
    else if (this.end()) this.reject(abortedError('The lookup', this.wiring.signal.reason))
  }

  private learn(path: Path, contact: Contact, hop: number): boolean {
    if (path.known.has(contact.peerId)) return false
    path.known.add(contact.peerId)
    const { target } = this.wiring
    let at = path.candidates.length
    while (at > 0 && compareDistance(target, contact.id, path.candidates[at - 1]!.contact.id) < 0) at--
    path.candidates.splice(at, 0, { contact, hop, hasFailed: false })
    return true
  }

  /**
   * Asks as many as may be asked at once; a slow one does not hold up the others. As long as one that answers at once is under
   * way, nobody is dialled: what it names is likely to be nearer.
   */
  private advance(path: Path): void {
    while (!this.ended && path.warm === 0 && path.underWay - path.slow < this.width) {
      const next = this.nextOf(path)
      if (next === undefined) return
      this.ask(path, next)
    }
  }

  /** A path ends once `reach` of its nearest were asked by it, and `count` by it and the others. */
  private nextOf(path: Path): Candidate | undefined {
    let own = 0
    let all = 0
    for (const candidate of path.candidates) {
      const asked = this.asked.get(candidate.contact.peerId)
      if (asked === undefined) return candidate
      if (asked.hasFailed) continue
      if (asked === candidate) own++
      if (++all >= this.wiring.count && own >= this.reach) return undefined
    }
    return undefined
  }

  private ask(path: Path, candidate: Candidate, isWarm = false): void {
    const { clock, target, slowAfterMs } = this.wiring
    const { contact, hop } = candidate
    this.asked.set(contact.peerId, candidate)
    path.underWay++
    if (isWarm) path.warm++
    const startedMs = elapsed(clock) - this.startedAt
    const step: TraceStep = {
      peerId: contact.peerId,
      address: contact.address,
      path: path.index,
      hop,
      bits: commonBits(target, contact.id),
      startedMs,
      learned: 0,
    }
    this.steps.push(step)
    let isSlow = false
    const timer = clock.setTimeout(() => {
      this.timers.delete(timer)
      isSlow = true
      path.slow++
      if (isWarm) path.warm--
      this.advance(path)
    }, slowAfterMs(contact))
    this.timers.add(timer)
    const controller = new AbortController()
    this.underWay.add(controller)
    const done = () => {
      clock.clearTimeout(timer)
      this.underWay.delete(controller)
      this.timers.delete(timer)
      path.underWay--
      if (isSlow) path.slow--
      else if (isWarm) path.warm--
      step.tookMs = elapsed(clock) - this.startedAt - startedMs
    }
    this.wiring.ask(contact, controller.signal).then(
      (closer) => {
        if (this.ended) return
        done()
        this.answered.push({ contact, hop })
        for (const other of closer) if (this.learn(path, other, hop + 1)) step.learned++
        if (this.wiring.isEnough()) return this.finish(hop)
        this.goOn()
      },
      (error) => {
        if (this.ended) return
        done()
        candidate.hasFailed = true
        step.error = asP2PError(error, 'HANDLER_FAILED', '').code
        this.goOn()
      },
    )
  }

  private goOn(): void {
    for (const path of this.paths) this.advance(path)
    if (this.paths.every(({ underWay }) => underWay === 0)) this.finish()
  }

  private finish(hops?: number): void {
    if (!this.end()) return
    const { target, count } = this.wiring
    const sorted = this.answered.sort((a, b) => compareDistance(target, a.contact.id, b.contact.id))
    const closest = sorted.slice(0, count).map(({ contact }) => contact)
    this.resolve({ closest, hops: hops ?? sorted[0]?.hop ?? 0, steps: this.steps })
  }

  private end(): boolean {
    if (this.ended) return false
    this.ended = true
    for (const timer of this.timers) this.wiring.clock.clearTimeout(timer)
    this.timers.clear()
    this.wiring.signal.removeEventListener('abort', this.abort)
    for (const controller of this.underWay) controller.abort()
    this.underWay.clear()
    return true
  }
}
