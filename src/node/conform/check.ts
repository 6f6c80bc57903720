import type { Bench } from './bench.js'

export { ensure, Failed, NotObservable } from './outcome.js'

export type Profile = 'relay' | 'peer' | 'dht-node' | 'router'
export const PROFILES: readonly Profile[] = ['relay', 'peer', 'dht-node', 'router']

/** One look at a target: whether it keeps a clause of the wire protocol. */
export interface Check {
  /** The number of the clause, such as `H-12`. */
  clause: string
  /** Profiles that the clause belongs to. Default: all. */
  profiles?: readonly Profile[]
  /** What the target has to do, in a few words. */
  title: string
  /**
   * @returns what was seen, one short line.
   * @throws Failed where the target breaks the clause; NotObservable where this target gives no occasion to see it.
   */
  run(bench: Bench): Promise<string>
}
