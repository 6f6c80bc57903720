/** The target breaks a clause. The message says what was seen. */
export class Failed extends Error {}

/** This target gives no occasion to see whether it keeps a clause. The message says why. */
export class NotObservable extends Error {}

export function ensure(holds: unknown, seen: string): asserts holds {
  if (!holds) throw new Failed(seen)
}
