import { compareBytes } from '../../../src/base/bytes.js'
import { resolveLimits } from '../../../src/base/limits.js'
import { decode, encode } from '../../../src/message/codec.js'
import { Heartbeat } from '../../../src/peer/keep/heartbeat.js'
import { PeerUpdates } from '../../../src/peer/keep/peer-updates.js'
import { CircuitEndpoint } from '../../../src/plugins/circuit/endpoint.js'
import { CircuitRelay } from '../../../src/plugins/circuit/server/circuit-relay.js'
import { Introducer } from '../../../src/plugins/circuit/server/introducer.js'
import { PeerWatches } from '../../../src/plugins/circuit/watch-peers.js'
import { ConnectedServers } from '../../../src/plugins/dht/client/connected-servers.js'
import { ServerWatches } from '../../../src/plugins/dht/client/server-watches.js'
import { DhtServer } from '../../../src/plugins/dht/node/dht-server.js'
import { RecordStore } from '../../../src/plugins/dht/records/record-store.js'
import { RecordVerifier } from '../../../src/plugins/dht/records/record-verifier.js'
import { Topics } from '../../../src/plugins/topics/topics.js'
import { WebRtcEndpoint } from '../../../src/plugins/webrtc/endpoint.js'
import { Statements } from '../../../src/statements/statements.js'
import { VirtualClock } from '../../../src/testing/virtual-clock.js'
import { TestHost } from '../../circuit/test-network.js'
import { FakeRtc } from '../../webrtc/fake-rtc.js'
import { author, GAME, HONEST, PLAYERS, place, player } from '../samples.js'
import { Choices, check, checkRefusal, chunk, type FuzzTarget, joined, refusedOr } from '../target.js'

const limits = resolveLimits({
  maxRecords: 20,
  maxRecordsPerPublisher: 5,
  maxWatches: 10,
  maxWatchesPerPeer: 3,
  maxCircuits: 6,
  maxPeerWatches: 3,
  maxCircuitsPerPeer: 4,
  maxTopicsPerPeer: 4,
  maxTopics: 8,
  maxWebRtcSessions: 4,
  circuitWindowBytes: 4_096,
  maxStatementsPerMember: 4,
  maxStatementBytesPerMember: 600,
  maxStatementRoundsAhead: 2,
})

/** Everything that answers messages of the SDK's own protocols, as a relay that also listens runs it. */
export function handlers(clock: VirtualClock) {
  const store = new RecordStore({ clock, limits })
  const verifier = new RecordVerifier({ network: 'lotus', clock, limits })
  const relay = new CircuitRelay({ limits })
  const rtc = new FakeRtc()
  const circuits = new CircuitEndpoint({ limits })
  const webrtc = new WebRtcEndpoint({ limits, implementation: rtc })
  const topics = new Topics({ identity: author, limits, router: true })
  const statements = new Statements(player, { limits })
  const heartbeat = new Heartbeat({
    clock,
    limits,
    intervalMs: limits.heartbeatIntervalMs,
    pathOf: () => undefined,
    onMeasured: () => {},
    onDead: () => {},
  })
  const server = new DhtServer(store, verifier, { limits, clock })
  const introducer = new Introducer({ limits, canBeCalled: (peer) => relay.canBeCalled(peer) })
  const servers = new ConnectedServers(verifier, { limits })
  new ServerWatches(servers).watch('*', () => {})
  const all = [
    servers,
    server,
    relay,
    introducer,
    circuits,
    topics,
    webrtc,
    statements,
    heartbeat,
    new PeerUpdates({ limits, describe: () => ({ protocols: [], addresses: [] }), onUpdate: () => {} }),
  ]
  return { all, store, relay, rtc, circuits, webrtc, topics, statements, server, introducer }
}

/** The handlers of all protocols, and what a hostile and an honest neighbour do in turn, as the input says: nothing is thrown but errors of ours, and no table outgrows its limit. */
export const fuzz: FuzzTarget['fuzz'] = async (bytes) => {
  const choices = new Choices(bytes)
  const clock = new VirtualClock()
  const { all, store, relay, rtc, circuits, webrtc, topics, statements, server, introducer } = handlers(clock)
  const victim = new TestHost('victim', clock)
  const watches = new PeerWatches(victim, limits)
  victim.register(...all, watches)
  watches.add({}, () => {})
  const mallory = new TestHost('mallory', clock).register(new CircuitRelay({ limits }), new CircuitEndpoint({ limits }))
  const honest = new TestHost('honest', clock).register(new CircuitEndpoint({ limits }))
  // She is a member, and the third one is absent.
  Object.assign(mallory, { publicKey: author.publicKey })
  // What the honest messages call.
  Object.assign(honest, { publicKey: place })
  const session = statements.join({ ...GAME, members: PLAYERS })
  await session.say({ round: 0, slot: 'roll', value: Uint8Array.of(4) })
  await circuits.listen(() => {})
  await webrtc.listen(() => {})
  victim.connect(mallory)
  victim.connect(honest)
  while (choices.left > 0) {
    const act = choices.byte()
    if (act === 255) await clock.advance(choices.byte() * 100)
    else if (act === 254) victim.disconnect(mallory)
    else {
      if (!victim.links.has('mallory')) victim.connect(mallory)
      const [protocol, type] = HONEST[act % HONEST.length]!
      const payload = refusedOr(() => decode(choices.chunk()))
      const message = refusedOr(() => encode(payload)) && { protocol, type, payload }
      if (message !== undefined) await mallory.sendTo('victim', message)
    }
  }
  await clock.advance(0)
  for (const error of [...victim.errors, ...victim.rejected.map(({ error }) => error)]) checkRefusal(error)
  const stats = store.getStats()
  check(stats.records + stats.withdrawn <= limits.maxRecords, 'more records than the store may hold')
  check(server.getStats().watches <= limits.maxWatchesPerPeer * 2, 'more watches than two peers may have')
  check(introducer.watches <= 2 * limits.maxPeerWatches, 'more watches for peers than two peers may have')
  check(relay.getStats().circuits <= limits.maxCircuits, 'more circuits than the relay may have')
  check(topics.getStats().topics <= limits.maxTopics, 'more topics than may be')
  check(rtc.open.length <= limits.maxWebRtcSessionsPerPeer * 2, 'more peer connections than two peers may have')
  for (const liar of session.evidence) check(compareBytes(liar.publicKey, author.publicKey) === 0, 'somebody else has lied')
  const heard = Array.from({ length: limits.maxStatementRoundsAhead + 1 }, (_, round) => session.statements(round)).flat()
  for (const { publicKey } of heard) check(compareBytes(publicKey, PLAYERS[2]!) !== 0, 'a statement of somebody who is absent')
  check(heard.length <= limits.maxStatementsPerMember + 1, 'more statements than a member may make')
  victim.disconnect(mallory)
  victim.disconnect(honest)
  for (const handler of all) handler.onUnregister?.()
  await circuits.close()
  await webrtc.close()
  await clock.advance(limits.webRtcTimeoutMs + limits.requestTimeoutMs)
  check(
    server.getStats().watches === 0 && relay.getStats().circuits === 0 && introducer.watches === 0,
    'a peer that is gone is remembered',
  )
  check(rtc.open.length === 0, 'peer connections stay after the end')
}

export const seeds: FuzzTarget['seeds'] = () => {
  const messages = HONEST.map(([, , payload], i) => joined([i], chunk(encode(payload))))
  return [
    ...messages,
    joined(...messages.slice(10, 23)),
    joined(...messages.slice(23, 31)),
    joined(...messages.slice(31, 35)),
    joined(...messages.slice(35)),
  ]
}
