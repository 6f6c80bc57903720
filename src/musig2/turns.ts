import { nextTurn } from '../base/turn.js'

/** How long work of ours holds up everything else, milliseconds: a page draws sixty times in a second. */
const TURN_MS = 8

/** Long work in slices: ask between two steps, and wait where a slice is over. */
export class Turns {
  private since = performance.now()

  /** Waits where it is everybody else's turn. */
  async take(): Promise<void> {
    if (performance.now() - this.since < TURN_MS) return
    await nextTurn()
    this.since = performance.now()
  }
}
