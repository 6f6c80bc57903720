import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { P2PCoordinator } from '../../src/index.js'
import { mailbox } from '../../src/mail/index.js'
import { onion } from '../../src/onion/index.js'
import { RelayChild } from '../node/relay-child.js'
import { FEW_BITS, groupOf } from './wallets.js'

const relays: RelayChild[] = []
const wallets: { shutdown(): Promise<void> }[] = []

beforeAll(async () => {
  for (let i = 0; i < 6; i++) {
    const bootstrap = relays.map(({ url }) => url)
    const onion = { operator: `operator${i % 3}`, bits: FEW_BITS, loops: false }
    relays.push(
      await RelayChild.start({
        allowPrivate: true,
        bootstrap,
        onion,
        mail: true,
        limits: { onionHopDirectoryMs: 500, onionHopDirectoryMinMs: 100 },
      } as never),
    )
  }
}, 60_000)

afterAll(async () => {
  await Promise.all(wallets.map((wallet) => wallet.shutdown()))
  for (const relay of relays) relay.kill()
})

async function walletOf() {
  const wallet = new P2PCoordinator({
    bootstrap: relays.slice(0, 3).map(({ url }) => url),
    allowPrivate: true,
    plugins: [mailbox({ strangers: { bits: 2 }, count: 1 }), onion({ hopAgeMs: 0, guardAgeMs: 0, groupOf })],
  })
  wallets.push(wallet)
  await wallet.start()
  return wallet
}

describe('six relay processes of three operators', { timeout: 60_000 }, () => {
  it('carry a ping, a lookup and a letter of a wallet that none of them knows', async () => {
    const alice = await walletOf()
    await alice.onion.ready({ timeoutMs: 50_000 })
    const identity = alice.onion.identity('test')
    expect(await identity.ping()).toBeGreaterThan(0)
    expect(await identity.discover('nothing')).toEqual([])
    const bob = await walletOf()
    bob.registerProtocol({
      protocolName: 'offers',
      anonymous: true,
      handleMessage: (message) => bob.reply(message, { type: 'price', payload: { sats: 7n } }),
    })
    while (bob.mail.card() === undefined) await new Promise((resolve) => setTimeout(resolve, 20))
    const answer = await identity.request(bob.peerId, { type: 'ask', protocol: 'offers', payload: null })
    expect(answer.payload).toEqual({ sats: 7n })
  })
})
