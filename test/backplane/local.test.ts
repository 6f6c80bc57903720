import type { RelayBackplane } from '../../src/backplane/backplane.js'
import { LocalHub, localBackplane } from '../../src/backplane/local.js'
import { seededRandom } from '../../src/base/random.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { type Cluster, relayBackplaneCompliance } from '../compliance/relay-backplane.js'

/** Processes that share a hub, on the virtual clock. */
function localCluster(latencyMs = 1): Cluster & { hub: LocalHub; clock: VirtualClock } {
  const clock = new VirtualClock()
  const hub = new LocalHub({ clock, latencyMs, random: seededRandom(7) })
  const nodes = new Set<RelayBackplane>()
  return {
    hub,
    clock,
    async start(count) {
      const started = Array.from({ length: count }, () => localBackplane(hub))
      for (const node of started) {
        nodes.add(node)
        await clock.run(node.start(() => ({ peers: 0, maxPeers: 7, draining: false })))
      }
      return started
    },
    async kill(node) {
      hub.kill(node.nodeId)
    },
    async takeDown() {
      for (const { nodeId } of nodes) hub.cut(nodeId)
    },
    async bringUp() {
      for (const { nodeId } of nodes) hub.heal(nodeId)
    },
    run: (promise) => clock.run(promise),
    async until(condition, atMostMs) {
      for (let passed = 0; !condition(); passed++) {
        if (passed > atMostMs) throw new Error(`Not within ${atMostMs} ms.`)
        await clock.advance(1)
      }
    },
    now: () => clock.elapsed(),
    async close() {
      for (const node of nodes) await clock.run(node.close())
    },
  }
}

relayBackplaneCompliance('the local one', async () => localCluster())
