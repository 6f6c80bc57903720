import { afterEach, describe, expect, it } from 'vitest'
import { coreOf } from '../../src/core/core.js'
import type { Plugin } from '../../src/core/plugin.js'
import { decodePeerId } from '../../src/identity/peer-id.js'
import { encode } from '../../src/message/codec.js'
import { type OnionNet, onionNetwork, readyWallet } from './wallets.js'

let open: OnionNet | undefined

afterEach(async () => {
  await open?.net.stop()
  open = undefined
})

/** What a relay has seen: all messages of others, and from whom. */
interface Seen {
  from: Uint8Array
  protocol: string
  type: string
  bytes: Uint8Array
}

/** Writes down all that a relay is told in the protocols of the SDK, and, as an exit, all that it is asked. */
function listener(seen: Seen[]): Plugin {
  return {
    name: 'listener',
    attach(kit) {
      const { router } = coreOf(kit)
      const dispatch = router.dispatch.bind(router)
      router.dispatch = (message, from) => {
        const { protocol = '', type, payload, messageId } = message
        if (protocol === 'lotus/onion' && from.publicKey !== undefined) {
          seen.push({ from: from.publicKey, protocol, type, bytes: encode([payload, messageId]) })
        }
        dispatch(message, from)
      }
      return {}
    },
  }
}

const holds = (bytes: Uint8Array, part: Uint8Array) => Buffer.from(bytes).includes(Buffer.from(part))
const textOf = (id: string) => new TextEncoder().encode(id)

describe('what relays see of a wallet behind the onion', () => {
  it('is no id and no key of it: the guard knows an entry identity, others know relays', async () => {
    const seen: Seen[][] = Array.from({ length: 6 }, () => [])
    open = await onionNetwork({ pluginsOf: (i) => [listener(seen[i]!)] })
    const { net, relays } = open
    const alice = await readyWallet(open)
    const bob = await readyWallet(open)
    bob.registerProtocol({
      protocolName: 'offers',
      anonymous: true,
      handleMessage: (message) => bob.reply(message, { type: 'price', payload: 'bob says seven' }),
    })
    await net.clock.advance(10_000)
    for (const all of seen) all.length = 0
    const identity = alice.onion.identity('one')
    await net.run(identity.request(bob.peerId, { type: 'ask', protocol: 'offers', payload: 'alice asks for coffee' }))
    await net.run(identity.announce('offer', 'o1', { sats: 5n }, { ttl: 600, profile: 'quick' }))
    const own = [alice.publicKey, textOf(alice.peerId), textOf('alice asks for coffee'), textOf('bob says seven')]
    const relayKeys = new Set(relays.map(({ publicKey }) => Buffer.from(publicKey).toString('hex')))
    const strangers = new Set<string>()
    let packets = 0
    for (const all of seen) {
      for (const { from, bytes, type } of all) {
        for (const part of own) expect(holds(bytes, part)).toBe(false)
        expect(holds(from, alice.publicKey)).toBe(false)
        if (type === 'packet') {
          packets++
          // Of a payload of 3,072 bytes all that a relay is told beside is the message's own id.
          expect(bytes.length).toBeGreaterThan(3_072)
          expect(bytes.length).toBeLessThan(3_110)
        }
        const hex = Buffer.from(from).toString('hex')
        if (!relayKeys.has(hex) && type !== 'answer') strangers.add(hex)
      }
    }
    expect(packets).toBeGreaterThan(10)
    // Alice's entry identity at her guard; Bob's is silent, and Bob himself has answered.
    strangers.delete(Buffer.from(bob.publicKey).toString('hex'))
    expect(strangers.size).toBe(1)
  }, 60_000)

  it('of two purposes is no byte string in common', async () => {
    open = await onionNetwork()
    const { net } = open
    const alice = await readyWallet(open)
    const personas = alice.onion as unknown as {
      open(
        name: string,
      ): Promise<{ peerId: string; identity: { publicKey: Uint8Array }; purpose: { tag: Uint8Array; id: string } }>
    }
    const made = await net.run(Promise.all(Array.from({ length: 20 }, () => personas.open(''))))
    expect(new Set(made.map(({ peerId }) => peerId)).size).toBe(20)
    expect(new Set(made.map(({ purpose }) => Buffer.from(purpose.tag).toString('hex'))).size).toBe(20)
    for (const { peerId, identity } of made) {
      expect(peerId).not.toBe(alice.peerId)
      expect(decodePeerId(peerId)).toEqual(identity.publicKey)
    }
  })

  it('of a guard differs from guard to guard', async () => {
    open = await onionNetwork()
    const alice = await readyWallet(open)
    const { guards } = alice.onion as unknown as { guards: { all(): { seed: Uint8Array }[] } }
    const seeds = guards.all().map(({ seed }) => Buffer.from(seed).toString('hex'))
    expect(new Set(seeds).size).toBe(seeds.length)
  })

  it('is rounded to the minute in what is signed', async () => {
    open = await onionNetwork()
    const { net } = open
    const alice = await readyWallet(open)
    const reader = (await readyWallet(open)).onion.identity('reader')
    await net.run(alice.onion.identity('fresh').announce('offer', 'o1', 1, { ttl: 600, profile: 'quick' }))
    const [found] = await net.run(reader.discover('offer'))
    expect(found!.createdAt % 60_000).toBe(0)
    expect(found!.expiresAt! % 60_000).toBe(0)
    expect(found!.expiresAt! - net.clock.now()).toBeGreaterThan(590_000)
  })
})
