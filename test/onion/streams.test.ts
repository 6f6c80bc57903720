import { afterEach, describe, expect, it } from 'vitest'
import { isP2PError } from '../../src/base/errors.js'
import { seededRandom } from '../../src/base/random.js'
import type { Plugin } from '../../src/core/plugin.js'
import type { P2PMessage } from '../../src/message/message.js'
import { musig2 } from '../../src/musig2/plugin.js'
import { softwareSigner } from '../../src/musig2/software-signer.js'
import { CellOrder, FrameReader, framed } from '../../src/onion/cell-order.js'
import { CellEnd } from '../../src/onion/stream-messages.js'
import { statements } from '../../src/statements/plugin.js'
import { keysOf, paymentOf, secretOf } from '../musig2/network.js'
import { verdictOf } from '../musig2/oracle.js'
import { dropper, type OnionNet, onionNetwork, onionWallet, pass, passing, readyWallet } from './wallets.js'

let open: OnionNet | undefined

afterEach(async () => {
  await open?.net.stop()
  open = undefined
})

describe('cells', () => {
  it('come in any order, twice, or with gaps, and are put right', () => {
    const order = new CellOrder()
    const cell = (n: number) => ({ bytes: Uint8Array.of(n), end: CellEnd.NO })
    const taken = [2, 0, 0, 3, 1, 2, 70, 4].flatMap((n) => order.take(n, cell(n)))
    expect(taken.map(({ bytes }) => bytes[0])).toEqual([0, 1, 2, 3, 4])
    expect(order.next).toBe(5)
  })

  it('carry frames wherever they are cut, and none that is too large', () => {
    const random = seededRandom(4)
    const frames = [0, 1, 5, 300, 4_000].map((length) => random.bytes(length))
    const all = Uint8Array.from(frames.flatMap((frame) => [...framed(frame)]))
    const reader = new FrameReader()
    const read: Uint8Array[] = []
    for (let at = 0; at < all.length; ) {
      const end = at + 1 + Math.floor(random.unit() * 700)
      read.push(...reader.push(all.slice(at, end)))
      at = end
    }
    expect(read).toEqual(frames)
    expect(() => new FrameReader().push(Uint8Array.of(0, 1, 0, 0))).toThrow(
      expect.toSatisfy((error) => isP2PError(error, 'PROTOCOL_VIOLATION')),
    )
  })
})

describe('a stream through the onion', () => {
  it('connects a peer that sees another identity, by no other way, both ways', async () => {
    open = await onionNetwork()
    const { net } = open
    const alice = await readyWallet(open)
    const bob = onionWallet(open)
    await net.run(bob.start())
    await net.clock.advance(5_000)
    const identity = alice.onion.identity('talk')
    const peer = await net.run(identity.connect(bob.peerId))
    expect(peer).toMatchObject({ peerId: bob.peerId, connection: { transport: 'onion', direct: false } })
    const ephemeral = await identity.peerId()
    expect(bob.getConnectedPeers().map(({ peerId }) => peerId)).toContain(ephemeral)
    expect(bob.isConnected(alice.peerId)).toBe(false)
    const coordinator = await identity.coordinator()
    const heard: P2PMessage[] = []
    coordinator.on('message', (message) => void heard.push(message))
    const payload = seededRandom(3).bytes(50_000)
    bob.on('message', (message) => {
      if (message.type === 'ask') void bob.reply(message, { type: 'answer', payload: message.payload })
    })
    const answer = await net.run(coordinator.request(bob.peerId, { type: 'ask', payload }, { timeoutMs: 120_000 }))
    expect(answer.payload).toEqual(payload)
    await net.run(bob.sendTo(ephemeral, { type: 'note', payload: 'hello' }))
    await net.clock.advance(10_000)
    expect(heard.map(({ payload }) => payload)).toEqual(['hello'])
    await passing(net, identity.close())
    await pass(net, 5_000)
    expect(bob.isConnected(ephemeral)).toBe(false)
  }, 60_000)

  it('loses nothing where hops lose a tenth of the packets', async () => {
    open = await onionNetwork({ pluginsOf: (i) => [dropper(0.04, i)] })
    const { net } = open
    const alice = await readyWallet(open)
    const bob = onionWallet(open)
    await net.run(bob.start())
    await net.clock.advance(5_000)
    const identity = alice.onion.identity('talk')
    await net.run(identity.connect(bob.peerId, { timeoutMs: 120_000 }))
    const coordinator = await identity.coordinator()
    bob.on('message', (message) => void bob.reply(message, { type: 'answer', payload: message.payload }))
    for (let i = 0; i < 5; i++) {
      const payload = seededRandom(i).bytes(8_000)
      const answer = await net.run(coordinator.request(bob.peerId, { type: 'ask', payload }, { timeoutMs: 300_000 }))
      expect(answer.payload).toEqual(payload)
    }
  }, 60_000)

  it('carries a signing session of three, of whom one is known to nobody', async () => {
    open = await onionNetwork()
    const { net } = open
    const signerOf = (member: number) => softwareSigner({ secretKeys: [secretOf(member)], now: () => net.clock.now() })
    const known = await Promise.all(
      [1, 2].map(async (member) => {
        const wallet = await (await onionWallet(open!).use(statements())).use(
          musig2({ signer: signerOf(member), allowFrom: () => true }),
        )
        wallet.musig2.on('request', ({ accept }) => void accept().catch(() => {}))
        await net.run(wallet.start())
        return wallet
      }),
    )
    const alice = await readyWallet(open)
    await net.clock.advance(10_000)
    await net.run(known[0]!.connectToPeer(known[1]!.peerId))
    const identity = alice.onion.identity('session', {
      plugins: () => [statements(), musig2({ signer: signerOf(0), allowFrom: () => true })],
    })
    for (const { peerId } of known) await net.run(identity.connect(peerId))
    const coordinator = await identity.coordinator()
    const ids = [await identity.peerId(), ...known.map(({ peerId }) => peerId)]
    const cosigners = Object.fromEntries(keysOf(3).map((key, member) => [Buffer.from(key).toString('hex'), ids[member]!]))
    const { keyset, transaction, spent } = paymentOf(3)
    const signed = await net.run(coordinator.musig2.sign({ keyset, transaction, spent, cosigners, purpose: 'Rent' }))
    expect(verdictOf(signed.transaction, spent)).toEqual({ txid: signed.txid, faults: [undefined] })
    for (const wallet of known) expect(wallet.isConnected(alice.peerId)).toBe(false)
  }, 120_000)

  it('takes no plugin that would show the address, and no identity that is fresh for each call', async () => {
    open = await onionNetwork()
    const { net } = open
    const alice = await readyWallet(open)
    const transport: Plugin = {
      name: 'other',
      attach(kit) {
        kit.addTransport(net.network.transport('other'))
        return {}
      },
    }
    const leaking = alice.onion.identity('leaking', { plugins: () => [transport] })
    await expect(leaking.coordinator()).rejects.toSatisfy((error) => isP2PError(error, 'INVALID_CONFIG'))
    const fresh = alice.onion.identity('fresh')
    await expect(fresh.connect(alice.peerId)).rejects.toSatisfy((error) => isP2PError(error, 'INVALID_CONFIG'))
  })
})
