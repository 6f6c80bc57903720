// A protocol of several parties: wallets throw a die that nobody can load. Each commits to a number, then all reveal. Statements hold
// a member to what it said, and all honest ones end with the same numbers, or none does.
//
//   npm run build && node examples-web/node/dice.mjs

import { encodePeerId, generateIdentity, isP2PError, P2PCoordinator, P2PError } from 'lotus-p2p'
import { webSocketServer } from 'lotus-p2p/node'
import { statements } from 'lotus-p2p/statements'

const DEADLINE_MS = 2_000
const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
const same = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at])

class Dice {
  /** True: this member commits and never reveals, to show what becomes of the throw. */
  stubborn = false
  #coordinator

  constructor(coordinator) {
    this.#coordinator = coordinator
  }

  /** One throw: 1 to 6, the same for all members. Each names the same session, a fresh one, and the same members. */
  async roll(session, members) {
    const number = crypto.getRandomValues(new Uint8Array(32))
    const commitment = await sha256(number)
    const run = this.#coordinator.statements.run({
      protocol: 'example/dice/1',
      session,
      members,
      // Nobody reveals before all have confirmed that they have the same commitments.
      phases: [
        { name: 'commit', deadlineMs: DEADLINE_MS },
        { name: 'reveal', deadlineMs: DEADLINE_MS },
      ],
      say: (phase) => (phase === 'commit' ? commitment : this.stubborn ? undefined : number),
    })
    try {
      const items = await run.finished
      let sum = 0
      for (const key of members) {
        const id = encodePeerId(key)
        const revealed = items.get('reveal').get(id)
        if (!same(await sha256(revealed), items.get('commit').get(id))) {
          throw new P2PError('ABORTED', `${id} revealed another number than it had committed to.`, { details: { blamed: [id] } })
        }
        sum += revealed[0] + revealed[1] * 256
      }
      return (sum % 6) + 1
    } catch (error) {
      // For another throw with those who did their part.
      error.others = run.others
      throw error
    }
  }
}

async function seat(name) {
  const identity = await generateIdentity()
  const coordinator = new P2PCoordinator({
    identity,
    listen: [webSocketServer()],
    metadata: { name },
    plugins: [statements()],
  })
  const dice = new Dice(coordinator)
  // The outcome of a throw says what others did wrong.
  coordinator.on('error', () => {})
  await coordinator.start()
  return { name, key: identity.publicKey, coordinator, dice }
}

const [alice, bob, carol] = await Promise.all(['Alice', 'Bob', 'Carol'].map(seat))
const table = [alice, bob, carol]
await alice.coordinator.connectToPeer(bob.coordinator.addresses[0])
await alice.coordinator.connectToPeer(carol.coordinator.addresses[0])
await bob.coordinator.connectToPeer(carol.coordinator.addresses[0])
const nameOf = (id) => table.find(({ coordinator }) => coordinator.peerId === id)?.name

const members = table.map(({ key }) => key)
const throws = await Promise.all(table.map(({ dice }) => dice.roll('first throw', members)))
console.log(`All three threw the same: ${new Set(throws).size === 1 && throws[0] >= 1 && throws[0] <= 6}`)

carol.dice.stubborn = true
const outcomes = await Promise.allSettled(table.map(({ dice }) => dice.roll('second throw', members)))
const { reason } = outcomes[0]
if (!isP2PError(reason)) throw reason
console.log(`Second throw: ${reason.code} in "${reason.details.phase}", missing: ${reason.details.missing.map(nameOf)}`)

const again = await Promise.all([alice, bob].map(({ dice }) => dice.roll('second throw, again', reason.others)))
console.log(`Alice and Bob threw the same without her: ${again[0] === again[1]}`)

await Promise.all(table.map(({ coordinator }) => coordinator.shutdown()))
