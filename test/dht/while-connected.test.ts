import { afterEach, describe, expect, it } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { resolveLimits } from '../../src/base/limits.js'
import type { P2PCoordinator } from '../../src/coordinator.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { Deposits } from '../../src/plugins/dht/node/deposits.js'
import { createRecord, type RecordContent, type VerifiedRecord, wireRecord } from '../../src/plugins/dht/records/record.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'
import type { Connection, Transport } from '../../src/transport/transport.js'
import { kitOf } from '../kit-of.js'

let net: TestNetwork
afterEach(() => net?.stop())

const identity = (n: number) => identityFromSeed(new Uint8Array(32).fill(n))

/** Two relays that know each other, a wallet at the first, and a viewer at each. */
async function setUp() {
  net = createTestNetwork({ latencyMs: 10 })
  const relays: P2PCoordinator[] = []
  for (const i of [0, 1]) {
    const relay = net.createPeer({ host: `relay${i}`, relay: true, bootstrap: i === 0 ? [] : ['memory://relay0'] })
    await net.run(relay.start())
    relays.push(relay)
  }
  await net.clock.advance(5_000)
  const open: Connection[] = []
  let isGone = false
  const tab = async (host: string, relay: number, n: number) => {
    const inner = net.network.transport(host)
    const dial: Transport['dial'] = async (address, options) => {
      if (isGone && host === 'wallet') throw new P2PError('PEER_UNREACHABLE', 'This machine is gone.')
      const connection = await inner.dial(address, options)
      if (host === 'wallet') open.push(connection)
      return connection
    }
    const transport: Transport = Object.assign(Object.create(inner), { dial })
    const peer = net.createPeer({
      host,
      transport,
      listening: false,
      bootstrap: [`memory://relay${relay}`],
      identity: identity(n),
    })
    await net.run(peer.start())
    await net.clock.advance(200)
    return peer
  }
  const wallet = await tab('wallet', 0, 50)
  const near = await tab('near', 0, 51)
  const far = await tab('far', 1, 52)
  const heard: string[] = []
  const begun = net.clock.now()
  const note = (who: string) => (_: unknown, change: string) =>
    void heard.push(`${who} ${change} ${Math.round((net.clock.now() - begun) / 1_000)}`)
  const watch = () => {
    near.watchResources('offer', {}, note('near'))
    far.watchResources('offer', {}, note('far'))
    return net.clock.advance(1_000)
  }
  /** What each viewer finds. */
  const found = async () => {
    const data: unknown[] = []
    for (const viewer of [near, far]) data.push((await net.run(viewer.discoverResources('offer'))).map(({ data }) => data))
    return data
  }
  /** Ends the sockets of the wallet, as a change of its network does. */
  const breakSockets = () => {
    for (const connection of open.splice(0)) connection.close()
  }
  /** The wallet's tab is closed: its sockets end without a word, and it does not come again. */
  const lose = () => {
    isGone = true
    breakSockets()
  }
  /** The wallet dials nobody any more, while its sockets stay. */
  const stayAway = () => {
    isGone = true
  }
  return { breakSockets, stayAway, relays, wallet, near, far, heard, watch, found, lose, tab }
}

const announce = (peer: P2PCoordinator, data: unknown, options = {}) =>
  net.run(peer.announceResource('offer', '1', data, { whileConnected: true, ...options }))

