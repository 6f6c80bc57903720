import { abortedError } from '../base/errors.js'
import { Turns } from '../musig2/turns.js'
import type { Steps } from './polynomials.js'

/** Does work in slices, between which a page lives on. @throws P2PError ABORTED. */
export async function inSlices<T>(work: Steps<T>, signal?: AbortSignal): Promise<T> {
  for (const turns = new Turns(); ; await turns.take()) {
    if (signal?.aborted) throw abortedError('The computation', signal.reason)
    const step = work.next()
    if (step.done) return step.value
  }
}
