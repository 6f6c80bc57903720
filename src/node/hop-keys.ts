import { P2PError } from '../base/errors.js'
import { type NoiseKeyPair, platformX25519 } from '../channel/x25519.js'
import type { PluginKit } from '../core/plugin.js'
import { keyPairOf } from '../mail/hpke.js'
import { EPOCH_MARGIN_MS, EPOCH_S, epochAt, liveEpochs } from '../onion/messages.js'
import { ReplayCache } from './replay-cache.js'

const EPOCH_MS = 1_000 * EPOCH_S
/** The next key is told so long before its epoch begins: the record is renewed hourly, and directories are as old. */
const TOLD_AHEAD_MS = 21_600_000
/** How long the secret outlives its epoch: its last packets are answered with an error, and then nothing of it can be read by anybody. */
const KEPT_MS = 7_200_000
/** Tags in one entry of the store. */
const CHUNK_BYTES = 1_048_576

/** The key of a hop for one epoch. */
export interface HopKey {
  readonly epoch: number
  readonly keys: NoiseKeyPair
  /** What has been peeled with it. */
  readonly replays: ReplayCache
}

/**
 * The keys of a hop: one for each epoch, which is deleted two hours after the epoch, so that whoever seizes the hop later reads nothing.
 *
 * A key survives a restart only together with all that was peeled with it. So both are written as the process ends, and what was written is
 * deleted as the next one begins: after a crash the hop has fresh keys.
 */
export class HopKeys {
  private readonly byEpoch = new Map<number, HopKey>()

  constructor(private readonly kit: Pick<PluginKit, 'clock' | 'store' | 'report'>) {}

  /** Takes over what the process before has written, and makes what is missing. */
  async load(): Promise<void> {
    const { store, clock } = this.kit
    const names = await store.keys('onion/')
    for (const name of names) {
      const epoch = /^onion\/key\/(\d{1,10})$/.exec(name)?.[1]
      if (epoch === undefined || Number(epoch) < epochAt(clock.now() - KEPT_MS)) continue
      const secretKey = await store.get(name)
      const replays = new ReplayCache()
      for (const chunk of names.filter((other) => other.startsWith(`onion/replays/${epoch}/`))) {
        const bytes = await store.get(chunk)
        if (bytes !== undefined) replays.load(bytes)
      }
      if (secretKey?.length === 32) this.byEpoch.set(Number(epoch), { epoch: Number(epoch), keys: keyPairOf(secretKey), replays })
    }
    if (names.length > 0) await store.batch(names.map((key) => ({ key, delete: true })))
    this.turn()
  }

  /** Keys with which a packet that comes now may be peeled, the likeliest first: those that are taken, and those that are too old for it. */
  live(): { key: HopKey; isExpired: boolean }[] {
    const live = liveEpochs(this.kit.clock.now())
    return [...this.byEpoch.values()]
      .map((key) => ({ key, isExpired: !live.includes(key.epoch) }))
      .sort((a, b) => Number(a.isExpired) - Number(b.isExpired))
      .filter(({ key: { epoch }, isExpired }) => !isExpired || epoch < live[0]!)
  }

  /** Keys as the directory has them: that of this epoch, and near its end the next one. */
  told(): [epoch: number, key: Uint8Array][] {
    this.turn()
    const now = this.kit.clock.now()
    const epoch = epochAt(now)
    const told = epochAt(now + TOLD_AHEAD_MS) > epoch ? [epoch, epoch + 1] : [epoch]
    return told.map((each) => [each, this.byEpoch.get(each)!.keys.publicKey])
  }

  /** Makes the keys of the epochs to come, and deletes those of epochs that are over. @returns milliseconds until it is to be called again. */
  turn(): number {
    const now = this.kit.clock.now()
    const first = epochAt(now - KEPT_MS)
    for (const epoch of this.byEpoch.keys()) {
      if (epoch >= first) continue
      this.byEpoch.get(epoch)!.keys.secretKey.fill(0)
      this.byEpoch.delete(epoch)
    }
    for (const epoch of new Set([...liveEpochs(now), epochAt(now + TOLD_AHEAD_MS)])) {
      if (!this.byEpoch.has(epoch))
        this.byEpoch.set(epoch, { epoch, keys: platformX25519.generate(), replays: new ReplayCache() })
    }
    const turns = [KEPT_MS, -EPOCH_MARGIN_MS, -TOLD_AHEAD_MS].map(
      (after) => EPOCH_MS - ((((now - after) % EPOCH_MS) + EPOCH_MS) % EPOCH_MS),
    )
    return Math.min(...turns) + 1
  }

  /** Writes keys, and what was peeled with them, for the next process. Keys with more packets than are known exactly end here. */
  async save(): Promise<void> {
    const ops: { key: string; value: Uint8Array }[] = []
    for (const { epoch, keys, replays } of this.byEpoch.values()) {
      if (!replays.isExact) continue
      const tags = replays.toBytes()
      for (let at = 0; at < tags.length; at += CHUNK_BYTES) {
        ops.push({ key: `onion/replays/${epoch}/${at / CHUNK_BYTES}`, value: tags.slice(at, at + CHUNK_BYTES) })
      }
      ops.push({ key: `onion/key/${epoch}`, value: keys.secretKey.slice() })
    }
    this.byEpoch.clear()
    if (ops.length === 0) return
    await this.kit.store.batch(ops).catch((cause: unknown) => {
      this.kit.report(
        new P2PError('STORAGE_FAILED', 'The keys of the onion could not be kept. The hop will have fresh ones.', { cause }),
      )
    })
  }
}
