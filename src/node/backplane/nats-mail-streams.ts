import { randomBytes } from 'node:crypto'
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream'
import type { KV } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/transport-node'
import { P2PError } from '../../base/errors.js'
import { TTL_CLASS_S } from '../../mail/box.js'
import type { PlacedLetter } from '../../mail/messages.js'
import { kindOf } from '../../mail/server/box-usage.js'
import type { Deposit } from '../../mail/server/mail-store.js'
import { cursorOf } from '../../mail/server/memory-mail.js'
import { bucketOf } from './nats-mail-bucket.js'
import { TOO_MANY_FOR_SUBJECT } from './nats-mail-errors.js'
import type { IndexedLetter } from './nats-mail-index.js'
import { codeOf, ensureBucket, ensureStream } from './nats-streams.js'

/** A stream keeps a letter for so long after its time, seconds: the clocks of relays and of NATS servers differ. */
const STREAM_MARGIN_S = 3_600
/** Letters of one box, time to live and size that a stream takes, those that have expired or were given up included. */
const STREAM_LETTERS = 256
/** Repeats of a publication within this time are found by the server. */
const REPEATS_MS = 120_000
const READ_AT_ONCE = 16
/** Of the id of a publication. */
const ID_BYTES = 16
const NANOS = 1_000_000

const streamOf = (cluster: string, ttl: number) => `LOTUS_MAIL_${cluster}_${ttl}`

/** Streams and bucket of an open store. */
export interface Streams {
  js: JetStreamClient
  jsm: JetStreamManager
  kv: KV
  cluster: string
}

/**
 * Finds, or makes, streams and bucket.
 *
 * @param replicas servers that have each letter; what is there is changed to it. Default: as it is there, else 1.
 * @throws P2PError STORAGE_FAILED where a package is missing.
 */
export async function openStreams(
  connection: () => Promise<NatsConnection>,
  cluster: string,
  replicas: number | undefined,
): Promise<Streams> {
  const [{ jetstream, jetstreamManager }, { Kvm }] = await Promise.all([
    import('@nats-io/jetstream'),
    import('@nats-io/kv'),
  ]).catch((cause: unknown) => {
    const message = 'Mail in NATS needs packages: npm install @nats-io/transport-node @nats-io/jetstream @nats-io/kv'
    throw new P2PError('STORAGE_FAILED', message, { cause })
  })
  const link = await connection()
  const js = jetstream(link)
  const jsm = await jetstreamManager(link)
  for (const [ttl, seconds] of TTL_CLASS_S.entries()) {
    const stream = {
      name: streamOf(cluster, ttl),
      subjects: [`lotus.${cluster}.mail.${ttl}.>`],
      storage: 'file',
      max_age: (seconds + STREAM_MARGIN_S) * 1_000 * NANOS,
      discard: 'new',
      discard_new_per_subject: true,
      max_msgs_per_subject: STREAM_LETTERS,
      duplicate_window: REPEATS_MS * NANOS,
      allow_direct: true,
    }
    await ensureStream(jsm, stream as never, replicas)
  }
  const kv = await ensureBucket(jsm, new Kvm(js), bucketOf(cluster), replicas)
  return { js, jsm, kv, cluster }
}

/** Stores the bytes of a letter. @returns their sequence in the stream; undefined where it takes no more of that kind. */
export async function publishLetter({ js, cluster }: Streams, box: string, deposit: Deposit): Promise<number | undefined> {
  const { letter, ttl } = deposit
  const { bucket } = kindOf(deposit)
  // Each publication is a message of its own, so that whoever gives one up deletes no other's; a repeat of the client's is found by it.
  const msgID = randomBytes(ID_BYTES).toString('hex')
  try {
    const { seq } = await js.publish(`lotus.${cluster}.mail.${ttl}.${bucket}.${box}`, letter, { msgID })
    return seq
  } catch (error) {
    if (codeOf(error) === TOO_MANY_FOR_SUBJECT) return undefined
    throw error
  }
}

/** Reads letters, without those that are past their time by the server's clock. */
export async function readLetters({ jsm, cluster }: Streams, letters: readonly IndexedLetter[]): Promise<PlacedLetter[]> {
  const found = await inTurns(letters, async ({ number, ttl, sequence }): Promise<PlacedLetter | undefined> => {
    const message = await jsm.streams.getMessage(streamOf(cluster, ttl), { seq: sequence })
    return message === null ? undefined : [cursorOf(number), new Uint8Array(message.data)]
  })
  return found.filter((letter) => letter !== undefined)
}

/** Deletes letters. Those of which that fails go by their streams' time. */
export async function deleteLetters(
  { jsm, cluster }: Streams,
  letters: readonly Pick<IndexedLetter, 'ttl' | 'sequence'>[],
): Promise<void> {
  await inTurns(letters, ({ ttl, sequence }) =>
    jsm.streams.deleteMessage(streamOf(cluster, ttl), sequence, false).catch(() => {}),
  )
}

/** Some at once. */
export async function inTurns<T, Made>(items: readonly T[], task: (item: T) => Promise<Made>): Promise<Made[]> {
  const made: Made[] = []
  const queue = items.entries()
  const worker = async () => {
    for (const [i, item] of queue) made[i] = await task(item)
  }
  await Promise.all(Array.from({ length: Math.min(READ_AT_ONCE, items.length) }, worker))
  return made
}
