// The rule of rounds among members that are only a few lines each: who says what to whom when is chosen by the test, and signatures are
// a matter of honour. What the honest ones do is `StatementRounds` itself.
import type { Clock } from '../../src/base/clock.js'
import { taggedHash } from '../../src/identity/envelope.js'
import { GO, ITEM, StatementRounds } from '../../src/statements/statement-rounds.js'

export const DEADLINE_MS = 5_000

/** What a hostile member says to one honest one, at some time. */
export interface HostileMove {
  atMs: number
  by: number
  to: number
  round: number
  slot: typeof ITEM | typeof GO
  /** 0 and 1: what would be right if all hostile items were of this kind; 2: nonsense. */
  kind: 0 | 1 | 2
}

export interface ModelOptions {
  members: number
  hostile: number
  /** For each round whether it is `ready`. */
  rounds: readonly boolean[]
  /** By how much each honest member begins late, milliseconds. */
  skewMs: (place: number) => number
  /** How long a message between honest members takes, milliseconds. */
  delayMs: () => number
  moves: readonly HostileMove[]
}

export interface Outcome {
  place: number
  /** Ids of all items, where all rounds were completed. */
  items?: string
  /** Those that were named, where not. */
  named?: readonly number[]
  round: number
}

interface Said {
  by: number
  round: number
  slot: string
  value: Uint8Array
}

class Queue implements Clock {
  private at = 0
  private counter = 0
  private readonly events: { at: number; order: number; call: (() => void) | undefined }[] = []
  now = () => this.at
  setTimeout(call: () => void, delayMs: number) {
    const event = { at: this.at + delayMs, order: this.counter++, call: call as (() => void) | undefined }
    let low = 0
    for (let high = this.events.length; low < high; ) {
      const middle = (low + high) >> 1
      const other = this.events[middle]!
      if (other.at < event.at || (other.at === event.at && other.order < event.order)) high = middle
      else low = middle + 1
    }
    this.events.splice(low, 0, event)
    return event
  }
  clearTimeout(event: unknown) {
    ;(event as { call: unknown }).call = undefined
  }
  run() {
    for (let event = this.events.pop(); event !== undefined; event = this.events.pop()) {
      this.at = event.at
      if (this.counter > 200_000) throw new Error('The model runs for ever.')
      event.call?.()
    }
  }
}

const key = (round: number, by: number, slot: string) => (round * 100 + by) * 2 + (slot === GO ? 1 : 0)
const idOf = ({ by, round, value }: Said) => Uint8Array.of(by, round, ...value)
const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0

/** What a member that is not liar-proof would hold, were all hostile items of one kind: ids by round, `ready` and digest of each. */
function expected({ members, hostile, rounds }: ModelOptions, kind: number) {
  const ids: Uint8Array[] = []
  return rounds.map((isReady, round) => {
    const ready = isReady ? taggedHash('statement-ready', 'lotus', ...ids) : undefined
    const found = Array.from({ length: members }, (_, by) =>
      idOf({ by, round, slot: ITEM, value: ready ?? Uint8Array.of(by < members - hostile ? 0 : kind) }),
    )
    ids.push(...found)
    return { ready, digest: ready ?? taggedHash('statement-go', 'lotus', ...found) }
  })
}

class Member {
  readonly held = new Map<number, Said>()
  readonly liars = new Set<number>()
  readonly preferred = new Map<number, Uint8Array>()
  outcome: Outcome | undefined
  readonly rounds: StatementRounds
  private readonly honest: number

  constructor(
    private readonly place: number,
    options: ModelOptions,
    clock: Clock,
    private readonly net: {
      tell(from: number, said: Said[], to?: number, delays?: number): void
      accuse(from: number, liar: number): void
      ask(from: number, to: number, round: number, items: readonly number[]): void
    },
  ) {
    const { members, hostile, rounds } = options
    this.honest = members - hostile
    const look = (round: number, by: number, slot: string, value: Uint8Array | undefined) => {
      const said = this.held.get(key(round, by, slot))
      return said && (value === undefined || same(said.value, value)) ? said : undefined
    }
    this.rounds = new StatementRounds({
      clock,
      network: 'lotus',
      members,
      own: place,
      rounds: rounds.map((isReady) => ({
        isReady,
        deadlineMs: DEADLINE_MS,
        owing: () => Array.from({ length: members }, (_, i) => i),
      })),
      item: (round, by, value) => {
        const said = look(round, by, ITEM, value)
        return said && idOf(said)
      },
      go: (round, by, value) => look(round, by, GO, value)?.value,
      begin: (round, value) => {
        if (value !== undefined) this.preferred.set(round, value)
        this.say(round, ITEM, value ?? Uint8Array.of(0))
      },
      complete: (round, digest, late) => {
        this.say(round, GO, digest)
        if (late)
          net.tell(
            place,
            [...this.held.values()].filter((said) => said.round === round),
          )
      },
      ask: (round, to, items) => {
        net.ask(place, to, round, items)
        return true
      },
      onProgress: () => {},
      stop: (_, places) => this.end({ named: this.liars.size > 0 ? [...this.liars] : places }),
      end: () =>
        this.end({
          items: [...this.held.values()]
            .filter((s) => s.slot === ITEM)
            .map((s) => Buffer.from(idOf(s)).toString('hex'))
            .sort()
            .join(),
        }),
      leave: () => {},
    })
  }

