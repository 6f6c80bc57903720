import { afterEach, expect, test } from 'vitest'
import type { P2PMessage } from '../../src/index.js'
import { type OnionNet, onionNetwork, pass, readyWallet } from './wallets.js'

let open: OnionNet | undefined

afterEach(async () => {
  await open?.net.stop()
  open = undefined
})

/** Two wallets with mailboxes that are connected. */
async function twoWallets() {
  open = await onionNetwork()
  const { net } = open
  const alice = await readyWallet(open, { mail: 'quick' })
  const bob = await readyWallet(open)
  const got: P2PMessage[] = []
  bob.on('message', (message) => void got.push(message))
  await pass(net, 30_000)
  await net.run(alice.connectToPeer(bob.peerId))
  return { net, alice, bob, got }
}

test('what is sent by the onion goes to a mailbox, though its recipient is connected, and has its turn among what goes directly', async () => {
  const { net, alice, bob, got } = await twoWallets()
  const note = (payload: string) => ({ type: 'note', payload, protocol: 'notes' })
  const hidden = await net.run(alice.sendTo(bob.peerId, note('by the onion'), { queue: true, via: 'onion' }))
  const plain = await net.run(alice.sendTo(bob.peerId, note('directly'), { queue: true }))
  await pass(net, 60_000)
  expect(await hidden.outcome).toBe('mailed')
  expect(await plain.outcome).toBe('delivered')
  expect(got.map(({ payload, mailed = false }) => [payload, mailed])).toEqual([
    ['by the onion', true],
    ['directly', false],
  ])
}, 60_000)

test('without a mailbox in front of the onion there is no such way', async () => {
  open = await onionNetwork({ relays: 1 })
  const { net, addresses } = open
  const wallet = net.createPeer({ host: 'plain', listening: false, bootstrap: addresses })
  await net.run(wallet.start())
  const sent = net.run(wallet.sendTo('bob', { type: 'note', payload: null }, { queue: true, via: 'onion' }))
  await expect(sent).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
})
