import { afterEach, expect, it } from 'vitest'
import { decodePeerId } from '../../src/identity/peer-id.js'
import { relayProcesses } from './relays.js'

let cluster: Awaited<ReturnType<typeof relayProcesses>>
afterEach(() => cluster.stop())

it('a record that one process stores, and its withdrawal, all have', async () => {
  cluster = await relayProcesses(3)
  const { net, relays, wallet, until } = cluster
  const [alice, bob] = [wallet(() => 0, 1), wallet(() => 1, 2)]
  await net.run(alice.start())
  await net.run(bob.start())
  await net.run(alice.announceResource('offer', 'x', { sats: 5n }))
  const kept = () =>
    relays.map(({ coordinator }) => [...coordinator.dht.store.scan('resource:*')].filter((r) => !r.withdrawn).length)
  await until(() => kept().join() === '1,1,1', 1_000)
  const found = await net.run(bob.discoverResources('offer'))
  expect(found.map(({ data }) => data)).toEqual([{ sats: 5n }])
  await net.run(alice.withdrawResource('offer', 'x'))
  await until(() => kept().join() === '0,0,0', 1_000)
})

it('a process that comes later has the records before it serves', async () => {
  cluster = await relayProcesses(1)
  const { net, relays, wallet, start } = cluster
  const alice = wallet(() => 0, 1)
  await net.run(alice.start())
  await net.run(alice.announceResource('offer', 'x', { sats: 5n }))
  relays.push(await start(1))
  expect([...relays[1]!.coordinator.dht.store.scan('resource:*')]).toHaveLength(1)
})

it('what no honest process appends to the log is stored nowhere', async () => {
  cluster = await relayProcesses(2)
  const { net, relays, wallet } = cluster
  const alice = wallet(() => 0, 1)
  await net.run(alice.start())
  await net.run(alice.announceResource('offer', 'x', { sats: 5n }))
  await net.clock.advance(100)
  const [entry] = relays[0]!.coordinator.dht.store.scan('resource:*')
  const { encode } = await import('../../src/message/codec.js')
  const forged = entry!.signature!.slice()
  forged[3]! ^= 1
  const { records } = relays[0]!.backplane
  await net.run(records.append('forged', encode([entry!.publicKey, entry!.payload, forged])))
  await net.run(records.append('garbage', Uint8Array.of(1, 2, 3)))
  await net.run(alice.announceResource('offer', 'y', { sats: 6n }))
  await net.clock.advance(100)
  expect([...relays[1]!.coordinator.dht.store.scan('resource:*')].map(({ key }) => key)).toHaveLength(2)
})

it('a watch of resources at one process hears what is announced at another one', async () => {
  cluster = await relayProcesses(2)
  const { net, wallet, until } = cluster
  const [alice, bob] = [wallet(() => 0, 1), wallet(() => 1, 2)]
  await net.run(alice.start())
  await net.run(bob.start())
  const seen: unknown[] = []
  bob.watchResources('offer', {}, ({ data }, change) => void seen.push([data, change]))
  await net.clock.advance(200)
  const since = net.clock.elapsed()
  await net.run(alice.announceResource('offer', 'x', { sats: 5n }))
  await until(() => seen.length === 1, 200)
  expect(seen).toEqual([[{ sats: 5n }, 'added']])
  expect(net.clock.elapsed() - since).toBeLessThan(100)
})

it('a watch of peers hears of those of all processes: of each that comes, moves and goes, and of a process that dies', async () => {
  cluster = await relayProcesses(3)
  const { net, wallet, kill, until } = cluster
  const [alice, bob, carol] = [wallet(() => 0, 1), wallet(() => 1, 2), wallet(() => 2, 3)]
  for (const peer of [alice, bob, carol]) peer.registerProtocol({ protocolName: 'chess', handleMessage: async () => {} })
  await net.run(alice.start())
  await net.run(bob.start())
  await net.clock.advance(300)
  const seen: string[] = []
  alice.watchPeers(
    { protocol: 'chess' },
    ({ peerId }, change) => void seen.push(`${peerId === bob.peerId ? 'bob' : 'carol'} ${change}`),
  )
  await until(() => seen.includes('bob added'), 1_000)
  await net.run(carol.start())
  await until(() => seen.includes('carol added'), 1_000)
  await net.run(bob.shutdown())
  await until(() => seen.includes('bob removed'), 5_000)
  kill(2)
  await until(() => seen.includes('carol removed'), 10_000)
  expect(seen).toEqual(['bob added', 'carol added', 'bob removed', 'carol removed'])
})

