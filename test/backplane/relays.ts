import { LocalHub, localBackplane } from '../../src/backplane/local.js'
import type { Clock } from '../../src/base/clock.js'
import { P2PError } from '../../src/base/errors.js'
import type { P2PCoordinator } from '../../src/coordinator.js'
import type { Plugin, PluginKit } from '../../src/core/plugin.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { oneWalker } from '../../src/node/backplane/one-walker.js'
import { Presence } from '../../src/node/backplane/presence.js'
import { SharedBans } from '../../src/node/backplane/shared-bans.js'
import { sharedBlame } from '../../src/node/backplane/shared-blame.js'
import { sharedRecords } from '../../src/node/backplane/shared-records.js'
import { sharedTopics } from '../../src/node/backplane/shared-topics.js'
import { relayServices } from '../../src/plugins/circuit/server/relay-services.js'
import { dhtNode } from '../../src/plugins/dht/node/plugin.js'
import { createTestNetwork } from '../../src/testing/test-network.js'
import type { FramePipe } from '../../src/transport/frames/frame-pipe.js'

/** Several processes of one relay in one network in memory, behind a balancer at `memory://relay`. */
export async function relayProcesses(
  count: number,
  {
    latencyMs = 1,
    seed = 1,
    bootstrap = [] as string[],
    scheme = 'memory' as 'memory' | 'ws',
    /** By how much the clock of each process is ahead, milliseconds. */
    aheadMs = [] as readonly number[],
  } = {},
) {
  const net = createTestNetwork({ latencyMs: 2, seed, scheme })
  const hub = new LocalHub({ clock: net.clock, latencyMs })
  const identity = identityFromSeed(new Uint8Array(32).fill(200))
  /** What peers that have gone to another process were told, by process. */
  const dropped: string[] = []
  const sockets: { n: number; connection: FramePipe }[] = []
  const start = async (n: number) => {
    const clock = clockAhead(net.clock, aheadMs[n] ?? 0)
    const backplane = localBackplane(hub, clock)
    const services = relayServices({ backplane })
    const walker = oneWalker(backplane)
    const blame = sharedBlame(backplane)
    let kit!: PluginKit
    const watched: Plugin = {
      name: 'watched',
      attach(given) {
        kit = given
        return {}
      },
    }
    const coordinator: P2PCoordinator = net.createPeer({
      host: `relay${n}`,
      identity,
      clock,
      // Its own one, which knows the backplane.
      dht: { mode: 'client' },
      bootstrap,
      plugins: [
        dhtNode({ mode: 'server', backplane }),
        services,
        sharedRecords(backplane),
        sharedTopics(backplane),
        walker,
        blame,
        watched,
      ],
    })
    const presence = new Presence({
      backplane,
      clock,
      drop: (peerId, error) => {
        dropped.push(`${n} ${error.code}`)
        coordinator.disconnectFromPeer(peerId, error).catch(() => {})
      },
    })
    coordinator.on('connected', ({ peerId }) => presence.connected(peerId, coordinator.getPeerLoad(peerId)!.process))
    coordinator.on('disconnected', ({ peerId }) => presence.disconnected(peerId))
    await net.run(backplane.start(() => ({ peers: coordinator.getConnectedPeers().length, maxPeers: 1_000, draining: false })))
    const bans = new SharedBans({ backplane, clock, coordinator })
    blame.begin(coordinator)
    walker.begin((peerId) => void coordinator.disconnectFromPeer(peerId).catch(() => {}))
    await net.run(coordinator.start())
    return { n, host: `relay${n}`, coordinator, backplane, presence, services, walker, bans, blame, kit }
  }
  const relays: Awaited<ReturnType<typeof start>>[] = []
  for (let n = 0; n < count; n++) relays.push(await start(n))
  return {
    net,
    hub,
    dropped,
    start,
    relays,
    relayId: encodePeerId(identity.publicKey),
    /** A wallet that the balancer sends where `at` says, whenever it dials. */
    wallet(at: () => number, seed: number) {
      const host = `wallet${seed}`
      const inner = net.network.transport(host)
      const transport = {
        ...inner,
        dial: async (address: string, options: Parameters<typeof inner.dial>[1]) => {
          if (address !== 'memory://relay') return inner.dial(address, options)
          const n = at()
          const connection = await inner.dial(`memory://relay${n}`, options)
          sockets.push({ n, connection: connection as FramePipe })
          return connection
        },
      }
      return net.createPeer({
        host,
        transport,
        listening: false,
        identity: identityFromSeed(new Uint8Array(32).fill(seed)),
        bootstrap: ['memory://relay'],
      })
    },
    /** A process ends without a goodbye. */
    kill(n: number) {
      const { host, backplane } = relays[n]!
      hub.kill(backplane.nodeId)
      net.network.crash(host)
      // Its system resets the connections that it had.
      for (const socket of sockets) {
        if (socket.n === n) socket.connection.end(new P2PError('CONNECTION_LOST', 'The connection was reset.'))
      }
    },
    async until(condition: () => boolean, atMostMs: number) {
      for (let passed = 0; !condition(); passed += 5) {
        if (passed > atMostMs) throw new Error(`Not within ${atMostMs} ms.`)
        await net.clock.advance(5)
      }
    },
    async stop() {
      for (const { backplane, presence, walker, bans, blame } of relays) {
        for (const part of [presence, walker, bans, blame]) part.close()
        await net.run(backplane.close())
      }
      await net.stop()
    },
  }
}

/** The clock of a machine on which it is later: time passes as elsewhere. */
function clockAhead(clock: Clock, aheadMs: number): Clock {
  return {
    now: () => clock.now() + aheadMs,
    elapsed: () => clock.elapsed?.() ?? clock.now(),
    setTimeout: (run, ms) => clock.setTimeout(run, ms),
    clearTimeout: (timer) => clock.clearTimeout(timer),
  }
}
