import { asP2PError } from '../../../base/errors.js'
import { JoinedSignal, type WaitOptions } from '../../../base/wait.js'
import type { StoreOutcome } from '../client/lookup.js'
import type { DhtParts } from '../client/plugin.js'
import { placeOfKey, placeOfSet, setPartOf } from '../records/key-space.js'
import { type VerifiedRecord, wireRecord } from '../records/record.js'
import type { Records } from '../records/records.js'
import type { Kademlia } from '../walk/kademlia.js'

/** A record was stored here: as a member of its set at a depth, or under its key. */
export type OnReceived = (entry: VerifiedRecord, depth: number | undefined) => void

/** Stores records at the nodes where they belong: those nearest to their key's place, and to that of their set. */
export class Spread {
  constructor(
    private readonly parts: Pick<DhtParts, 'servers'> & { readonly store: Records },
    private readonly network: Kademlia,
    private readonly onReceived: OnReceived,
  ) {}

  /** Stores a record at the nodes where it belongs, here too where we are one of them. @throws P2PError ABORTED, SHUT_DOWN. */
  async store(entry: VerifiedRecord, options: WaitOptions = {}): Promise<StoreOutcome> {
    const outcome: StoreOutcome = { stored: [], refused: [] }
    const wait = { signal: options.signal, timeoutMs: options.timeoutMs }
    const { networkName } = this.network
    const tasks: Promise<unknown>[] = [this.storeAt(placeOfKey(entry.key, networkName), entry, undefined, wait, outcome)]
    if (setPartOf(entry.key, 0, networkName) !== undefined) tasks.push(this.storeInSet(entry, 0, wait, outcome))
    await Promise.all(tasks)
    const stored = [...new Set(outcome.stored)]
    return { stored, refused: outcome.refused.filter(({ peerId }) => !stored.includes(peerId)) }
  }

  private async storeInSet(entry: VerifiedRecord, depth: number, wait: WaitOptions, outcome: StoreOutcome): Promise<void> {
    const { networkName } = this.network
    const place = placeOfSet(setPartOf(entry.key, depth, networkName)!, networkName)
    const deeper = await this.storeAt(place, entry, depth, wait, outcome)
    if (deeper > depth) await this.storeInSet(entry, deeper, wait, outcome)
  }

  /** @returns the depth to which the set there has been split; 0 where it has not. */
  private async storeAt(
    place: Uint8Array,
    entry: VerifiedRecord,
    depth: number | undefined,
    wait: WaitOptions,
    outcome: StoreOutcome,
  ): Promise<number> {
    const { servers } = this.parts
    const record = wireRecord(entry)
    if (record === undefined) return 0
    const { closest } = await this.network.nearest(place, wait)
    if (this.network.isResponsible(place)) this.storeHere(entry, depth)
    const payload = { record, ...(depth !== undefined && { depth }) }
    const end = new JoinedSignal(wait.signal)
    let deeper = 0
    await Promise.all(
      closest.map(async (contact) => {
        const { peerId } = contact
        try {
          const ask = (request: { type: string; payload: unknown }) => this.network.ask(contact, request, end.child())
          const refusal = await servers.exchanges.storeBy(payload, entry, ask, peerId)
          if (refusal === undefined) outcome.stored.push(peerId)
          else if (refusal.depth !== undefined && refusal.depth > (depth ?? refusal.depth))
            deeper = Math.max(deeper, refusal.depth)
          else outcome.refused.push(refusal)
        } catch (cause) {
          outcome.refused.push({ peerId, error: asP2PError(cause, 'NOT_STORED', 'The node did not answer as one does.') })
        }
      }),
    )
    end.release()
    return deeper
  }

  private storeHere(entry: VerifiedRecord, depth: number | undefined): void {
    try {
      this.parts.store.put(entry)
      this.onReceived(entry, depth)
    } catch {
      // A newer one is here; the others say so too.
    }
  }
}