it('topics: a message goes once to each process that wants it, and to no other one', async () => {
  cluster = await relayProcesses(3)
  const { net, relays, wallet, until } = cluster
  const peers = [0, 1, 1, 2].map((at, i) => wallet(() => at, i + 1))
  for (const peer of peers) await net.run(peer.start())
  const [alice, bob, bill, carol] = peers
  const got: string[] = []
  const stops = [bob, bill].map((peer, i) => peer!.subscribe('offers', ({ payload }) => got.push(`b${i} ${payload}`)))
  await net.clock.advance(200)
  const before = relays.map(({ backplane }) => backplane.getStats().received.topic ?? 0)
  const { subscribers } = await net.run(alice!.publish('offers', 'one'))
  await until(() => got.length === 2, 500)
  await net.clock.advance(500)
  const after = relays.map(({ backplane }) => backplane.getStats().received.topic ?? 0)
  expect(got.sort()).toEqual(['b0 one', 'b1 one'])
  expect(after.map((count, i) => count - before[i]!)).toEqual([0, 1, 0])
  expect(subscribers).toBe(1)
  for (const stop of stops) stop()
  carol!.subscribe('offers', ({ payload }) => got.push(`c ${payload}`))
  await net.clock.advance(200)
  await net.run(alice!.publish('offers', 'two'))
  await until(() => got.length === 3, 500)
  expect(got.at(-1)).toBe('c two')
})

it('whoever one process bans, all do; a ban that is lifted is lifted by all', async () => {
  cluster = await relayProcesses(3)
  const { net, relays, wallet, until } = cluster
  let at = 0
  const alice = wallet(() => at, 1)
  await net.run(alice.start())
  relays[1]!.coordinator.ban(alice.peerId, { reason: 'Spam.', durationMs: 3_600_000 })
  const bans = () =>
    relays.map(({ coordinator }) =>
      coordinator
        .listBans()
        .map(({ id, reason }) => `${id} ${reason}`)
        .join(),
    )
  await until(() => bans().every((text) => text === `${alice.peerId} Spam.`), 500)
  await until(() => relays[0]!.coordinator.getConnectedPeers().length === 0, 500)
  at = 2
  await net.clock.advance(30_000)
  expect(relays[2]!.coordinator.getConnectedPeers()).toEqual([])
  relays[2]!.coordinator.unban(alice.peerId)
  await until(() => bans().every((text) => text === ''), 500)
})

it('faults at several processes count together: whoever moves on after each is banned as one who stays', async () => {
  cluster = await relayProcesses(3)
  const { net, relays, wallet, until } = cluster
  let at = 0
  const alice = wallet(() => at, 1)
  await net.run(alice.start())
  const publicKey = decodePeerId(alice.peerId)
  const faultsAt = (n: number) => relays[n]!.coordinator.reputationOf(alice.peerId).faults
  for (let fault = 1; fault <= 5; fault++) {
    await until(() => relays[at]!.coordinator.getConnectedPeers().length === 1, 30_000)
    const { kit, coordinator } = relays[at]!
    kit.blame(publicKey, 'MALFORMED_DATA', 'No message.')
    at = fault % 3
    await net.run(coordinator.disconnectFromPeer(alice.peerId))
    await until(() => relays.every((_, n) => faultsAt(n).offence === fault), 500)
    await net.run(alice.connectToPeer('memory://relay'))
  }
  // What was told is not told again, by anybody.
  await net.clock.advance(5_000)
  expect(relays.map((_, n) => faultsAt(n))).toEqual(relays.map(() => ({ offence: 5 })))
  // Forty points, of which fifty ban.
  for (let fault = 0; fault < 8; fault++) relays[at]!.kit.blame(publicKey, 'RATE_LIMITED', 'Too many.')
  await until(() => relays.every(({ coordinator }) => coordinator.listBans().some(({ id }) => id === alice.peerId)), 5_000)
})

