/** What allocates by a length that it is given. Literals and what grows by appending hold no more than the input has brought. */
const ALLOCATING = [
  'Array',
  'ArrayBuffer',
  'Buffer',
  'DataView',
  'Float32Array',
  'Float64Array',
  'Int8Array',
  'SharedArrayBuffer',
  'Uint8Array',
  'Uint16Array',
  'Uint32Array',
] as const

/**
 * How many items and bytes are asked for while a function runs, by the lengths that constructors and `Buffer.alloc` are given.
 * Counted, not measured: the same on every machine, whatever a garbage collector does.
 */
export async function askedFor(run: () => unknown): Promise<number> {
  let asked = 0
  const originals = new Map<string, unknown>()
  const globals = globalThis as unknown as Record<string, new (...args: unknown[]) => unknown>
  const note = (length: unknown) => {
    if (typeof length === 'number') asked += length
  }
  for (const name of ALLOCATING) {
    const original = globals[name]!
    originals.set(name, original)
    globals[name] = new Proxy(original, {
      construct(target, args, newTarget) {
        if (args.length === 1) note(args[0])
        return Reflect.construct(target, args, newTarget === globals[name] ? target : newTarget)
      },
      apply(target, self, args) {
        if (name === 'Array' && args.length === 1) note(args[0])
        return Reflect.apply(target as never, self, args)
      },
      get(target, key) {
        const value = Reflect.get(target, key, target)
        if (name !== 'Buffer' || typeof key !== 'string' || !key.startsWith('alloc')) return value
        return (length: number, ...rest: unknown[]) => {
          note(length)
          return (value as (...args: unknown[]) => unknown).call(target, length, ...rest)
        }
      },
    })
  }
  try {
    await run()
  } finally {
    for (const [name, original] of originals) globals[name] = original as (typeof globals)[string]
  }
  return asked
}
