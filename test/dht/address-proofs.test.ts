import { describe, expect, it } from 'vitest'
import { AddressProofs } from '../../src/plugins/dht/node/address-proofs.js'
import { type Contact, contactOf } from '../../src/plugins/dht/walk/contact.js'
import { createTestNetwork } from '../../src/testing/test-network.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { told } from './told.js'

const node = (n: number, address = `wss://n${n}.example`) => contactOf(new Uint8Array(32).fill(n), told(address), 'lotus')

function setUp() {
  const clock = new VirtualClock()
  const proven = new Set<string>()
  const looked: { contact: Contact; end: (isThere: boolean) => void }[] = []
  const proofs = new AddressProofs({
    clock,
    isProven: ({ address, peerId }) => proven.has(`${address}#${peerId}`),
    look: (contact) =>
      new Promise<void>((resolve, reject) => {
        const end = (isThere: boolean) => {
          if (isThere) proven.add(`${contact.address}#${contact.peerId}`)
          if (isThere) resolve()
          else reject(new Error('Nobody.'))
        }
        looked.push({ contact, end })
      }),
  })
  const settle = () => clock.advance(1)
  return { clock, proofs, looked, settle }
}

describe('a node of the DHT', () => {
  it('proves an address before it tells it on, once, and leaves one alone that fails', async () => {
    const { clock, proofs, looked, settle } = setUp()
    expect([proofs.mayTell(node(1)), proofs.mayTell(node(1)), looked.length]).toEqual([false, false, 1])
    looked[0]!.end(true)
    await settle()
    expect([proofs.mayTell(node(1)), looked.length]).toEqual([true, 1])
    // Somebody else claims the same address: another key was proven there.
    expect(proofs.mayTell(node(2, 'wss://n1.example'))).toBe(false)
    expect(proofs.mayTell(node(3))).toBe(false)
    looked.at(-1)!.end(false)
    await settle()
    const before = looked.length
    const claimed = () => {
      for (let n = 4; n < 8; n++) proofs.mayTell(node(n, 'wss://n3.example'))
      return looked.length
    }
    expect(claimed()).toBe(before)
    // Nobody was reached: it is tried again soon by itself, twice, and then rests.
    await clock.advance(1_000)
    expect(claimed()).toBe(before + 1)
    looked.at(-1)!.end(false)
    await settle()
    await clock.advance(4_990)
    expect(claimed()).toBe(before + 1)
    await clock.advance(10)
    expect(claimed()).toBe(before + 2)
    looked.at(-1)!.end(false)
    await clock.advance(59_990)
    expect(claimed()).toBe(before + 2)
    await clock.advance(10)
    expect([proofs.mayTell(node(3)), looked.length]).toEqual([false, before + 3])
  })

  it('leaves an address alone where somebody else has answered', async () => {
    const { clock, proofs, looked } = setUp()
    proofs.want(node(1))
    looked[0]!.end(true)
    await clock.advance(59_000)
    for (let n = 2; n < 6; n++) proofs.mayTell(node(n, 'wss://n1.example'))
    expect(looked.length).toBe(1)
    await clock.advance(2_000)
    expect([proofs.mayTell(node(2, 'wss://n1.example')), looked.length]).toEqual([false, 2])
  })

  it('tries again by itself no more than sixty-four addresses at a time, however many are dead', async () => {
    const { clock, proofs, looked } = setUp()
    let ended = 0
    const failAll = async () => {
      while (ended < looked.length) {
        looked[ended++]!.end(false)
        await clock.advance(0)
      }
    }
    for (let n = 0; n < 200; n++) proofs.want(contactOf(new Uint8Array(32).fill(n), told(`wss://m${n}.example`), 'lotus'))
    await failAll()
    expect(ended).toBe(200)
    await clock.advance(1_000)
    await failAll()
    expect(ended).toBe(264)
  })

  it('tries no more than four at once, and keeps a bounded line of those that wait', async () => {
    const { proofs, looked, settle } = setUp()
    for (let n = 0; n < 1_000; n++) proofs.want(contactOf(new Uint8Array(32).fill(n), told(`wss://m${n}.example`), 'lotus'))
    let most = 0
    for (let done = 0; done < looked.length; ) {
      most = Math.max(most, looked.length - done)
      looked[done++]!.end(false)
      await settle()
    }
    expect(most).toBe(4)
    expect(looked.length).toBe(260)
    proofs.close()
    proofs.want(node(9))
    expect(looked.length).toBe(260)
  })

  it('that tells an address of somebody else is spread by nobody', async () => {
    const net = createTestNetwork({ scheme: 'ws', latencyMs: 5 })
    const relay = net.createPeer({ host: 'relay.example', dht: { mode: 'server' } })
    const honest = net.createPeer({ host: 'honest.example', dht: { mode: 'server' }, bootstrap: ['ws://relay.example'] })
    const liar = net.createPeer({
      host: 'liar.example',
      dht: { mode: 'server' },
      bootstrap: ['ws://relay.example'],
      announce: ['ws://victim.example'],
    })
    for (const peer of [relay, honest, liar]) await net.run(peer.start())
    await net.clock.advance(5_000)
    const asker = net.createPeer({ host: 'asker.example', listening: false, bootstrap: ['ws://relay.example'] })
    await net.run(asker.start())
    const { steps } = await net.run(asker.dht.trace('offer'))
    expect(steps.map(({ address }) => address).sort()).toEqual(['ws://honest.example', 'ws://relay.example'])
    await net.stop()
  })
})