describe('a resource that is announced while its wallet is connected', () => {
  it('is gone within 6 s after the wallet has vanished, at every relay', async () => {
    const { wallet, watch, heard, found, lose } = await setUp()
    await watch()
    await announce(wallet, 'mine')
    await net.clock.advance(20_000)
    expect([await found(), heard]).toEqual([
      [['mine'], ['mine']],
      [expect.stringMatching(/added/), expect.stringMatching(/added/)],
    ])
    heard.length = 0
    lose()
    await net.clock.advance(4_900)
    expect([await found(), heard]).toEqual([[['mine'], ['mine']], []])
    await net.clock.advance(1_000)
    expect(heard.map((line) => line.replace(/ \d+$/, '')).sort()).toEqual(['far removed', 'near removed'])
    expect(await found()).toEqual([[], []])
  })

  it('is gone at once where the wallet has shut down', async () => {
    const { wallet, found } = await setUp()
    await announce(wallet, 'mine')
    await net.run(wallet.shutdown())
    await net.clock.advance(500)
    expect(await found()).toEqual([[], []])
  })

  /** The process of the wallet ends without a word, and another one with the same identity comes so many milliseconds later. */
  const restarted = async ({ tab, lose }: Awaited<ReturnType<typeof setUp>>, awayMs: number) => {
    lose()
    await net.clock.advance(awayMs)
    return tab('again', 0, 50)
  }

  it.each([0, 100, 2_000, 4_700])(
    'is gone within 11 s after another process has come that does not offer it (%s ms later)',
    async (awayMs) => {
      const parts = await setUp()
      await announce(parts.wallet, 'mine')
      await restarted(parts, awayMs)
      await net.clock.advance(10_500 - awayMs)
      expect(await parts.found()).toEqual([[], []])
    },
  )

  it('stays where the next process offers it again, and goes where that one offers another', async () => {
    const parts = await setUp()
    await announce(parts.wallet, 'mine')
    await net.run(parts.wallet.announceResource('offer', '2', 'other', { whileConnected: true }))
    const again = await restarted(parts, 1_000)
    await announce(again, 'mine too')
    await net.clock.advance(60_000)
    expect(await parts.found()).toEqual([['mine too'], ['mine too']])
  })

  it('goes though its process comes and goes without end', async () => {
    const parts = await setUp()
    await announce(parts.wallet, 'mine')
    parts.lose()
    for (let n = 0; n < 5; n++) {
      const again = await parts.tab(`again${n}`, 0, 50)
      await net.clock.advance(2_000)
      again.suspend()
      await net.clock.advance(300)
    }
    expect(await parts.found()).toEqual([[], []])
  })

  it('stays where the wallet comes back at once', async () => {
    const { wallet, watch, heard, found, breakSockets } = await setUp()
    await announce(wallet, 'mine')
    await watch()
    heard.length = 0
    breakSockets()
    await net.clock.advance(60_000)
    expect([await found(), heard]).toEqual([[['mine'], ['mine']], []])
  })

  it('stays where its relay has sent the wallet elsewhere: what the wallet left there says nothing of that', async () => {
    const { relays, wallet, found, stayAway } = await setUp()
    await announce(wallet, 'mine')
    stayAway()
    const moved = new P2PError('SHUT_DOWN', 'This relay process ends.', { details: { moved: true } })
    await net.run(relays[0]!.disconnectFromPeer(wallet.peerId, moved))
    await net.clock.advance(60_000)
    expect(await found()).toEqual([['mine'], ['mine']])
  })

  it('comes again with a wallet that was away for longer', async () => {
    const { wallet, found } = await setUp()
    await announce(wallet, 'mine')
    wallet.suspend()
    await net.clock.advance(20_000)
    expect(await found()).toEqual([[], []])
    await net.run(wallet.resume())
    await net.clock.advance(5_000)
    expect(await found()).toEqual([['mine'], ['mine']])
  })

  it.each([true, false])('stays where the wallet leaves one relay of two, published anew or not (%s)', async (republish) => {
    const { wallet, relays, found } = await setUp()
    await net.run(wallet.connectToPeer('memory://relay1'))
    await announce(wallet, 'mine', { republish })
    wallet.disconnectFromPeer(relays[1]!.peerId)
    await net.clock.advance(30_000)
    expect(wallet.isConnected(relays[1]!.peerId)).toBe(false)
    expect(await found()).toEqual([['mine'], ['mine']])
  })

  it('follows a wallet that loses its relay and goes to another', async () => {
    const { wallet, relays, found } = await setUp()
    await announce(wallet, 'mine')
    wallet.disconnectFromPeer(relays[0]!.peerId)
    await net.clock.advance(1_000)
    await net.run(wallet.connectToPeer('memory://relay1'))
    await net.clock.advance(30_000)
    expect(await found()).toEqual([['mine'], ['mine']])
  })

  it('stays for its TTL where it was announced anew without the condition', async () => {
    const { wallet, found, lose } = await setUp()
    await announce(wallet, 'mine')
    await announce(wallet, 'kept', { whileConnected: false })
    lose()
    await net.clock.advance(60_000)
    expect(await found()).toEqual([['kept'], ['kept']])
  })

  it('is that of the newest announcement where several were made', async () => {
    const { wallet, found, lose } = await setUp()
    for (let i = 0; i < 5; i++) await announce(wallet, i)
    expect(await found()).toEqual([[4], [4]])
    lose()
    await net.clock.advance(6_000)
    expect(await found()).toEqual([[], []])
  })

  it('leaves nothing behind: no timer, no withdrawal of what is withdrawn already', async () => {
    const { wallet, watch, heard, lose } = await setUp()
    await announce(wallet, 'mine')
    await watch()
    await net.run(wallet.withdrawResource('offer', '1'))
    await net.clock.advance(100)
    heard.length = 0
    lose()
    await net.clock.advance(60_000)
    expect(heard).toEqual([])
  })
})

