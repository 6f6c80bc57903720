/**
 * Publish and subscribe, for every contestant that can: the loops and the clock are the same.
 *
 * @param subscribe (address, onPayload) → Promise        one more subscriber, by a node of its own
 * @param publisher (address) → Promise<publish(payload)> the node that publishes
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { concurrently, now } from './role.mjs'

/** Publications under way at once in a burst. */
const WIDTH = 16
/** Time without a delivery after which the missing ones are given up. */
const QUIET_MS = 20_000

const stamped = (bytes) => {
  const payload = new Uint8Array(bytes)
  new DataView(payload.buffer).setFloat64(0, now())
  return payload
}

export function topicCommands({ subscribe, publisher }) {
  let publish
  let times = []
  let lastAt = 0
  const heard = (payload) => {
    lastAt = now()
    times.push(lastAt - new DataView(payload.buffer, payload.byteOffset).getFloat64(0))
  }

  return {
    subscribeMany: ({ address, count }) => concurrently(count, 4, () => subscribe(address, heard)),

    async openPublisher({ address }) {
      publish = await publisher(address)
    },

    /** One at a time, so that each finds the machine at rest. */
    async publishSlowly({ samples, everyMs, bytes }) {
      for (let n = 0; n < samples; n++) {
        await publish(stamped(bytes))
        await sleep(everyMs)
      }
    },

    /** As fast as it goes; when the first was published. */
    async publishBurst({ count, bytes }) {
      const startedAt = now()
      await concurrently(count, WIDTH, () => publish(stamped(bytes)))
      return { startedAt }
    },

    /** Waits for so many deliveries, or until no more come, and begins anew. */
    async deliveries({ count, quietMs = QUIET_MS }) {
      const from = now()
      while (times.length < count && now() - Math.max(from, lastAt) < quietMs) await sleep(10)
      // One that comes twice comes soon after.
      await sleep(50)
      const result = { times, lastAt }
      times = []
      return result
    },
  }
}
