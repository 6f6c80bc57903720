import { P2PError } from './errors.js'

/** The options of a call that waits. */
export const WAIT = ['signal', 'timeoutMs'] as const

/**
 * Checks the names of the options of one call: a misspelt one would change nothing, and nobody would know.
 *
 * @param call its name, for errors.
 * @param given its options; undefined and null are none.
 * @param names the options that there are.
 * @throws P2PError INVALID_CONFIG for an option that there is none of, and for what is no object, such as a number of milliseconds.
 */
export function checkOptions(call: string, given: unknown, names: readonly string[]): void {
  if (given === undefined || given === null) return
  let odd: string | undefined
  if (typeof given !== 'object') odd = String(given)
  // What is inherited counts, as it does for who reads it: so an AbortSignal in place of `{ signal }` is found.
  else for (const name in given) if (!names.includes(name) && !(name in {})) odd ??= name
  if (odd === undefined) return
  throw new P2PError('INVALID_CONFIG', `${call} takes an object with ${names.join(', ')}, not "${odd.slice(0, 64)}".`, {
    details: { option: odd },
  })
}

/** Where a method that waits has its options among its arguments, and their names beside those of `WAIT`. */
export type OptionsOf = readonly [place: number, ...names: string[]]

/**
 * Lets methods of a class that return promises reject where their options are misspelt.
 *
 * @param prefix what stands before the name of a method in errors.
 * @returns the class.
 */
export function withCheckedOptions<Class extends { prototype: object }>(
  checked: Class,
  prefix: string,
  table: Readonly<Record<string, OptionsOf>>,
): Class {
  const methods = checked.prototype as Record<string, (...args: unknown[]) => Promise<unknown>>
  for (const [name, [place, ...names]] of Object.entries(table)) {
    const method = methods[name]!
    Object.defineProperty(methods, name, {
      configurable: true,
      writable: true,
      value(...args: unknown[]) {
        try {
          checkOptions(prefix + name, args[place], [...names, ...WAIT])
        } catch (error) {
          return Promise.reject(error)
        }
        return method.apply(this, args)
      },
    })
  }
  return checked
}
