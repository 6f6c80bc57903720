import { SerialByKey } from '../base/serial.js'

/**
 * Something that is opened at its first use, and anew after an opening that failed: what stood in the way may be gone by then. Keeps the
 * changes of one key in order, and is closed once all calls under way are over.
 */
export class OpenedOnUse<Resource> {
  private readonly turns = new SerialByKey()
  private readonly running = new Set<Promise<unknown>>()
  private opened: Promise<Resource> | undefined

  constructor(private readonly open: () => Promise<Resource>) {}

  /** What is open, or being opened; undefined before the first use and after the end. */
  get current(): Promise<Resource> | undefined {
    return this.opened
  }

  run<T>(action: (opened: Resource) => Promise<T>): Promise<T> {
    return this.tracked(this.use(action))
  }

  /** One change of what a key stands for, after those before it. */
  change<T>(key: string, action: (opened: Resource) => Promise<T>): Promise<T> {
    return this.tracked(this.turns.run(key, () => this.use(action)))
  }

  /** Waits for the calls under way, and closes what is open. */
  async close(shut: (opened: Resource) => unknown): Promise<void> {
    while (this.running.size > 0) await Promise.allSettled(this.running)
    const closing = this.opened
    this.opened = undefined
    await closing?.then(shut, () => {})
  }

  private tracked<T>(result: Promise<T>): Promise<T> {
    this.running.add(result)
    const done = () => void this.running.delete(result)
    result.then(done, done)
    return result
  }

  private async use<T>(action: (opened: Resource) => Promise<T>): Promise<T> {
    this.opened ??= this.open()
    const opening = this.opened
    const opened = await opening.catch((error) => {
      if (this.opened === opening) this.opened = undefined
      throw error
    })
    return action(opened)
  }
}
