import { Doorway } from './dialled.js'
import { DIALLER_CHECKS, type DiallerCheck } from './dialler-checks.js'
import { Failed } from './outcome.js'
import type { Result } from './run.js'

/** The longest that the tester waits for the next dial. */
const DIAL_MS = 60_000

/** Runs one check on the next connection. Never throws. */
export async function runDiallerCheck({ clause, title, run }: DiallerCheck, doorway: Doorway, dialMs = DIAL_MS): Promise<Result> {
  const begun = Date.now()
  const result = (outcome: Result['outcome'], seen: string) => ({ clause, title, outcome, seen, ms: Date.now() - begun })
  try {
    const dialled = await doorway.next(dialMs)
    try {
      return result('passed', await run(dialled))
    } finally {
      dialled.pipe.end()
    }
  } catch (error) {
    return result('failed', error instanceof Failed ? error.message : `the tester stumbled: ${String(error)}`)
  }
}

export interface ListenOptions {
  port: number
  network: string
  waitMs: number
  /** Whether a clause is to be looked at. */
  wants: (clause: string) => boolean
  say: (line: string) => void
}

/** Listens, and tests who dials. @throws P2PError LISTEN_FAILED. */
export async function listenFor({ port, network, waitMs, wants, say }: ListenOptions): Promise<Result[]> {
  const doorway = await Doorway.open(port, network, waitMs)
  try {
    say(`dial ${doorway.address}, and again after each end`)
    const results: Result[] = []
    for (const check of DIALLER_CHECKS) if (wants(check.clause)) results.push(await runDiallerCheck(check, doorway))
    return results
  } finally {
    doorway.close()
  }
}
