// A protocol of several parties: wallets throw a die that nobody can load. Each commits to a number, then all reveal. Statements hold
// a member to what it said, phases to the time it has.
//
//   npm run build && node examples-web/node/dice.mjs

import { encodePeerId, generateIdentity, isP2PError, P2PCoordinator, P2PError } from 'lotus-p2p'
import { webSocketServer } from 'lotus-p2p/node'
import { PhaseMachine, statements } from 'lotus-p2p/statements'

const DEADLINE_MS = 2_000
const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
const same = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at])

class Dice {
  protocolName = 'example/dice/1'
  /** True: this member commits and never reveals, to show what becomes of the throw. */
  stubborn = false
  #host
  #identity
  #statements

  constructor(identity, statements) {
    this.#identity = identity
    this.#statements = statements
  }

  onRegister(host) {
    this.#host = host
  }

  /** All that these wallets say to each other are statements. */
  async handleMessage() {
    throw new P2PError('PROTOCOL_NOT_SUPPORTED', 'Dice are thrown by statements.')
  }

  /** One throw: 1 to 6, the same for all members. Each names the same session, a fresh one, and the same members. */
  async roll(session, members) {
    const number = crypto.getRandomValues(new Uint8Array(32))
    const commitment = await sha256(number)
    const board = this.#statements.join({
      protocol: this.protocolName,
      session,
      members,
      slots: ['commit', 'reveal'],
      onStatement: ({ slot, publicKey, value }) => machine.received(slot, publicKey, value),
      // The member is blamed already, and all have the proof.
      onEquivocation: ({ publicKey }) => machine.abort('somebody said two things', [publicKey], null),
    })
    const say = async (round, slot, value) => {
      await board.say({ round, slot, value })
      machine.received(slot, this.#identity.publicKey, value)
    }
    const machine = new PhaseMachine({
      host: this.#host,
      name: `dice, ${session}`,
      self: this.#identity.publicKey,
      members,
      phases: [
        { name: 'commit', deadlineMs: DEADLINE_MS },
        { name: 'reveal', deadlineMs: DEADLINE_MS },
      ],
      onPhase: async (phase) => {
        if (phase === 'commit') return say(0, phase, commitment)
        // Nobody reveals before all have seen the same commitments.
        await board.agreement(0, { timeoutMs: DEADLINE_MS })
        if (!this.stubborn) await say(1, phase, number)
      },
    })
    try {
      const items = await machine.start()
      let sum = 0
      for (const key of members) {
        const id = encodePeerId(key)
        const revealed = items.get('reveal').get(id)
        if (!same(await sha256(revealed), items.get('commit').get(id))) {
          this.#host.blame(key, 'own-rules', 'It revealed another number than it had committed to.')
          throw new P2PError('ABORTED', `${id} cheated.`, { details: { blamed: [id] } })
        }
        sum += revealed[0] + revealed[1] * 256
      }
      // A member that leaves sooner cannot pass on what another still lacks.
      await board.agreement(1, { timeoutMs: DEADLINE_MS })
      return (sum % 6) + 1
    } catch (error) {
      // For another throw with those who did their part.
      error.others = machine.retryWithout()
      throw error
    } finally {
      board.close()
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
  const dice = new Dice(identity, coordinator.statements)
  // The outcome of a throw says what others did wrong.
  coordinator.on('error', () => {})
  coordinator.registerProtocol(dice)
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
