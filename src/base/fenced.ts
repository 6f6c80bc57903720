/** Runs code that is not ours: whether it throws or its promise rejects, `failed` is told, and nobody else is disturbed. */
export function fenced(call: () => unknown, failed: (error: unknown) => void): void {
  try {
    // A promise of another realm is one too.
    ;(call() as Partial<Promise<unknown>> | undefined)?.then?.(undefined, failed)
  } catch (error) {
    failed(error)
  }
}
