/** Runs code that is not ours: whether it throws or its promise rejects, `failed` is told, and nobody else is disturbed. */
export function fenced(call: () => unknown, failed: (error: unknown) => void): void {
  try {
    const result = call()
    if (result instanceof Promise) result.catch(failed)
  } catch (error) {
    failed(error)
  }
}