describe('a publisher that leaves a thousand withdrawals and goes', () => {
  it('has them published sixteen at once: nobody else waits for all of them', async () => {
    net = createTestNetwork()
    const { clock } = net
    const published: string[] = []
    const deposits = new Deposits(clock, 5_000, ({ key }) => void published.push(key))
    const keep = (i: number) => deposits.keep({ publisher: 'p', key: `${i}` } as VerifiedRecord)
    for (let i = 0; i < 1_000; i++) keep(i)
    deposits.lost('p', true)
    expect(published).toHaveLength(16)
    await clock.advance(250)
    expect(published).toHaveLength(32)
    // One that comes back meanwhile has as long as others to say what it still stands for.
    deposits.back('p')
    await clock.advance(4_000)
    expect(published).toHaveLength(32)
    for (let i = 900; i < 1_000; i++) keep(i)
    await clock.advance(30_000)
    expect(published.length).toBe(900)
    expect(new Set(published).size).toBe(900)
    deposits.close()
    expect(clock.pending).toBe(0)
  })
})

describe('a withdrawal that is left at a server', () => {
  const limits = resolveLimits({})
  const KEY = 'resource:offer:1'
  const signed = async (n: number, content: Partial<RecordContent>) => {
    const whole = { key: KEY, sequence: 1, publishedAt: net.clock.now(), ttl: 3_600, ...content }
    return wireRecord(await createRecord(whole, { identity: identity(n) }, limits, 'lotus'))
  }
  const value = { data: 'mine', createdAt: 0 }

  it.each<[string, () => Promise<unknown>, string]>([
    ['of another key of the DHT', () => signed(60, { key: 'other', sequence: 2, withdrawn: true }), 'INVALID_RECORD'],
    ['of another publisher', () => signed(61, { sequence: 2, withdrawn: true }), 'INVALID_RECORD'],
    ['far above the record', () => signed(60, { sequence: 3, withdrawn: true }), 'INVALID_RECORD'],
    ['that withdraws nothing', () => signed(60, { sequence: 2, value }), 'INVALID_RECORD'],
    ['that is no record', async () => 'x', 'MALFORMED_DATA'],
    [
      'that is forged',
      async () =>
        (await signed(60, { sequence: 2, withdrawn: true }))!.map((part, i) => (i === 2 ? part.map((b) => b ^ 1) : part)),
      'INVALID_SIGNATURE',
    ],
  ])('is refused, and the record with it: one %s', async (_, make, code) => {
    const { relays, found, tab } = await setUp()
    const liar = await tab('liar', 0, 60)
    const payload = { record: await signed(60, { value }), withdrawal: await make() }
    const answer = await net.run(
      (await kitOf(liar)).request(relays[0]!.peerId, { type: 'store', payload, protocol: 'lotus/dht' }),
    )
    expect(answer.payload).toMatchObject({ stored: false, code })
    expect(await found()).toEqual([[], []])
  })

  it('is refused of whoever is not the publisher, so that nobody ends the record of another by leaving', async () => {
    const { relays, tab } = await setUp()
    const thief = await tab('thief', 0, 61)
    const payload = { record: await signed(60, { value }), withdrawal: await signed(60, { sequence: 2, withdrawn: true }) }
    const answer = await net.run(
      (await kitOf(thief)).request(relays[0]!.peerId, { type: 'store', payload, protocol: 'lotus/dht' }),
    )
    expect(answer.payload).toMatchObject({ stored: false, code: 'INVALID_RECORD' })
  })
})
