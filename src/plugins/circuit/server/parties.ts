import type { Alarm } from '../../../base/alarm.js'
import { BoundedMap } from '../../../base/bounded-map.js'
import type { Limits } from '../../../base/limits.js'
import { TokenBucket } from '../../../base/token-bucket.js'
import { MAX_CIRCUIT_ID } from '../frames.js'

/** A peer that has, or had, circuits here. */
export interface Party {
  readonly peerId: string
  /** The last circuit id that it was given. */
  lastId: number
  /** Its ends of circuits, by id. */
  readonly ends: Map<number, End>
  /** Circuits that it may open. */
  readonly opens: TokenBucket
  /** Circuits that may be opened to it. */
  readonly calls: TokenBucket
  /** The last unknown id that it was told of: what else is under way on it needs no second word. */
  unknown: number
  /** Such words that it may yet hear: no honest peer speaks of more circuits than it has had. */
  readonly words: TokenBucket
  /** Such words that have not left: a peer that does not read is told no more of them. */
  telling: number
  /** Its first calls after a while, which a peer that is called all the time takes nevertheless. */
  readonly firstCalls: TokenBucket
  /** Those that it takes. */
  readonly callsOfOthers: TokenBucket
}

/** Where an end is that another process of the relay has. */
export interface Elsewhere {
  readonly nodeId: string
  /** That process's number for the circuit; 0 until it has answered. */
  number: number
}

/** One end of a circuit, and the direction that leads to it. */
export interface End {
  readonly party: Party
  /** Undefined where the party is connected to this process. */
  readonly elsewhere: Elsewhere | undefined
  /** What this party calls the circuit. The other end has an id of its own. */
  readonly id: number
  readonly circuit: Circuit
  /** False until its opening is on its way: frames follow it. */
  isOpen: boolean
  /** It has closed, or was told of the close. */
  isOver: boolean
  /** The other end has closed in good order: this one hears of it behind the last frame. */
  isLast: boolean
  /** Frames given to its connection and not yet on their way: what is no frame may overtake them there. */
  leaving: number
  /** Bytes sent by the other end and not yet acknowledged by this one, counted by `costOf`. */
  unacked: number
  /** Bytes that may go on at once. One frame may overdraw it, so that the largest passes the smallest allowance. */
  readonly allowance: TokenBucket
  /** Frames that wait for it, or for the opening; the window bounds them. */
  readonly delayed: Uint8Array[]
  readonly alarm: Alarm
}

export interface Circuit {
  /** The caller's, and the called peer's. */
  ends: [End, End]
  /** Unacknowledged bytes of one direction, and bytes of one frame, at most. */
  window: number
  frameBytes: number
  /** The caller has gone on after the called peer's answer, which it needs for it. */
  isUsed: boolean
  /** Bytes carried in both directions. */
  bytes: number
  /** Rings at the end of its time. */
  readonly alarm: Alarm
}

/** Who is at one end of a circuit that begins. */
export interface Side {
  readonly party: Party
  readonly elsewhere?: Elsewhere | undefined
}

export interface Opened {
  circuit: Circuit
  /** The caller's end, and the called peer's. */
  near: End
  far: End
}

/** What a circuit allows, as both ends are told. */
export interface Bounds {
  window: number
  frameBytes: number
}

/** The peers with circuits through a relay. */
export class Parties {
  /** By peer id. */
  private readonly parties = new Map<string, Party>()
  /**
   * Those that are gone. A peer that comes back before it has noticed the loss may still speak of circuits that it had: no other circuit
   * has their ids. And to come back fills no budget.
   */
  private readonly gone: BoundedMap<string, Party>

  constructor(private readonly limits: Limits) {
    this.gone = new BoundedMap(limits.maxRateBuckets)
  }

  get(peerId: string): Party | undefined {
    return this.parties.get(peerId)
  }

  /** @param now by `elapsed`. */
  of(peerId: string, now: number): Party {
    const known = this.parties.get(peerId)
    if (known !== undefined) return known
    const { circuitOpensPerS, circuitOpenBurst, circuitCallsPerS, circuitCallBurst } = this.limits
    const party = this.gone.get(peerId) ?? {
      peerId,
      lastId: 0,
      ends: new Map(),
      opens: new TokenBucket(circuitOpensPerS, circuitOpenBurst, now, 1),
      calls: new TokenBucket(circuitCallsPerS, circuitCallBurst, now, 1),
      unknown: 0,
      words: new TokenBucket(circuitOpensPerS + circuitCallsPerS, circuitOpenBurst + circuitCallBurst, now, 1),
      telling: 0,
      firstCalls: new TokenBucket(circuitOpensPerS / 100, circuitOpenBurst / 32, now, 1),
      callsOfOthers: new TokenBucket(circuitCallsPerS / 2, circuitCallBurst / 4, now, 1),
    }
    this.gone.delete(peerId)
    this.parties.set(peerId, party)
    return party
  }

  /** A peer has disconnected. */
  remove(peerId: string): void {
    const party = this.parties.get(peerId)
    this.parties.delete(peerId)
    // On a new connection the count may begin anew.
    if (party !== undefined && party.lastId < MAX_CIRCUIT_ID / 2) this.gone.set(peerId, party)
  }
}

/** The end that what comes from this one goes to. */
export function otherOf(end: End): End {
  const [near, far] = end.circuit.ends
  return near === end ? far : near
}
