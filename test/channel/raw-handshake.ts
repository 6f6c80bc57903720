import { DEFAULT_LIMITS } from '../../src/base/limits.js'
import { createChannelKeys } from '../../src/channel/certificate.js'
import { encodeDescription, type OwnDescription } from '../../src/channel/description.js'
import { Handshake } from '../../src/channel/handshake.js'
import type { NoiseChannel } from '../../src/channel/noise.js'
import type { Identity } from '../../src/identity/identity.js'

/** A handshake on the real clock, and the bytes of a description, for peers that keep to nothing after it. */
export async function rawHandshake(identity: Identity, described: Partial<OwnDescription> = {}) {
  const keys = await createChannelKeys(identity, 'lotus', Date.now())
  const local = { network: 'lotus', session: crypto.getRandomValues(new Uint8Array(16)), keys: async () => keys }
  const handshake = new Handshake(true, local, DEFAULT_LIMITS, { now: () => Date.now() })
  const streams = crypto.getRandomValues(new Uint8Array(8))
  const description = encodeDescription({ agent: 'raw', protocols: [], addresses: [], streams, ...described }, DEFAULT_LIMITS)
  return { handshake, description }
}

/** The last frame of an initiator and its channel, once the answer is there. */
export async function finish(handshake: Handshake, answer: Uint8Array): Promise<{ frame: Uint8Array; noise: NoiseChannel }> {
  await handshake.receive(answer)
  return handshake.confirm()
}
