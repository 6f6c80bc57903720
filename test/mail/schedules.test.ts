import { expect, test, vi } from 'vitest'
import { BoundedMap } from '../../src/base/bounded-map.js'
import { hexOf } from '../../src/base/bytes.js'
import { type Random, seededRandom } from '../../src/base/random.js'
import { LONG } from '../long.js'
import { SimRelay, SimWallet, World } from './sim.js'

// Two thirds of a run went into the making of keys: a prekey, or an identity, of an earlier run does as well.
const PAIRS = 512
vi.mock(import('../../src/mail/hpke.js'), async (original) => {
  const hpke = await original()
  const pairs: ReturnType<typeof hpke.generateKeyPair>[] = []
  let next = 0
  const generateKeyPair = () => {
    const at = next++ % PAIRS
    pairs[at] ??= hpke.generateKeyPair()
    return pairs[at]
  }
  return { ...hpke, generateKeyPair }
})
vi.mock(import('../../src/identity/identity.js'), async (original) => {
  const identity = await original()
  const known = new BoundedMap<string, ReturnType<typeof identity.identityFromSeed>>(64)
  const identityFromSeed = (seed: Uint8Array) => known.use(hexOf(seed), () => identity.identityFromSeed(seed))
  return { ...identity, identityFromSeed }
})

/** `npm run schedules:mail` runs ten thousand. */
const RUNS = Number(process.env.MAIL_RUNS ?? (LONG ? 250 : 15))
const FIRST = Number(process.env.SEED ?? 1)

/** One run: Alice writes to Bob; processes die, connections break and relays restart by lot. Then all are well, and what has been accepted has come. */
async function run(random: Random): Promise<string[]> {
  const world = new World(random)
  const { clock } = world
  const relays = [new SimRelay(world, 101), new SimRelay(world, 102)]
  const alice = new SimWallet(world, 1, relays)
  const bob = new SimWallet(world, 2, relays)
  const upTo = (count: number) => Math.floor(random.unit() * count)
  await clock.run(alice.start())
  await clock.run(bob.start())
  await clock.advance(2_000)
  const accepted: string[] = []
  let n = 0
  const send = () => {
    const { mail } = alice
    const number = ++n
    const message = { type: 'note', payload: { n: number, fill: 'x'.repeat(upTo(2_000)) }, messageId: `message-${number}` }
    mail.outgoing.add(bob.id, message, { ttl: 5 * 86_400 }).then(
      ({ messageId }) => accepted.push(messageId),
      () => {},
    )
  }
  for (let step = 0; step < 24; step++) {
    const wallet = world.chance(0.5) ? alice : bob
    const relay = relays[upTo(2)]!
    const lot = upTo(10)
    if (lot < 4 && alice.isUp) send()
    else if (lot === 4) wallet.isUp ? wallet.die() : await Promise.race([wallet.start(), clock.advance(1)])
    else if (lot === 5 && !wallet.isUp) await Promise.race([wallet.start(1 + upTo(12)), clock.advance(1)])
    else if (lot === 6) world.link(alice.id, bob.id)
    else if (lot === 7) world.cut(alice.id, bob.id)
    else if (lot === 8) {
      if (relay.isUp) world.down(relay.id)
      else relay.isUp = true
    } else if (lot === 9) world.cut(wallet.id, relay.id)
    await clock.advance(world.chance(0.3) ? upTo(60_000) : upTo(400))
  }
  // A relay that is away for longer than a gap is waited for may change the order, and nothing else.
  for (const relay of relays) relay.isUp = true
  for (const wallet of [alice, bob]) wallet.steady()
  for (const wallet of [alice, bob]) if (!wallet.isUp) await Promise.race([wallet.start(), clock.advance(1)])
  for (const wallet of [alice, bob]) for (const relay of relays) world.link(wallet.id, relay.id)
  await clock.advance(120_000)
  world.link(alice.id, bob.id)
  await clock.advance(3_600_000)
  const faults: string[] = []
  const first = new Map<string, number>()
  let highest = 0
  for (const { messageId, n, isAgain } of bob.had) {
    if (first.has(messageId)) {
      if (!isAgain) faults.push(`${messageId} came twice without the mark`)
      continue
    }
    first.set(messageId, n as number)
    if ((n as number) < highest) faults.push(`${messageId} came after message-${highest}`)
    highest = Math.max(highest, n as number)
  }
  for (const id of accepted) if (!first.has(id)) faults.push(`${id} was lost`)
  if (alice.mail.waiting().length > 0) faults.push(`${alice.mail.waiting().length} without a receipt`)
  alice.die()
  bob.die()
  return faults
}

test(`whatever dies, nothing that was accepted is lost, doubled without the mark, or out of order: ${RUNS} schedules`, {
  timeout: 4_000_000,
}, async () => {
  const found: string[] = []
  for (let seed = FIRST; seed < FIRST + RUNS; seed++) {
    const faults = await run(seededRandom(seed))
    if (faults.length > 0) found.push(`SEED=${seed} MAIL_RUNS=1: ${faults.join('; ')}`)
  }
  expect(found).toEqual([])
})
