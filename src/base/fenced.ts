/** Runs code that is not ours: whether it throws or its promise rejects, `failed` is told, and nobody else is disturbed. */
export function fenced(call: () => unknown, failed: (error: unknown) => void = () => {}): void {
  try {
    // Of another realm, or of a library, a promise is no `Promise` of ours.
    const result = call() as PromiseLike<unknown> | undefined
    if (typeof result?.then === 'function') result.then(undefined, failed)
  } catch (error) {
    failed(error)
  }
}
