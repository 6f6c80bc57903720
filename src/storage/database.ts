import { createStore, type UseStore } from 'idb-keyval'

/**
 * One object store of an IndexedDB database, opened at first use, and anew where its handle was closed: by the browser, or because another
 * tab deletes the database, which has to wait for every open handle.
 *
 * @returns runs an action on it.
 */
export function databaseOf(database: string, name: string): <T>(action: (store: UseStore) => Promise<T>) => Promise<T> {
  let opened: UseStore | undefined
  const open = (): UseStore => {
    const store = createStore(database, name)
    return (mode, callback) =>
      store(mode, (entries) => {
        const { db } = entries.transaction
        db.onversionchange = () => {
          db.close()
          opened = undefined
        }
        return callback(entries)
      })
  }
  return async (action) => {
    opened ??= open()
    try {
      return await action(opened)
    } catch (error) {
      // The handle is closing (IndexedDB §4.4, `transaction`): nothing of the action was done.
      if ((error as DOMException | null)?.name !== 'InvalidStateError') throw error
      opened = open()
      return action(opened)
    }
  }
}
