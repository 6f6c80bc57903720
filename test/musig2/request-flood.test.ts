// What one member can have another compute and keep by asking.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { publicKeyOf } from '../../src/lotus/curve.js'
import { schnorrSign } from '../../src/lotus/schnorr.js'
import { SIGHASH_LOTUS, sighashesOf, sighashOf } from '../../src/lotus/sighash.js'
import { Answers } from '../../src/musig2/answers.js'
import { bindingOf } from '../../src/musig2/binding.js'
import { aggregateKeys } from '../../src/musig2/keyset.js'
import { MUSIG2_PROTOCOL, signingMessage } from '../../src/musig2/messages.js'
import { musig2 } from '../../src/musig2/plugin.js'
import { bytesOfRequest, checkedRequest, contentOfRequest, readRequest } from '../../src/musig2/request.js'
import { softwareSigner } from '../../src/musig2/software-signer.js'
import { statements } from '../../src/statements/plugin.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'
import { kitOf } from '../kit-of.js'
import { identityOf, secretOf } from './network.js'
import { drawing } from './wallets.js'

let net: TestNetwork
afterEach(() => net?.stop())

const [ALICE, BOB] = [0, 1]
const VICTIM_KEY = publicKeyOf(secretOf(BOB))
const networkKeys = [ALICE, BOB].map((member) => identityOf(member).publicKey)

/** A request of Alice that holds. */
interface RequestShape {
  keysets?: number
  members?: number
  inputs?: number
  outputs?: number
  ttlMs?: number
  now?: number
  /** Alice's keys: a keyset of each. */
  own?: Uint8Array[]
}

function requestOf(seed: number, shape: RequestShape = {}) {
  const { keysets: count = 1, members = 2, inputs = count, outputs = 1, ttlMs = 60_000, now = 0, own } = shape
  const draw = drawing(seed)
  const stranger = () => publicKeyOf(draw(32))
  // The same one again and again costs its reader as much as others, and us less.
  const keyset = { keys: [stranger(), VICTIM_KEY, ...Array.from({ length: members - 2 }, stranger)] }
  const keysets = own?.map((key) => ({ keys: [key, VICTIM_KEY] })) ?? Array.from({ length: count }, () => keyset)
  const { script } = aggregateKeys(keysets[0]!)
  const all = Array.from({ length: inputs }, (_, index) => index)
  return bytesOfRequest({
    id: draw(16),
    expiresAt: now + ttlMs,
    purpose: `Rent ${seed}`,
    members: keysets[0]!.keys.map((walletKey, i) => ({ networkKey: networkKeys[i] ?? draw(32), walletKey })),
    keysets,
    transaction: {
      version: 2,
      inputs: all.map((index) => ({ txid: draw(32), index, script: new Uint8Array(0), sequence: 0xffffffff })),
      outputs: Array.from({ length: outputs }, () => ({ sats: 1_000n, script })),
      locktime: 0,
    },
    spent: all.map(() => ({ sats: 1_000_000n, script })),
    sign: all.map((input) => ({ input, type: SIGHASH_LOTUS, keyset: own ? 0 : input % count })),
  })
}

/** Alice, who keeps to nothing, and Bob, who signs with her. */
async function pair() {
  net = createTestNetwork({ latencyMs: 5 })
  const signer = softwareSigner({ secretKeys: [secretOf(BOB)], now: () => net.clock.now() })
  const bare = await net.createPeer({ identity: identityOf(BOB) }).use(statements())
  const bob = await bare.use(musig2({ signer, contacts: [encodePeerId(identityOf(ALICE).publicKey)] }))
  const alice = net.createPeer({ identity: identityOf(ALICE) })
  const kit = await kitOf(alice)
  kit.registerProtocol({ protocolName: MUSIG2_PROTOCOL, async handleMessage() {} })
  for (const peer of [bob, alice]) await net.run(peer.start())
  await net.run(alice.connectToPeer(net.addressOf(bob)))
  const ask = async (payload: Uint8Array) =>
    (await kit.request(bob.peerId, { type: 'request', protocol: MUSIG2_PROTOCOL, payload }, { timeoutMs: 60_000 })).payload
  const say = (type: string, payload: unknown) => kit.sendTo(bob.peerId, { type, protocol: MUSIG2_PROTOCOL, payload })
  return { alice, bob, ask, say }
}

/** Waits for what computes in slices of real time, while a millisecond of the virtual clock passes with each. */
async function patiently<T>(promise: Promise<T>): Promise<T> {
  let isOver = false
  const done = () => {
    isOver = true
  }
  promise.then(done, done)
  while (!isOver) await net.clock.advance(1)
  return promise
}

