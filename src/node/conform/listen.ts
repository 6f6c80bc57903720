import type { TargetOptions } from './bench.js'
import type { Check } from './check.js'
import { Doorway } from './dialled.js'
import { DIALLER_CHECKS, type DiallerCheck } from './dialler-checks.js'
import { Failed } from './outcome.js'
import { RelayDoor, RelayedBench } from './relayed-bench.js'
import { HANDSHAKE_MS, type Result, runChecks } from './run.js'

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
  /** The longest work for a proof that a circuit's handshake may demand: bits. */
  maxBits: number
  /** The checks of a peer that is called through the tester as its relay; absent: those of a dialler. */
  checks?: readonly Check[]
  /** Whether a clause of a dialler is to be looked at. */
  wants: (clause: string) => boolean
  say: (line: string) => void
}

/** Runs the checks of a peer that dials the tester as its relay, one after the other: they share a connection. */
export function runRelayed(
  checks: readonly Check[],
  options: TargetOptions,
  doorway: Doorway,
  dialMs = DIAL_MS,
): Promise<Result[]> {
  const door = new RelayDoor(doorway, dialMs)
  return runChecks(checks, options, { make: (given) => new RelayedBench(given, door), atOnce: 1 })
}

/** Listens, and tests who dials. @throws P2PError LISTEN_FAILED. */
export async function listenFor({ port, network, waitMs, maxBits, checks, wants, say }: ListenOptions): Promise<Result[]> {
  const doorway = await Doorway.open(port, network, waitMs)
  try {
    say(`dial ${doorway.address}, and again after each end`)
    if (checks !== undefined) {
      const options = { address: doorway.address, network, waitMs, handshakeMs: HANDSHAKE_MS, maxBits }
      return await runRelayed(checks, options, doorway)
    }
    const results: Result[] = []
    for (const check of DIALLER_CHECKS) if (wants(check.clause)) results.push(await runDiallerCheck(check, doorway))
    return results
  } finally {
    doorway.close()
  }
}
