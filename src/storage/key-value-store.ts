/**
 * Where the SDK keeps what must survive a reload (pinned names, later bans and records). Implementations must pass
 * test/compliance/key-value-store.ts.
 */
export interface KeyValueStore {
  get(key: string): Promise<Uint8Array | undefined>
  set(key: string, value: Uint8Array): Promise<void>
  delete(key: string): Promise<void>
  /** All keys that begin with the prefix, in no particular order. */
  keys(prefix: string): Promise<string[]>
}

/** A store that forgets with the process; the default. */
export function memoryStore(): KeyValueStore {
  const entries = new Map<string, Uint8Array>()
  return {
    get: async (key) => entries.get(key)?.slice(),
    set: async (key, value) => {
      entries.set(key, value.slice())
    },
    delete: async (key) => {
      entries.delete(key)
    },
    keys: async (prefix) => [...entries.keys()].filter((key) => key.startsWith(prefix)),
  }
}
