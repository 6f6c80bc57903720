import { describe, expect, it } from 'vitest'
import type { P2PCoordinator } from '../../src/coordinator.js'
import type { ProofOfWorkEvent } from '../../src/index.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import { createTestNetwork } from '../../src/testing/index.js'

const EPOCH_MS = 604_800_000

function events(peer: P2PCoordinator): ProofOfWorkEvent[] {
  const seen: ProofOfWorkEvent[] = []
  peer.on('proof-of-work', (event) => void seen.push(event))
  return seen
}

describe('a peer that demands work', () => {
  it('is connected to in one call, after the work, which is told of', async () => {
    const net = createTestNetwork()
    const relay = net.createPeer({ powDifficulty: 8 })
    const alice = net.createPeer()
    const seen = events(alice)
    await net.run(relay.start())
    await net.run(alice.connectToPeer(net.addressOf(relay)))
    expect(alice.isConnected(relay.peerId)).toBe(true)
    expect(seen[0]).toMatchObject({ state: 'mining', bits: 8, hashes: 0, expectedHashes: 256, address: net.addressOf(relay) })
    expect(seen.at(-1)).toMatchObject({ state: 'done', bits: 8 })
    expect(alice.getStats().peers).toMatchObject({ dialsFailed: 0 })
    await net.stop()
  })
})
