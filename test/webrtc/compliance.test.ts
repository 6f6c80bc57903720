import { test } from 'vitest'
import { transportCompliance } from '../compliance/transport.js'
import { polyfill, twoSides } from './rtc-network.js'

async function overMemory() {
  const [alice, bob, stop] = await twoSides({ maxWebRtcSessionsPerPeer: 64, maxWebRtcSignals: 4_096 })
  return { transport: alice.endpoint, address: 'webrtc:bob', next: bob.next, stop }
}

if (polyfill === undefined) test.skip('SKIPPED: node-datachannel cannot be loaded on this platform', () => {})
else {
  transportCompliance('WebRTC', overMemory, {
    unreachable: ['webrtc:nobody', 'PEER_NOT_CONNECTED'],
    invalid: ['webrtc:', `webrtc:${'x'.repeat(200)}`],
  })
}
