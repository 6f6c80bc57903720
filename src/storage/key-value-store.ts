/** One change of a store: a value under a key, or none any more. */
export type StoreChange = { key: string; value: Uint8Array } | { key: string; delete: true }

/** How safe a batch has to be when it resolves. */
export interface BatchOptions {
  /** 'strict': a machine that loses its power has it; 'relaxed': a process that ends has it. Default 'relaxed'. */
  durability?: 'strict' | 'relaxed' | undefined
}

/** Where the SDK keeps what must survive a reload. Implementations must pass test/compliance/key-value-store.ts. */
export interface KeyValueStore {
  /** Stores of one name share what they keep, in all tabs of an origin; absent: nobody else has this one. */
  readonly name?: string
  get(key: string): Promise<Uint8Array | undefined>
  set(key: string, value: Uint8Array): Promise<void>
  delete(key: string): Promise<void>
  /** All keys that begin with the prefix, in no particular order. */
  keys(prefix: string): Promise<string[]>
  /** Makes all changes, in this order, or none. */
  batch(changes: readonly StoreChange[], options?: BatchOptions): Promise<void>
}

/** The same changes, whatever becomes of the arrays given; a view into a large buffer has one of its own. */
export function copiesOf(changes: readonly StoreChange[]): StoreChange[] {
  return changes.map((change) => ('delete' in change ? change : { key: change.key, value: Uint8Array.from(change.value) }))
}

/** A store that forgets with the process; the default. */
export function memoryStore(): KeyValueStore {
  const entries = new Map<string, Uint8Array>()
  const batch: KeyValueStore['batch'] = async (changes) => {
    for (const change of copiesOf(changes))
      'delete' in change ? entries.delete(change.key) : entries.set(change.key, change.value)
  }
  return {
    get: async (key) => entries.get(key)?.slice(),
    set: (key, value) => batch([{ key, value }]),
    delete: (key) => batch([{ key, delete: true }]),
    batch,
    keys: async (prefix) => [...entries.keys()].filter((key) => key.startsWith(prefix)),
  }
}
