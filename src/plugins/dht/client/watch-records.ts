import type { Limits } from '../../../base/limits.js'
import type { Random } from '../../../base/random.js'
import { type RecordSource, RecordWatches } from '../records/record-watches.js'
import type { HashTable } from './hash-table.js'

/**
 * Lets a DHT watch records: its own, and those that a source tells of.
 *
 * @param source makes or finds it, for the first watch.
 * @param random draws which records are let go where more are under watch than may be kept.
 */
export function watchRecords(dht: HashTable, limits: Limits, source: () => RecordSource | undefined, random?: Random): void {
  dht.setWatches(() => {
    const { clock, store } = dht
    const watches = new RecordWatches(clock, limits, store, (cause) => dht.listenerFailed(cause), random)
    const others = source()
    if (others !== undefined) watches.addSource(others)
    return watches
  })
}
