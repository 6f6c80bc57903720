import type { Clock } from '../base/clock.js'
import { isP2PError, P2PError } from '../base/errors.js'
import { withDeadline } from '../base/wait.js'
import type { KeyValueStore } from './key-value-store.js'

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
    for (const [key, value] of kept!) await (value === undefined ? store.delete(key) : store.set(key, value)).catch(() => {})
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
  const write = (key: string, value: Uint8Array | undefined, question: () => Promise<void>) =>
    ask(question, (memory) => void memory.set(key, value))
  return {
    get: (key) =>
      ask(
        () => store.get(key),
        (memory) => memory.get(key)?.slice(),
      ),
    set: (key, value) => write(key, value.slice(), () => store.set(key, value)),
    delete: (key) => write(key, undefined, () => store.delete(key)),
    keys: (prefix) =>
      ask(
        () => store.keys(prefix),
        (memory) => [...memory].flatMap(([key, value]) => (value !== undefined && key.startsWith(prefix) ? key : [])),
      ),
  }
}
