import type { P2PError } from '../../base/errors.js'
import { asP2PError } from '../../base/errors.js'
import type { KeyValueStore, StoreChange } from '../../storage/key-value-store.js'

/** Writes changes of the state of a wallet, those of one moment in one batch, one batch after the other. */
export class StateWriter {
  private changes: StoreChange[] = []
  private next: Promise<void> | undefined
  private last: Promise<void> = Promise.resolve()

  /** @param onFailed hears of a batch that the store did not take. */
  constructor(
    private readonly store: KeyValueStore,
    private readonly onFailed: (error: P2PError) => void,
  ) {}

  /** @returns resolves once the changes are in the store. @throws P2PError STORAGE_FAILED, with the store's own error as its cause. */
  write(...changes: StoreChange[]): Promise<void> {
    this.changes.push(...changes)
    this.next ??= this.last.then(() => {
      const batch = this.changes.splice(0)
      this.next = undefined
      return this.store.batch(batch, { durability: 'strict' })
    })
    const { next } = this
    this.last = next.catch(() => {})
    return next.catch((cause) => {
      throw asP2PError(cause, 'STORAGE_FAILED', 'The store of the state failed. Check P2PConfig.store.')
    })
  }

  /** Writes what nobody waits for; a failure is told. */
  writeSoon(...changes: StoreChange[]): void {
    this.write(...changes).catch((error: P2PError) => this.onFailed(error))
  }
}
