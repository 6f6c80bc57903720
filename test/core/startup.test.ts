import { describe, expect, it } from 'vitest'
import * as core from '../../src/core.js'
import { P2PCoordinator } from '../../src/index.js'
import { VirtualClock } from '../../src/testing/index.js'

/** Longer than any part waits before it does something by itself, had the coordinator been started. */
const A_WHILE_MS = 3_600_000

/** An identity that shows its key to the check of the option, and fails whoever reads it again. In a tab, deriving it takes 20 ms. */
function shownOnce(): { identity: core.Identity; reads: () => number } {
  const publicKey = core.identityFromSeed(new Uint8Array(32).fill(7)).publicKey
  let reads = 0
  const identity = {
    get publicKey() {
      reads++
      if (reads > 1) throw new Error('The key was read.')
      return publicKey
    },
    sign: () => Promise.reject(new Error('Something was signed.')),
  }
  return { identity, reads: () => reads }
}

/** As much of WebRTC as its plugin looks at while it is attached. */
class NoConnection {}
const implementation = { RTCPeerConnection: NoConnection } as unknown as core.RtcImplementation

const PLUGINS: Record<string, () => core.Plugin> = {
  webRtc: () => core.webRtc({ implementation }),
  httpFallback: () => core.httpFallback(),
  proofOfWork: () => core.proofOfWork({ difficulty: 8 }),
  topics: () => core.topics(),
  'topics of a router': () => core.topics({ router: true }),
  dhtWalk: () => core.dhtWalk(),
  eclipseWatch: () => core.eclipseWatch(),
  broadcastChannel: () => core.broadcastChannel(),
  statements: () => core.statements(),
}

describe('a coordinator that is only constructed reads no key', () => {
  const unread = async (make: (identity: core.Identity, clock: VirtualClock) => { status: string }) => {
    const { identity, reads } = shownOnce()
    const clock = new VirtualClock()
    expect(make(identity, clock).status).toBe('offline')
    await clock.advance(A_WHILE_MS)
    expect(reads()).toBe(1)
  }

  it('with the core alone', () => unread((identity, clock) => new core.P2PCoordinator({ identity, clock })))

  for (const [name, plugin] of Object.entries(PLUGINS)) {
    it(`with the core and ${name}`, () =>
      unread((identity, clock) => new core.P2PCoordinator({ identity, clock, plugins: [plugin()] })))
  }

  it('with all of lotus-p2p', () =>
    unread((identity, clock) => {
      const bootstrap = ['wss://relay.example']
      return new P2PCoordinator({ identity, clock, bootstrap, anchors: bootstrap, webrtc: { implementation }, powDifficulty: 8 })
    }))
})
