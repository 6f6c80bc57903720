import { abortedError } from '../base/errors.js'
import { nextTurn } from '../base/turn.js'
import type { Steps } from './polynomials.js'

/** Half a frame of a page. */
const SLICE_MS = 8

/** Does work in slices, between which a page lives on. @throws P2PError ABORTED. */
export async function inSlices<T>(work: Steps<T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    if (signal?.aborted) throw abortedError('The computation', signal.reason)
    const startedAt = performance.now()
    do {
      const step = work.next()
      if (step.done) return step.value
    } while (performance.now() - startedAt < SLICE_MS)
    await nextTurn()
  }
}