it('a ban that is made while the backplane is away is written when it is back', async () => {
  cluster = await relayProcesses(2)
  const { net, hub, relays, until } = cluster
  for (const { backplane } of relays) hub.cut(backplane.nodeId)
  relays[0]!.coordinator.ban('address:203.0.113.7', { reason: 'Flood.' })
  await net.clock.advance(1_000)
  expect(relays[1]!.coordinator.listBans()).toEqual([])
  for (const { backplane } of relays) hub.heal(backplane.nodeId)
  await until(() => relays[1]!.coordinator.listBans().length === 1, 500)
  expect(relays[1]!.coordinator.listBans()[0]).toMatchObject({ id: 'address:203.0.113.7', reason: 'Flood.' })
})

it('a ban ends at the same moment at processes whose clocks differ by an hour, and at one that starts later', async () => {
  const HOUR_MS = 3_600_000
  cluster = await relayProcesses(2, { aheadMs: [HOUR_MS, 0, 2 * HOUR_MS, -HOUR_MS] })
  const { net, relays, start, until } = cluster
  const id = 'address:203.0.113.7'
  const banned = () => relays.filter(({ coordinator }) => coordinator.listBans().some((ban) => ban.id === id)).map(({ n }) => n)
  relays[1]!.coordinator.ban(id, { reason: 'Flood.', durationMs: HOUR_MS })
  await until(() => banned().length === 2, 500)
  await net.clock.advance(HOUR_MS / 4)
  for (const n of [2, 3]) relays.push(await start(n))
  await until(() => banned().length === 4, 500)
  await net.clock.advance(HOUR_MS / 2)
  expect(banned()).toEqual([0, 1, 2, 3])
  await net.clock.advance(HOUR_MS / 4 + 10_000)
  expect(banned()).toEqual([])
}, 120_000)

it('one process at a time dials other relays; after its death another one does', async () => {
  cluster = await relayProcesses(3, { bootstrap: ['memory://outside'] })
  const { net, relays, kill, until } = cluster
  const outside = net.createPeer({ host: 'outside', relay: true })
  const replaced: string[] = []
  outside.on('disconnected', (_, { code }) => replaced.push(code))
  await net.run(outside.start())
  const dialling = () => relays.filter(({ coordinator }) => coordinator.getPeer(outside.peerId) !== undefined).map(({ n }) => n)
  await until(() => dialling().length === 1, 20_000)
  await net.clock.advance(60_000)
  expect(dialling()).toHaveLength(1)
  expect(replaced).toEqual([])
  const [first] = dialling()
  expect(relays[first!]!.walker.leads).toBe(true)
  kill(first!)
  net.network.vanish(`relay${first}`)
  await until(() => dialling().some((n) => n !== first), 30_000)
})

it('whoever walks next knows the nodes that the last one knew, and needs no bootstrap peer', async () => {
  cluster = await relayProcesses(2, { bootstrap: ['ws://outside.example'], scheme: 'ws' })
  const { net, relays, kill, until } = cluster
  const outside = net.createPeer({ host: 'outside.example', relay: true })
  await net.run(outside.start())
  const farther = net.createPeer({ host: 'farther.example', dht: { mode: 'server' }, bootstrap: ['ws://outside.example'] })
  await net.run(farther.start())
  const walker = () => relays.findIndex(({ walker }) => walker.leads)
  const nodesOf = (n: number) => relays[n]!.coordinator.getStats().dht.network?.nodes
  await until(() => walker() !== -1, 20_000)
  const first = walker()
  await until(() => nodesOf(first) === 2, 120_000)
  await net.clock.advance(61_000)
  expect(nodesOf(1 - first)).toBe(0)
  await net.run(outside.shutdown())
  kill(first)
  net.network.vanish(`relay${first}`)
  await until(() => relays[1 - first]!.walker.leads, 20_000)
  await until(() => relays[1 - first]!.coordinator.getPeer(farther.peerId) !== undefined, 30_000)
})
