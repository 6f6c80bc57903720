import { afterEach, expect, it } from 'vitest'
import { identityFromSeed } from '../../src/identity/identity.js'
import { relayProcesses } from './relays.js'

let cluster: Awaited<ReturnType<typeof relayProcesses>>
afterEach(() => cluster.stop())

const connectedAt = () => cluster.relays.map(({ coordinator }) => coordinator.getConnectedPeers().length)
const heldAt = () => cluster.relays.map(({ presence }) => presence.getStats().heldPeers)

it('a wallet that connects elsewhere is dropped where it was, and found where it is', async () => {
  cluster = await relayProcesses(3)
  const { net, relays, wallet, until } = cluster
  let at = 0
  const alice = wallet(() => at, 1)
  await net.run(alice.start())
  await until(() => heldAt()[0] === 1, 100)
  // The socket to the first dies unnoticed there.
  at = 1
  net.network.partition(['wallet1'], ['relay0'])
  await until(() => connectedAt()[1] === 1, 120_000)
  await until(() => heldAt().join() === '0,1,0', 3_000)
  net.network.heal()
  await until(() => connectedAt().join() === '0,1,0', 60_000)
  expect(await net.run(relays[2]!.backplane.askPeer(alice.peerId, 'who', new Uint8Array(0)))).toBeDefined()
})

it('the same identity in two processes of a wallet: the newer has the place, the older hears REPLACED', async () => {
  cluster = await relayProcesses(2)
  const { net, wallet, until } = cluster
  const older = wallet(() => 0, 1)
  const errors: string[] = []
  older.on('error', ({ code }) => errors.push(code))
  await net.run(older.start())
  await until(() => heldAt()[0] === 1, 100)
  const newer = net.createPeer({
    host: 'other',
    listening: false,
    identity: identityFromSeed(new Uint8Array(32).fill(1)),
    bootstrap: ['memory://relay1'],
  })
  await net.run(newer.start())
  await until(() => heldAt().join() === '0,1', 100)
  await until(() => errors.length > 0, 1_000)
  expect(errors).toEqual(['REPLACED'])
  expect(newer.status).toBe('online')
})

it('of two at the same moment one stays, whatever the order of their words', async () => {
  for (const latencyMs of [1, 5, 20]) {
    cluster = await relayProcesses(2, { latencyMs })
    const { net, relays, dropped, until, stop } = cluster
    const key = relays[0]!.coordinator.peerId
    // As if one wallet had connected to both at once.
    for (const { presence, n } of relays) presence.connected(key, `process${n}`)
    await until(() => dropped.length > 0, 1_000)
    await net.clock.advance(1_000)
    expect(dropped).toHaveLength(1)
    expect(heldAt().reduce((sum, held) => sum + held)).toBe(1)
    if (latencyMs !== 20) await stop()
  }
})

const HOUR_MS = 3_600_000
/** By how much the clocks of two processes are ahead. */
const CLOCKS = [
  ['whose clocks are equal', [0, 0]],
  ['of which the first has a clock an hour ahead', [HOUR_MS, 0]],
  ['of which the second has a clock an hour ahead', [0, HOUR_MS]],
  ['of which the first has a clock of the next decade', [90_000 * HOUR_MS, 0]],
] as const

it.each(CLOCKS)(
  'of processes %s nothing is believed that was claimed while the backplane was away: the newer has the peer',
  async (_, aheadMs) => {
    cluster = await relayProcesses(2, { aheadMs })
    const { net, relays, hub, dropped, until } = cluster
    const key = relays[0]!.coordinator.peerId
    relays[0]!.presence.connected(key, 'one')
    await until(() => heldAt()[0] === 1, 100)
    for (const { backplane } of relays) hub.cut(backplane.nodeId)
    await net.clock.advance(1_000)
    relays[1]!.presence.connected(key, 'two')
    await net.clock.advance(1_000)
    expect(dropped).toEqual([])
    for (const { backplane } of relays) hub.heal(backplane.nodeId)
    await until(() => dropped.length > 0, 100)
    await net.clock.advance(1_000)
    expect(dropped).toEqual(['0 REPLACED'])
    expect(heldAt()).toEqual([0, 1])
  },
)

it.each(CLOCKS)('of processes %s one that was frozen finds, when it wakes, that its peers have gone', async (_, aheadMs) => {
  cluster = await relayProcesses(2, { aheadMs })
  const { net, relays, hub, dropped, until } = cluster
  const key = relays[0]!.coordinator.peerId
  relays[0]!.presence.connected(key, 'one')
  await until(() => heldAt()[0] === 1, 100)
  await net.clock.advance(100)
  hub.freeze(relays[0]!.backplane.nodeId)
  relays[1]!.presence.connected(key, 'one')
  // The holder does not answer.
  await until(() => heldAt()[1] === 1, 4_000)
  await net.clock.advance(8_000)
  expect(relays[1]!.backplane.nodes()).toHaveLength(1)
  hub.thaw(relays[0]!.backplane.nodeId)
  await until(() => dropped.length > 0, 3_000)
  expect(dropped).toEqual(['0 DUPLICATE_CONNECTION'])
  expect(heldAt()).toEqual([0, 1])
})

it('a wallet that reaches two processes at once is left its choice; the other one takes it when the first lets go, or after a second', async () => {
  cluster = await relayProcesses(2)
  const { net, relays, dropped, until } = cluster
  const [first, second] = relays.map(({ presence }) => presence)
  const key = relays[0]!.coordinator.peerId
  first!.connected(key, 'one')
  await until(() => heldAt().join() === '1,0', 100)
  second!.connected(key, 'one')
  await net.clock.advance(300)
  expect(heldAt()).toEqual([1, 0])
  first!.disconnected(key)
  await until(() => heldAt().join() === '0,1', 150)
  expect(dropped).toEqual([])
  first!.connected(key, 'one')
  await net.clock.advance(800)
  expect(dropped).toEqual([])
  await until(() => heldAt().join() === '1,0', 400)
  expect(dropped).toEqual(['1 DUPLICATE_CONNECTION'])
})
