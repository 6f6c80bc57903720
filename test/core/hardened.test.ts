// Hardened JavaScript, as of `lockdown()`: prototypes are frozen, so what objects inherit cannot be assigned to.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { isP2PError, P2PError } from '../../src/index.js'
import { decode, encode } from '../../src/message/codec.js'
import { object, present, record, shaped } from '../../src/message/shape.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'

/** All that objects, errors, arrays and functions inherit under a text. */
const INHERITED = [Object, Error, Array, Function].flatMap(({ prototype }) =>
  Object.getOwnPropertyNames(prototype)
    .filter((name) => name !== '__proto__')
    .map((name) => [prototype, name, Object.getOwnPropertyDescriptor(prototype, name)!] as const)
    .filter(([, , { writable, configurable }]) => writable && configurable),
)
const NAMES = [...new Set(INHERITED.map(([, name]) => name))]

let net: TestNetwork | undefined
// As a freeze has it, but to be taken back.
beforeAll(() => {
  for (const [prototype, name] of INHERITED) Object.defineProperty(prototype, name, { writable: false })
})
afterAll(() => {
  for (const [prototype, name, before] of INHERITED) Object.defineProperty(prototype, name, before)
})
afterEach(async () => {
  await net?.stop()
  net = undefined
})

describe('where prototypes are frozen', () => {
  it('the freeze bites', () => {
    expect(Reflect.set({}, 'constructor', 1)).toBe(false)
  })

  it.each(NAMES)('a payload with the key %s travels as it is', (name) => {
    const payload = { [name]: { [name]: [1, { [name]: 'deep' }] } }
    const read = decode(encode(payload)) as typeof payload
    expect(Object.entries(read)).toEqual(Object.entries(payload))
    expect(Object.hasOwn(read, name)).toBe(true)
    expect(shaped(record(present), payload) && Object.keys(shaped(record(present), payload)!)).toEqual([name])
    expect(Object.keys(shaped(object({ [name]: present }), payload)!)).toEqual([name])
  })

  it('an error is made, and is what it says', () => {
    const error = new P2PError('TIMEOUT', 'too late', { cause: new Error('why') })
    expect([error.name, String(error), isP2PError(error, 'TIMEOUT')]).toEqual(['P2PError', 'P2PError: too late', true])
  })

  it('two wallets connect, ask and announce, whatever their protocols, types, fields and metadata are called', async () => {
    net = createTestNetwork({ latencyMs: 5 })
    const bob = net.createPeer({ peerId: 'bob', metadata: Object.fromEntries(NAMES.map((name) => [name, 1])) })
    const alice = net.createPeer({ peerId: 'alice' })
    await net.run(bob.start())
    for (const name of NAMES) {
      bob.registerProtocol({
        protocolName: name,
        rateLimits: { messagesPerS: 10, burst: 20, types: { [name]: { messagesPerS: 5, burst: 10 } } },
        handleMessage: (message) => bob.reply(message, { type: name, payload: message.payload }),
      })
    }
    await net.run(alice.connectToPeer(net.addressOf(bob)))
    for (const name of NAMES) {
      const { payload } = await net.run(alice.request('bob', { type: name, protocol: name, payload: { [name]: name } }))
      expect(Object.entries(payload as object)).toEqual([[name, name]])
      await net.run(alice.announceResource(name, name, { [name]: name }))
      const found = await net.run(alice.discoverResources(name, { [name]: name }))
      expect(found.map(({ data }) => Object.keys(data as object))).toEqual([[name]])
      expect(await net.run(alice.discoverResources(name, { [`x.${name}`]: { exists: true } }))).toEqual([])
    }
    expect(Object.keys(alice.getPeer('bob')!.metadata!).sort()).toEqual([...NAMES].sort())
  })
})
