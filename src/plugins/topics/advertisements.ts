import { Alarm } from '../../base/alarm.js'
import type { Clock } from '../../base/clock.js'
import { LazyMap } from '../../base/lazy-map.js'
import type { Limits } from '../../base/limits.js'

/** Names in one message: nobody sends more, and a longer list is malformed. */
export const NAMES_AT_ONCE = 256
/** Neighbours remembered to have one missing message. */
const MAX_HOLDERS = 8

interface Missing {
  readonly topic: string
  readonly holders: string[]
  readonly alarm: Alarm
}

export interface AdvertisementsOptions {
  clock: Clock
  limits: Limits
  /** Sends what is advertised to a neighbour. */
  send(peerId: string, list: [topic: string, id: string][]): void
  /** Asks a neighbour for a message, and to push that topic from then on. */
  graft(peerId: string, topic: string, id: string): void
  drop(cause: string): void
}

/** What is told of by its name only: what we have for slow or pruned neighbours, and what they have and we miss. */
export class Advertisements {
  /** To be sent, by neighbour. */
  private readonly haves = new LazyMap<string, [topic: string, id: string][]>()
  /** Advertised messages that have not come. */
  private readonly missing = new LazyMap<string, Missing>()
  private readonly alarm: Alarm

  constructor(private readonly wiring: AdvertisementsOptions) {
    this.alarm = new Alarm(wiring.clock, () => {
      const haves = [...this.haves]
      this.haves.clear()
      for (const [peerId, list] of haves) wiring.send(peerId, list)
    })
  }

  advertise(peerId: string, topic: string, id: string): void {
    const waiting = this.haves.get(peerId) ?? []
    // What a slow neighbour does not hear of is in the history.
    if (waiting.length >= NAMES_AT_ONCE) {
      this.wiring.drop('SLOW')
      return
    }
    this.haves.set(peerId, waiting)
    waiting.push([topic, id])
    this.alarm.armOnce(this.wiring.limits.topicHaveDelayMs)
  }

  /** A neighbour has a message that we miss. False where too many are missing already. */
  heard(from: string, topic: string, id: string): boolean {
    const { clock, limits, drop } = this.wiring
    const known = this.missing.get(id)
    if (known !== undefined) {
      if (known.holders.length < MAX_HOLDERS && !known.holders.includes(from)) known.holders.push(from)
      return true
    }
    if (this.missing.size >= limits.maxTopicMissing) {
      drop('MISSING')
      return false
    }
    const alarm = new Alarm(clock, () => this.ask(id))
    this.missing.set(id, { topic, holders: [from], alarm })
    alarm.arm(limits.topicGraftMs)
    return true
  }

  /** A message has come. */
  arrived(id: string): void {
    this.missing.get(id)?.alarm.disarm()
    this.missing.delete(id)
  }

  /** A neighbour is gone. */
  forget(peerId: string): void {
    this.haves.delete(peerId)
  }

  close(): void {
    this.alarm.disarm()
    for (const id of [...this.missing.keys()]) this.arrived(id)
    this.haves.clear()
  }

  /** Asks those who have a missing message, one after the other. */
  private ask(id: string): void {
    const missing = this.missing.get(id)
    const holder = missing?.holders.shift()
    if (missing === undefined || holder === undefined) {
      this.arrived(id)
      return
    }
    this.wiring.graft(holder, missing.topic, id)
    missing.alarm.arm(this.wiring.limits.topicGraftMs)
  }
}
