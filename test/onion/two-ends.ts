import { decodePeerId } from '../../src/identity/peer-id.js'
import { RelayChild } from '../node/relay-child.js'
import type { Overheard } from './overhearing-relay.js'
import { FEW_BITS } from './wallets.js'

/** Bytes that two byte strings have in common only where one was made of the other. */
const WINDOW_BYTES = 16

/** Six relay processes of three operators, which tell what they have read of the onion. */
export async function overhearingRelays(): Promise<RelayChild[]> {
  const relays: RelayChild[] = []
  for (let i = 0; i < 6; i++) {
    const options = {
      allowPrivate: true,
      bootstrap: relays.map(({ url }) => url),
      onion: { operator: `operator${i % 3}`, bits: FEW_BITS, loops: false },
      mail: true,
      limits: { onionHopDirectoryMs: 500, onionHopDirectoryMinMs: 100 },
    }
    relays.push(await RelayChild.start(options as never, [], '../onion/overhearing-relay.ts'))
  }
  return relays
}

/** What each relay has read since it was asked last, by its id. */
export async function overheardBy(relays: readonly RelayChild[]): Promise<Map<string, Overheard[]>> {
  const told = relays.map(async (relay) => [relay.peerId, await relay.ask<Overheard[]>({ tell: 'overheard' })] as const)
  return new Map(await Promise.all(told))
}

/** What relays have read of one request, as far as it says something of its ends. */
export interface TwoEnds {
  /** Ids of those who have sent packets and are no relays: entry identities. */
  entries: string[]
  /** Ids of relays that have read a packet of an entry identity, and of those that have read what an exit is asked. */
  guards: string[]
  exits: string[]
  /** From whom exits have had what they were asked. */
  askers: string[]
  /** Byte strings, in hex, that stand on both sides: in what guards, and in what exits have read, though all of them are put together. */
  shared: string[]
  /** Which of some names and keys exits have read, which guards, and which anybody. */
  readByExits: string[]
  readByGuards: string[]
  read: string[]
}

/**
 * Puts together what relay processes have read of requests through the onion.
 *
 * @param names texts and keys (in hex, with `0x` before them) to look for.
 */
export function twoEnds(overheard: ReadonlyMap<string, readonly Overheard[]>, names: readonly string[]): TwoEnds {
  const relays = new Set(overheard.keys())
  const entries = new Set<string>()
  const guards = new Set<string>()
  const exits = new Set<string>()
  const askers = new Set<string>()
  const atGuards: string[] = []
  const atExits: string[] = []
  const anywhere: string[] = []
  for (const [relay, all] of overheard) {
    for (const { what, from, parts } of all.filter(({ what }) => !what.startsWith('beside:'))) {
      anywhere.push(...parts, hexOfId(from))
      const isOfEntry = from !== undefined && !relays.has(from)
      if (what === 'peeled:exit') {
        exits.add(relay)
        askers.add(from ?? relay)
        atExits.push(...parts)
      } else if (what.startsWith('peeled:')) {
        if (isOfEntry) {
          entries.add(from)
          guards.add(relay)
        }
        // A packet of an entry identity, and one that ends in an inbox: tag and id of its reply block are read here.
        if (isOfEntry || what === 'peeled:inbox') atGuards.push(...parts, hexOfId(from))
      } else if (what === 'inbox') atGuards.push(...parts, hexOfId(from))
      // What the peer that was asked says to the exit.
      else if (what !== 'packet') atExits.push(...parts, hexOfId(from))
    }
  }
  // Relays are known to all: the id of one is nobody's.
  const own = new Set([...relays].map((relay) => hexOfId(relay)))
  const windows = new Set(atGuards.filter((part) => !own.has(part)).flatMap(windowsOf))
  const shared = atExits.flatMap((part) => windowsOf(part).filter((window) => windows.has(window)))
  const among = (parts: readonly string[]) => names.filter((name) => parts.some((part) => part.includes(hexOfName(name))))
  return {
    ...{ entries: [...entries], guards: [...guards], exits: [...exits], askers: [...askers] },
    ...{ shared, readByExits: among(atExits), readByGuards: among(atGuards), read: among(anywhere) },
  }
}

/** Which of these names and keys stand in what somebody has told relays over its own connections. @param id its `lp1…` id. */
export function toldBy(id: string, overheard: ReadonlyMap<string, readonly Overheard[]>, names: readonly string[]): string[] {
  const parts = [...overheard.values()].flat().flatMap(({ from, parts }) => (from === id ? parts : []))
  return names.filter((name) => parts.some((part) => part.includes(hexOfName(name))))
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const hexOfId = (id: string | undefined) => (id === undefined ? '' : hex(decodePeerId(id)))
const hexOfName = (name: string) => (name.startsWith('0x') ? name.slice(2) : hex(Buffer.from(name)))

function windowsOf(part: string): string[] {
  return Array.from({ length: Math.max(0, part.length / 2 - WINDOW_BYTES + 1) }, (_, i) =>
    part.slice(2 * i, 2 * (i + WINDOW_BYTES)),
  )
}
