import { mapAtOnce } from '../../base/at-once.js'
import { Bench, type TargetOptions } from './bench.js'
import { type Check, Failed, NotObservable } from './check.js'

export interface Result {
  clause: string
  title: string
  outcome: 'passed' | 'failed' | 'not observable'
  /** What was seen, or why nothing can be. */
  seen: string
  ms: number
}

/** The time that a handshake may take (H-5). */
export const HANDSHAKE_MS = 10_000

/** Makes what a check works with. */
export type BenchMaker = (options: TargetOptions) => Bench | Promise<Bench>

/** Runs one check. Never throws. */
export async function runCheck(check: Check, options: TargetOptions, make: BenchMaker): Promise<Result> {
  const begun = Date.now()
  const { clause, title } = check
  const result = (outcome: Result['outcome'], seen: string) => ({ clause, title, outcome, seen, ms: Date.now() - begun })
  let bench: Bench | undefined
  try {
    bench = await make(options)
    return result('passed', await check.run(bench))
  } catch (error) {
    if (error instanceof NotObservable) return result('not observable', error.message)
    // What the tester cannot read makes a check fail as well: the sentence says what it was.
    return result('failed', error instanceof Failed ? error.message : `the tester stumbled: ${String(error)}`)
  } finally {
    bench?.end()
  }
}

/** Runs checks side by side, and tells of each as it ends. @returns the results in the order of the checks. */
export async function runChecks(
  checks: readonly Check[],
  options: TargetOptions,
  { make = (given: TargetOptions) => new Bench(given), atOnce = 6, told = () => {} }: RunOptions = {},
): Promise<Result[]> {
  return mapAtOnce(checks, atOnce, async (check) => {
    const result = await runCheck(check, options, make)
    told(result)
    return result
  })
}

export interface RunOptions {
  make?: BenchMaker
  /** Checks at the same time. Default 6. */
  atOnce?: number
  told?: (result: Result) => void
}
