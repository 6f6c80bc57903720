import { systemClock } from '../../src/base/clock.js'
import { type Limits, resolveLimits } from '../../src/base/limits.js'
import { WebRtcEndpoint, type WebRtcOptions } from '../../src/plugins/webrtc/endpoint.js'
import type { RtcImplementation } from '../../src/plugins/webrtc/rtc-types.js'
import { TestHost } from '../circuit/test-network.js'
import { acceptor } from '../compliance/transport.js'

/** WebRTC for Node, or undefined where its binary is not there for this platform. */
export const polyfill: RtcImplementation | undefined = await import('node-datachannel/polyfill').catch((error) => {
  console.warn(`Tests of WebRTC over real data channels are SKIPPED: node-datachannel cannot be loaded (${error}).`)
  return undefined
})

export interface Side {
  host: TestHost
  endpoint: WebRtcEndpoint
  next: ReturnType<typeof acceptor>['next']
}

/** A peer that speaks WebRTC, not yet connected to anybody. */
export async function side(name: string, options: WebRtcOptions & { clock?: TestHost['clock'] } = {}): Promise<Side> {
  const { clock = systemClock, ...rest } = options
  const endpoint = new WebRtcEndpoint({ ...(polyfill && { implementation: polyfill }), ...rest })
  const host = new TestHost(name, clock).register(endpoint)
  const { accept, next } = acceptor()
  await endpoint.listen(accept)
  return { host, endpoint, next }
}

/** Alice and Bob, connected by some other path. Bob is the polite one. */
export async function twoSides(
  limits: Partial<Limits> = {},
  options: WebRtcOptions & { clock?: TestHost['clock'] } = {},
): Promise<[alice: Side, bob: Side, stop: () => Promise<unknown>]> {
  const all = { limits: resolveLimits(limits), ...options }
  const [alice, bob] = await Promise.all([side('alice', all), side('bob', all)])
  alice.host.connect(bob.host)
  return [alice, bob, () => Promise.all([alice.endpoint.close(), bob.endpoint.close()])]
}