  /** Takes in what somebody has said, as `StatementBoard` does. */
  hear(said: Said): void {
    const name = key(said.round, said.by, said.slot)
    const held = this.held.get(name)
    if (held !== undefined && same(held.value, said.value)) return
    const preferred = this.preferred.get(said.round)
    const isPreferred = preferred !== undefined && same(preferred, said.value)
    if (held === undefined || isPreferred) {
      this.held.set(name, said)
      // What the others lack they get by comparing digests; what honest ones say comes to all anyway.
      if (said.by >= this.honest) this.net.tell(this.place, [said], undefined, 4)
    }
    if (held !== undefined && !this.liars.has(said.by)) this.net.accuse(this.place, said.by)
    this.rounds.look()
  }

  convict(liar: number): void {
    if (this.liars.has(liar)) return
    this.liars.add(liar)
    this.net.accuse(this.place, liar)
    if (!this.rounds.isCommitted) this.end({ named: [...this.liars] })
  }

  show(round: number, items: readonly number[]): Said[] {
    return items.map((by) => this.held.get(key(round, by, ITEM))).filter((said) => said !== undefined)
  }

  private say(round: number, slot: string, value: Uint8Array): void {
    const said = { by: this.place, round, slot, value }
    this.held.set(key(round, this.place, slot), said)
    this.net.tell(this.place, [said])
  }

  private end(outcome: Pick<Outcome, 'items' | 'named'>): void {
    if (this.outcome !== undefined) return
    this.outcome = { place: this.place, round: this.rounds.at, ...outcome }
    if (outcome.items === undefined) this.rounds.close()
  }
}

/** Runs the schedule to its end. @returns what became of each honest member; they have the first places. */
export function runModel(options: ModelOptions): Outcome[] {
  const { members, hostile, delayMs, skewMs, moves } = options
  const clock = new Queue()
  const honest: Member[] = []
  const later = (call: () => void, delays = 1) => {
    let ms = 0
    for (let i = 0; i < delays; i++) ms += delayMs()
    clock.setTimeout(call, ms)
  }
  const net = {
    tell(from: number, said: Said[], to?: number, delays = 1) {
      for (const other of to === undefined ? honest : [honest[to]!]) {
        if (other === honest[from]) continue
        later(() => {
          // Who has ended listens no more, but shows what it has.
          if (other.outcome === undefined) for (const each of said) other.hear(each)
        }, delays)
      }
    },
    accuse(from: number, liar: number) {
      honest[from]!.convict(liar)
      for (const other of honest) later(() => other.outcome === undefined && other.convict(liar))
    },
    ask(from: number, to: number, round: number, items: readonly number[]) {
      const asked = honest[to]
      if (asked !== undefined) later(() => net.tell(to, asked.show(round, items), from))
    },
  }
  const kinds = [expected(options, 0), expected(options, 1)]
  for (let place = 0; place < members - hostile; place++) honest.push(new Member(place, options, clock, net))
  for (const member of honest) clock.setTimeout(() => member.rounds.start(), skewMs(honest.indexOf(member)))
  for (const { atMs, by, to, round, slot, kind } of moves) {
    const right = kinds[kind]?.[round]
    const value =
      (slot === GO ? right?.digest : (right?.ready ?? (options.rounds[round] ? undefined : Uint8Array.of(kind)))) ??
      Uint8Array.of(9)
    clock.setTimeout(() => {
      if (honest[to]!.outcome === undefined) honest[to]!.hear({ by, round, slot, value })
    }, atMs)
  }
  clock.run()
  return honest.map((member) => member.outcome ?? { place: -1, round: member.rounds.at })
}
