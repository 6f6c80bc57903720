import type { Bench } from '../bench.js'
import type { Channel } from '../channel.js'
import { type Check, ensure } from '../check.js'
import { Self } from '../self.js'
import { entry, HEARTBEAT, Kind, messageBytes, readUint } from '../wire.js'

export const VIOLATION = ['PROTOCOL_VIOLATION']

const pingBytes = (): Uint8Array => messageBytes({ type: 'ping', protocol: HEARTBEAT })
export const messageIn = (stream: number, bytes = pingBytes()): Uint8Array => entry(Kind.MESSAGE, Uint8Array.of(stream), bytes)

/** Plaintexts that break a clause, on a channel that has used the stream of lotus/heartbeat. */
type Breach = (channel: Channel, stream: number) => Uint8Array[]

/** Where each way to break the clause must end the channel. @param also what else the clause asks. */
export const endsAt = (
  clause: string,
  title: string,
  breaches: Record<string, Breach>,
  also: (bench: Bench) => Promise<void> = async () => {},
): Check => ({
  clause,
  title,
  async run(bench) {
    await Promise.all(
      Object.entries(breaches).map(async ([what, plaintexts]) => {
        const channel = await bench.dial({ pongs: false })
        await channel.alive()
        await channel.refuses(VIOLATION, what, ...plaintexts(channel, channel.streamOf(HEARTBEAT)))
      }),
    )
    await also(bench)
    return `PROTOCOL_VIOLATION for ${Object.keys(breaches).join('; ')}`
  },
})

/** The target itself breaks no such clause in what it sends. */
export const itself = (clause: string) => async (bench: Bench) => {
  const channel = await bench.dial()
  await channel.alive()
  const own = channel.broke.get(clause)
  ensure(own === undefined, `itself: ${own}`)
}

/** Two paths of one process: the first is in use, and nothing has been said on the second. */
export async function twoPaths(bench: Bench): Promise<{ first: Channel; second: Channel; self: Self }> {
  const self = await Self.create()
  // An answer to its ping would take a number of the stream.
  const first = await bench.dial({ self, pongs: false })
  await first.alive()
  return { first, second: await bench.dial({ self, speak: false, pongs: false }), self }
}

/** Sees that pings of given numbers were dropped, and the last one was not. */
export async function onlyLast(channel: Channel, ids: string[], what: string): Promise<void> {
  await channel.answer(ids.at(-1)!)
  const others = ids.slice(0, -1).filter((id) => channel.answerTo(id) !== undefined)
  ensure(others.length === 0, `${what}: ${others.length} of ${ids.length - 1} delivered`)
}

/** The numbers that SEQUENCE entries of a stream have named from some entry on. */
export const begunAt = (channel: Channel, stream: number, mark = 0): number[] =>
  channel.entries
    .slice(mark)
    .filter(({ kind, body }) => kind === Kind.SEQUENCE && body[0] === stream)
    .map(({ body }) => readUint(body.subarray(1, 7)))
