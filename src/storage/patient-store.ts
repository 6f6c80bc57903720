import type { Clock } from '../base/clock.js'
import { isP2PError, P2PError } from '../base/errors.js'
import { withDeadline } from '../base/wait.js'
import { copiesOf, type KeyValueStore, type StoreChange } from './key-value-store.js'

/**
 * A store for those who cannot wait for ever. One that has not answered in time is replaced by memory until it answers: what is written
 * meanwhile is written there then, and nothing is read from it.
 *
 * @param onSilent told once each time that the store falls silent.
 */
export function patientStore(
  store: KeyValueStore,
  { clock, timeoutMs, onSilent }: { clock: Clock; timeoutMs: number; onSilent(error: P2PError): void },
): KeyValueStore {
  /** What was written, or deleted (undefined), while the store is silent; undefined while it answers. */
  let kept: Map<string, Uint8Array | undefined> | undefined
  const recovered = async () => {
    const changes = [...kept!].map(([key, value]): StoreChange => (value === undefined ? { key, delete: true } : { key, value }))
    try {
      await store.batch(changes)
    } catch {}
    kept = undefined
  }
  const ask = async <T>(
    question: () => Promise<T>,
    otherwise: (memory: Map<string, Uint8Array | undefined>) => T,
  ): Promise<T> => {
    if (kept !== undefined) return otherwise(kept)
    const answer = question()
    try {
      return await withDeadline(clock, 'The store', { timeoutMs }, () => answer)
    } catch (error) {
      if (!isP2PError(error, 'TIMEOUT')) throw error
      if (kept === undefined) {
        kept = new Map()
        answer.then(recovered, recovered)
        const message = `P2PConfig.store has not answered for ${timeoutMs} ms. What it keeps is in memory until it does.`
        onSilent(new P2PError('STORAGE_FAILED', message, { cause: error }))
      }
      return otherwise(kept)
    }
  }
  const batch: KeyValueStore['batch'] = (changes, options) => {
    const copies = copiesOf(changes)
    return ask(
      () => store.batch(copies, options),
      (memory) => {
        for (const change of copies) memory.set(change.key, 'delete' in change ? undefined : change.value)
      },
    )
  }
  return {
    ...(store.name !== undefined && { name: store.name }),
    get: (key) =>
      ask(
        () => store.get(key),
        (memory) => memory.get(key)?.slice(),
      ),
    set: (key, value) => batch([{ key, value }]),
    delete: (key) => batch([{ key, delete: true }]),
    batch,
    keys: (prefix) =>
      ask(
        () => store.keys(prefix),
        (memory) => [...memory].flatMap(([key, value]) => (value !== undefined && key.startsWith(prefix) ? key : [])),
      ),
  }
}
