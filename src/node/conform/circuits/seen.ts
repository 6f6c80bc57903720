import { joined } from '../../../base/bytes.js'
import type { Bench } from '../bench.js'
import type { Channel, Got } from '../channel.js'
import { Frame, HEARTBEAT, offerBytes, random } from '../wire.js'

/** What a frame in a circuit costs beside its length. */
export const FRAME_COST = 128

/** Message 1 of somebody. */
export const firstFrame = (bench: Bench): Uint8Array =>
  joined(Uint8Array.of(Frame.NOISE), random(32), offerBytes(bench.options.network))

export const closeOf = (channel: Channel, id: number): Promise<Got | undefined> =>
  channel.message(({ type, payload, protocol }) => type === 'close' && payload?.[0] === id && protocol !== HEARTBEAT)

export const closes = (channel: Channel, id: number): Got[] =>
  channel.messages.filter(({ type, payload }) => type === 'close' && payload?.[0] === id)
