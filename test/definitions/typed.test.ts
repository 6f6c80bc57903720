import { describe, expect, it } from 'vitest'
import { defineProtocol, defineResource, type P2PErrorCode, type StandardSchema } from '../../src/index.js'
import { createTestNetwork } from '../../src/testing/test-network.js'

/** A validator as valibot, zod and arktype give them. */
function schema<T>(check: (value: unknown) => string | undefined, later = false): StandardSchema<T> {
  const validate = (value: unknown) => {
    const message = check(value)
    return message === undefined ? { value: value as T } : { issues: [{ message, path: ['amount'] }] }
  }
  return {
    '~standard': { version: 1, vendor: 'test', validate: later ? async (value) => validate(value) : validate },
  }
}

interface Order {
  amount: bigint
}
interface Receipt {
  total: bigint
}
const amountOf = (value: unknown) => (value as Partial<Order> | null)?.amount
const order = schema<Order>((value) => (typeof amountOf(value) === 'bigint' ? undefined : 'must be a bigint'))
const receipt = schema<Receipt>((value) => (typeof (value as Receipt).total === 'bigint' ? undefined : 'no total'), true)
const shop = defineProtocol({
  name: 'shop',
  messages: { order, receipt },
  rateLimits: { order: { messagesPerS: 1_000 } },
})
const sessions = defineResource({ type: 'session', data: order })

async function pair() {
  const net = createTestNetwork({ latencyMs: 5 })
  const seller = net.createPeer({ peerId: 'seller' })
  const buyer = net.createPeer({ peerId: 'buyer' })
  await net.run(seller.start())
  await net.run(buyer.connectToPeer(net.addressOf(seller)))
  return { net, seller, buyer }
}

const codeOf = (failing: Promise<unknown>): Promise<P2PErrorCode> =>
  failing.then(
    () => 'resolved' as never,
    (error) => error.code,
  )

describe('a typed protocol', () => {
  it('brings checked payloads to the handler, and a checked answer back', async () => {
    const { net, seller, buyer } = await pair()
    const got: [bigint, string][] = []
    const stop = seller.handle(shop, {
      async order({ amount }, from, reply) {
        got.push([amount, from.peerId])
        await reply('receipt', { total: amount * 5n })
      },
    })
    const answer = await net.run(buyer.for(shop).request('seller', 'order', { amount: 3n }))
    expect(answer.type === 'receipt' && answer.payload.total).toBe(15n)
    expect(got).toEqual([[3n, 'buyer']])
    await net.run(buyer.for(shop).send('seller', 'order', { amount: 4n }))
    const { sent } = await net.run(buyer.for(shop).broadcast('order', { amount: 5n }))
    await net.clock.advance(50)
    expect([sent, got.map(([amount]) => amount)]).toEqual([['seller'], [3n, 4n, 5n]])
    stop()
    expect(await codeOf(net.run(buyer.for(shop).request('seller', 'order', { amount: 3n })))).toBe('PROTOCOL_NOT_SUPPORTED')
    await net.stop()
  })

  it.each([
    ['a payload that its schema refuses', 'order', { amount: 3 }],
    ['a type that it does not have', 'refund', { amount: 3n }],
    ['a type that objects inherit', 'constructor', {}],
    ['a type that nothing is done with', 'receipt', { total: 1n }],
  ])('refuses %s, from a peer that checks nothing', async (_, type, payload) => {
    const { net, seller, buyer } = await pair()
    const got: unknown[] = []
    seller.handle(shop, { order: (payload) => got.push(payload) })
    const asked = buyer.request('seller', { type, payload, protocol: 'shop' })
    expect(await codeOf(net.run(asked))).toBe('INVALID_MESSAGE')
    expect(got).toEqual([])
    await net.stop()
  })

  it('sends nothing that its own schema refuses, and takes no such answer', async () => {
    const { net, seller, buyer } = await pair()
    seller.on('message', (message) => seller.reply(message, { type: 'receipt', payload: { total: 'much' } }))
    const wrong = buyer.for(shop).request('seller', 'order', { amount: 'much' } as never)
    await expect(net.run(wrong)).rejects.toThrow('The payload of order is not as its schema has it: amount: must be a bigint')
    expect(await codeOf(net.run(buyer.for(shop).request('seller', 'order', { amount: 3n })))).toBe('INVALID_MESSAGE')
    await net.stop()
  })

  it('infers its types', () => {
    const typed = (wallet: ReturnType<ReturnType<typeof createTestNetwork>['createPeer']>) => {
      // @ts-expect-error The schema has a bigint.
      wallet.for(shop).send('seller', 'order', { amount: 3 })
      // @ts-expect-error There is no such type.
      wallet.for(shop).send('seller', 'refund', { amount: 3n })
      // @ts-expect-error An order has no total.
      wallet.handle(shop, { order: ({ total }) => total })
      // @ts-expect-error The data have no such field.
      wallet.for(sessions).discover({ amuont: 3n })
    }
    expect(typed).toBeTypeOf('function')
    expect(() => defineProtocol({ name: 'lotus/shop', messages: {} })).toThrow('does not begin with lotus/')
  })
})

describe('a typed resource', () => {
  it('is announced and found, and what others announce in another form is left out', async () => {
    const { net, seller, buyer } = await pair()
    const told: [string, string][] = []
    const stop = buyer.for(sessions).watch({}, ({ resourceId }, change) => told.push([resourceId, change]))
    await net.run(seller.for(sessions).announce('s1', { amount: 5n }))
    await net.run(seller.announceResource('session', 's2', { amount: 'a lot' }))
    const found = await net.run(buyer.for(sessions).discover({ amount: { gte: 5n } }))
    expect(found.map(({ resourceId, data }) => [resourceId, data.amount])).toEqual([['s1', 5n]])
    expect(await net.run(buyer.for(sessions).discover({ amount: { gt: 5n } }))).toEqual([])
    expect((await net.run(buyer.for(sessions).get('s1')))?.data.amount).toBe(5n)
    expect(await net.run(buyer.for(sessions).get('s2'))).toBeNull()
    await net.run(seller.for(sessions).withdraw('s1'))
    await net.clock.advance(1_000)
    expect(told).toEqual([
      ['s1', 'added'],
      ['s1', 'removed'],
    ])
    stop()
    expect(await codeOf(seller.for(sessions).announce('s3', { amount: 5 } as never))).toBe('INVALID_RESOURCE')
    await net.stop()
  })
})

it('payloads that cannot travel do not compile', () => {
  const typed = (wallet: ReturnType<ReturnType<typeof createTestNetwork>['createPeer']>) => {
    interface Named {
      name: string
      when?: Date
      parts: readonly { bytes: Uint8Array; sats: bigint | null }[]
    }
    const named: Named = { name: 'n', parts: [] }
    wallet.sendTo('x', { type: 't', payload: named })
    wallet.sendTo('x', { type: 't', payload: named as unknown })
    wallet.announceResource<Named>('t', 'i', named)
    // @ts-expect-error A function cannot travel.
    wallet.sendTo('x', { type: 't', payload: { f: () => 1 } })
    // @ts-expect-error A Map cannot travel.
    wallet.broadcast({ type: 't', payload: new Map() })
    // @ts-expect-error Nor can it in an array.
    wallet.announceResource('t', 'i', [new Set()])
    // @ts-expect-error Nor can floats as bytes.
    wallet.publish('t', new Float64Array(1))
  }
  expect(typed).toBeTypeOf('function')
})
