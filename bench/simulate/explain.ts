import type { CoreCoordinator } from '../../src/core-coordinator.js'
import type { TraceStep } from '../../src/plugins/dht/client/lookup.js'
import { compareDistance, placeOfKey } from '../../src/plugins/dht/records/key-space.js'
import { walkOf } from '../../src/plugins/dht/walk/attached.js'
import type { Contact } from '../../src/plugins/dht/walk/contact.js'

/** A node of the simulation, as far as an explanation needs it. */
export interface Explained {
  readonly host: string
  readonly peer: CoreCoordinator
  readonly contact: Contact
  /** What it lies with; undefined for an honest one. */
  readonly lie: string | undefined
}

/** What each node named when it was asked during one lookup, by peer id. */
export type Named = Map<string, Contact[]>

/** Remembers what the nodes that a seeker asks name, until it is stopped. */
export function watchAnswers(peer: CoreCoordinator): { readonly named: Named; stop(): void } {
  const { network } = walkOf(peer.dht)!
  const named: Named = new Map()
  const original = network.contactsFrom
  network.contactsFrom = function (wire, target, teller) {
    const contacts = original.call(this, wire, target, teller)
    named.set(teller.peerId, contacts)
    return contacts
  }
  return { named, stop: () => Reflect.deleteProperty(network, 'contactsFrom') }
}

/**
 * Why a lookup did not find its record, line by line: who is nearest to the record and who of them holds it; what the seeker's table
 * held; whom each path asked, and what was answered.
 */
export function explain(
  seeker: Explained,
  key: string,
  all: readonly Explained[],
  steps: readonly TraceStep[],
  named: Named,
): string {
  const place = placeOfKey(key, 'lotus')
  const byId = new Map(all.map((node) => [node.contact.peerId, node]))
  const sorted = [...all].sort((a, b) => compareDistance(place, a.contact.id, b.contact.id))
  const rank = new Map(sorted.map(({ contact }, i) => [contact.peerId, i + 1]))
  const holds = ({ peer, lie }: Explained) => lie === undefined && [...peer.dht.store.scan(key)].length > 0
  const holders = sorted.filter(holds)
  const kindOf = (peerId: string) => {
    const node = byId.get(peerId)
    if (node === undefined) return 'phantom'
    return node.lie ?? (holds(node) ? 'HOLDER' : 'honest')
  }
  const tally = (contacts: readonly Pick<Contact, 'peerId'>[]) => {
    const counts = new Map<string, number>()
    for (const { peerId } of contacts) counts.set(kindOf(peerId), (counts.get(kindOf(peerId)) ?? 0) + 1)
    return [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ') || 'nobody'
  }
  const { table } = walkOf(seeker.peer.dht)!.network
  const lines = [
    `${key}, sought by ${seeker.host} (${rank.get(seeker.contact.peerId)} of all by distance)`,
    `  the 20 nearest: ${tally(sorted.slice(0, 20).map(({ contact }) => contact))}`,
    `  holders by distance: ${holders.map(({ contact }) => rank.get(contact.peerId)).join(' ') || 'none'}`,
    `  the table: ${tally(table.all())}; met: ${tally(table.met())}; nearest 20 of it: ${tally(table.closest(place, 20))}`,
    `  buckets: ${table
      .getStats()
      .map(({ bits, nodes }) => `${bits}: ${nodes} (${tally(table.inBucket(bits))})`)
      .join('; ')}`,
  ]
  for (const { path, hop, peerId, startedMs, tookMs, error, learned } of steps) {
    const answer = error ?? `${learned} new of ${named.get(peerId)?.length ?? '–'} (${tally(named.get(peerId) ?? [])})`
    const time = `${Math.round(startedMs)}+${tookMs === undefined ? '…' : Math.round(tookMs)} ms`
    lines.push(`  path ${path} hop ${hop}: ${kindOf(peerId)} no. ${rank.get(peerId) ?? '–'}, ${time}: ${answer}`)
  }
  return `${lines.join('\n')}\n`
}
