import { Alarm } from '../base/alarm.js'
import { equalBytes, hexOf } from '../base/bytes.js'
import type { Clock } from '../base/clock.js'
import { taggedHash } from '../lotus/hash.js'
import { encode } from '../message/codec.js'
import { READY_MS, STEP_MS } from '../statements/statement-rounds.js'
import type { Statements } from '../statements/statements.js'
import { MIX_PROTOCOL } from './attempt.js'
import { pause } from './pause.js'
import { attemptIdOf } from './pool.js'

/**
 * Time for the members to say with whom they go on: as long as a member that has confirmed what a liar said waits for others, who have stopped
 * at once, and a little more.
 */
const AGAIN_MS = READY_MS + 8 * STEP_MS + 5_000
const AGAIN = 'again'
/** There and back: what somebody holds against a statement that we have passed on. */
const MEET_MS = 2 * STEP_MS

/**
 * Finds those that go on with exactly the members with whom we would. A group of another view is no fault of anybody.
 *
 * @param places of the attempt before, in the roster.
 * @param rest places that we go on with.
 * @returns places of the next attempt, ours among them; ascending.
 */
export async function goOnWith(options: {
  statements: Statements
  clock: Clock
  roster: readonly Uint8Array[]
  rosterHash: Uint8Array
  number: number
  places: readonly number[]
  rest: readonly number[]
  signal?: AbortSignal | undefined
}): Promise<number[]> {
  const { statements, clock, roster, rosterHash, number, places, rest, signal } = options
  // Others stop a step later than we, at most.
  await pause(clock, STEP_MS)
  const value = encode(rest)
  let look = () => {}
  const session = statements.join({
    protocol: MIX_PROTOCOL,
    session: hexOf(taggedHash('lotus-p2p/coinjoin/again/1', attemptIdOf(rosterHash, number, places))),
    members: places.map((place) => roster[place]!),
    slots: [AGAIN],
    remember: false,
    onStatement: () => look(),
    onEquivocation: () => look(),
    ...(signal && { signal }),
  })
  const placesOf = (keys: readonly { publicKey: Uint8Array }[]) =>
    rest.filter((place) => keys.some(({ publicKey }) => equalBytes(publicKey, roster[place]!)))
  await session.say({ round: 0, slot: AGAIN, value })
  await new Promise<void>((resolve) => {
    const alarm = new Alarm(clock, resolve)
    alarm.arm(AGAIN_MS)
    look = () => {
      if (placesOf([...session.statements(0), ...session.evidence]).length < rest.length) return
      look = () => {}
      // A liar may have told others another thing: what we hold and theirs meet before we believe it.
      session.exchange.push(0)
      alarm.arm(MEET_MS)
    }
    signal?.addEventListener('abort', () => resolve(), { once: true })
    look()
  })
  const found = placesOf(session.statements(0).filter((statement) => equalBytes(statement.value, value)))
  // Members that come later still hear of us.
  clock.setTimeout(() => session.close(), 2 * STEP_MS)
  return found
}
