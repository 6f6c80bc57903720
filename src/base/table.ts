/** A table of limits. All coordinators share it, and plugins see it: it is frozen, so that none can change it for the others. */
export function table<T extends Record<string, number>>(limits: T): Readonly<T> {
  return Object.freeze(limits)
}
