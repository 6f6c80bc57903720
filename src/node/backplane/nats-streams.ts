import type { JetStreamManager, StreamConfig, StreamInfo } from '@nats-io/jetstream'
import type { KV, Kvm } from '@nats-io/kv'

/** Error code of the JetStream API. */
const STREAM_NOT_FOUND = 10_059

/** What a stream is made with, beside how many servers have it. */
export type StreamToMake = Partial<Omit<StreamConfig, 'num_replicas'>> & { name: string }

/**
 * Makes a stream where it is missing.
 *
 * @param replicas servers that have it; where it is given, a stream that is there is changed to it. Default 1 for one that is made.
 */
export async function ensureStream(manager: JetStreamManager, stream: StreamToMake, replicas?: number): Promise<void> {
  const known = await infoOf(manager, stream.name)
  if (known === undefined) await manager.streams.add({ ...stream, num_replicas: replicas ?? 1 })
  else await replicate(manager, known, replicas)
}

/** Opens a bucket, of which the newest value of each key is kept, and makes it where it is missing. @param replicas as of `ensureStream`. */
export async function ensureBucket(manager: JetStreamManager, kvm: Kvm, bucket: string, replicas?: number): Promise<KV> {
  const known = await infoOf(manager, `KV_${bucket}`)
  if (known === undefined) return kvm.create(bucket, { history: 1, replicas: replicas ?? 1 })
  await replicate(manager, known, replicas)
  return kvm.open(bucket)
}

async function replicate(manager: JetStreamManager, { config }: StreamInfo, replicas: number | undefined): Promise<void> {
  if (replicas === undefined || config.num_replicas === replicas) return
  await manager.streams.update(config.name, { ...config, num_replicas: replicas })
}

async function infoOf(manager: JetStreamManager, stream: string): Promise<StreamInfo | undefined> {
  try {
    return await manager.streams.info(stream)
  } catch (error) {
    if (codeOf(error) === STREAM_NOT_FOUND) return undefined
    throw error
  }
}

/** The code of an error of the JetStream API. */
export function codeOf(error: unknown): number | undefined {
  const { code } = Object(error) as { code?: unknown }
  return typeof code === 'number' ? code : undefined
}
