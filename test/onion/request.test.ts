import { afterEach, describe, expect, it } from 'vitest'
import { isP2PError } from '../../src/base/errors.js'
import type { P2PMessage } from '../../src/message/message.js'
import type { PeerInfo } from '../../src/protocol/peer-info.js'
import { type OnionNet, onionNetwork, readyWallet } from './wallets.js'

let open: OnionNet | undefined

afterEach(async () => {
  await open?.net.stop()
  open = undefined
})

async function network(options: Parameters<typeof onionNetwork>[0] = {}) {
  open = await onionNetwork(options)
  return open
}

describe('a wallet behind three hops', () => {
  it('has a ping answered by an exit', async () => {
    const { net } = await network()
    const wallet = await readyWallet(open!)
    const identity = wallet.onion.identity('test')
    const tookMs = await net.run(identity.ping())
    expect(tookMs).toBeGreaterThan(0)
    const { guards, hops, operators, sent, received } = wallet.onion.status()
    expect({ guards, hops, operators }).toEqual({ guards: 2, hops: 6, operators: 3 })
    expect(sent).toBeGreaterThan(0)
    expect(received).toBe(1)
  })

  it('announces, discovers, and takes back, by a key that is not its own', async () => {
    const { net } = await network()
    const wallet = await readyWallet(open!)
    const seller = wallet.onion.identity('sale')
    const announced = await net.run(seller.announce('offer', 'o1', { sats: 5n }, { ttl: 600, profile: 'quick' }))
    expect(announced.creatorPeerId).not.toBe(wallet.peerId)
    const buyer = (await readyWallet(open!)).onion.identity('fresh')
    const found = await net.run(buyer.discover('offer'))
    expect(found).toMatchObject([{ resourceId: 'o1', creatorPeerId: announced.creatorPeerId, data: { sats: 5n } }])
    await net.run(announced.withdraw())
    expect(await net.run(buyer.discover('offer'))).toEqual([])
  })

  it('asks a peer that sees an ephemeral key, and gets one answer', async () => {
    const { net } = await network()
    const alice = await readyWallet(open!)
    const bob = await readyWallet(open!)
    const seen: { message: P2PMessage; from: PeerInfo }[] = []
    bob.registerProtocol({
      protocolName: 'offers',
      anonymous: true,
      async handleMessage(message, from) {
        seen.push({ message, from })
        await bob.reply(message, { type: 'price', payload: { sats: 7n } })
      },
    })
    await net.clock.advance(10_000)
    const identity = alice.onion.identity('negotiation')
    const answer = await net.run(identity.request(bob.peerId, { type: 'ask', protocol: 'offers', payload: { what: 'coffee' } }))
    expect(answer).toMatchObject({ type: 'price', payload: { sats: 7n }, from: bob.peerId })
    expect(seen).toHaveLength(1)
    expect(seen[0]!.from).toMatchObject({ anonymous: true, peerId: await identity.peerId() })
    expect(seen[0]!.from.peerId).not.toBe(alice.peerId)
    expect(seen[0]!.message.timestamp % 60_000).toBe(0)
  })

  it('is refused by a handler that has not opted in', async () => {
    const { net } = await network()
    const alice = await readyWallet(open!)
    const bob = await readyWallet(open!)
    bob.registerProtocol({ protocolName: 'private', async handleMessage() {} })
    await net.clock.advance(10_000)
    const asking = net.run(alice.onion.identity('x').request(bob.peerId, { type: 'ask', protocol: 'private', payload: null }))
    await expect(asking).rejects.toSatisfy((error) => isP2PError(error, 'PROTOCOL_NOT_SUPPORTED'))
  })
})
