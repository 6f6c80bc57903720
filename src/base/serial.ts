import { LazyMap } from './lazy-map.js'
/**
 * Runs tasks one after the other, in the order of the calls. The first begins at once; a task that fails holds up none behind it.
 *
 * @example
 * const serial = new Serial()
 * const first = serial.run(() => sign(a))
 * const second = serial.run(() => sign(b)) // signs when the first is done
 */
export class Serial {
  /** Settles with the last task; undefined while none runs or waits. */
  private last: Promise<void> | undefined

  /** True while no task runs or waits. */
  get isIdle(): boolean {
    return this.last === undefined
  }

  /**
   * @param task an async function.
   * @returns what the task resolves to, or rejects with.
   */
  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.last === undefined ? task() : this.last.then(task)
    const done = () => {
      if (this.last === last) this.last = undefined
    }
    const last: Promise<void> = result.then(done, done)
    this.last = last
    return result
  }
}

/** A {@link Serial} for each key, kept only while it is in use. */
export class SerialByKey<Key = string> {
  private readonly lines = new LazyMap<Key, Serial>()

  /** Keys for which a task runs or waits. */
  get size(): number {
    return this.lines.size
  }

  run<T>(key: Key, task: () => Promise<T>): Promise<T> {
    const line = this.lines.get(key) ?? new Serial()
    this.lines.set(key, line)
    const result = line.run(task)
    const done = () => {
      if (line.isIdle && this.lines.get(key) === line) this.lines.delete(key)
    }
    result.then(done, done)
    return result
  }
}