describe('requests of one peer', () => {
  it('that come at once are no more than it may have: the others are told to come later', async () => {
    const { bob, ask } = await pair()
    const answers = await net.run(
      Promise.all(Array.from({ length: 35 }, (_, i) => ask(requestOf(i + 1, { now: net.clock.now() })))),
    )
    expect(answers.filter((answer) => answer === 'seen')).toHaveLength(20)
    expect(answers.filter((answer) => answer === 'busy')).toHaveLength(15)
    expect(bob.musig2.requests()).toHaveLength(20)
  })

  it('that take long to compute are bounded, whoever is in them, and leave room for a small one soon', async () => {
    const { bob, ask } = await pair()
    const large = (seed: number) => requestOf(seed, { keysets: 64, members: 15, ttlMs: 50_000, now: net.clock.now() })
    const answers = await patiently(Promise.all([1, 2, 3, 4, 5].map((seed) => ask(large(seed)))))
    expect(answers).toEqual(['seen', 'seen', 'busy', 'busy', 'busy'])
    // What is paid for comes back, and a small request costs little.
    await net.clock.advance(60_000)
    expect(await net.run(ask(requestOf(9, { now: net.clock.now() })))).toBe('seen')
    expect(bob.musig2.requests()).toHaveLength(1)
  })

  it('that are answered anew again and again have few of the answers verified', async () => {
    const { ask, say } = await pair()
    const draw = drawing(5)
    const secretKeys = Array.from({ length: 32 }, () => draw(32))
    const bytes = requestOf(6, { now: net.clock.now(), own: secretKeys.map(publicKeyOf) })
    const { id, hash } = readRequest(bytes)
    expect(await patiently(ask(bytes))).toBe('seen')
    const add = vi.spyOn(Answers.prototype, 'add')
    for (let i = 0; i < 60; i++) {
      const fresh = draw(16)
      const message = bindingOf(hash, networkKeys[ALICE]!, fresh)
      await say(
        'answer',
        signingMessage(
          id,
          hash,
          1,
          fresh,
          secretKeys.map((key) => schnorrSign(message, key, draw(32))),
        ),
      )
    }
    await net.clock.advance(500)
    const verified = add.mock.results.filter(({ value }) => value === true)
    add.mockRestore()
    // Of 64 keys each, and what the request has cost.
    expect(verified.length).toBeGreaterThan(20)
    expect(verified.length).toBeLessThanOrEqual(32)
  })

  it('that are not for us, or too large, cost no addition of keys', async () => {
    const { ask } = await pair()
    const tooMany = (seed: number) => requestOf(seed, { keysets: 40, members: 16, now: net.clock.now() })
    const late = (seed: number) => requestOf(seed, { keysets: 40, members: 15, ttlMs: -1, now: net.clock.now() })
    const mine = [tooMany(1), late(2)]
    const startedAt = performance.now()
    for (const each of mine) readRequest(each)
    const readMs = performance.now() - startedAt
    const answers = await net.run(Promise.all([...mine, ...mine, ...mine, ...mine].map(ask)))
    expect(new Set(answers)).toEqual(new Set(['rejected']))
    expect(performance.now() - startedAt - readMs).toBeLessThan(2 * readMs)
  })
})

describe('reading a request', () => {
  it('gives way after each keyset', () => {
    const bytes = requestOf(1, { keysets: 12, inputs: 30 })
    const steps = checkedRequest(bytes, contentOfRequest(bytes))
    let count = 0
    for (let step = steps.next(); !step.done; step = steps.next()) count++
    expect(count).toBe(12)
  })

  it('hashes what its inputs have in common once: ten times as many inputs and outputs take no hundred times as long', () => {
    const timeOf = (bytes: Uint8Array) => {
      const times = [1, 2, 3].map(() => {
        const startedAt = performance.now()
        readRequest(bytes)
        return performance.now() - startedAt
      })
      return Math.min(...times)
    }
    const small = timeOf(requestOf(1, { inputs: 12, outputs: 120 }))
    expect(timeOf(requestOf(2, { inputs: 120, outputs: 1_200 }))).toBeLessThan(30 * small)
  })

  it('signs the same for each input as alone', () => {
    const { transaction, spent } = readRequest(requestOf(3, { keysets: 2, inputs: 5, outputs: 3 }))
    const together = sighashesOf(transaction, spent)
    for (const input of [4, 0, 2, 1, 3]) {
      for (const type of [0x61, 0x41] as const) {
        expect(together(input, type)).toEqual(sighashOf(transaction, input, spent, type))
      }
    }
  })
})
