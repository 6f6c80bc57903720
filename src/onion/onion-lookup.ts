import type { Limits } from '../base/limits.js'
import type { WaitOptions } from '../base/wait.js'
import type { P2PMessage } from '../message/message.js'
import { type Ask, Exchanges } from '../plugins/dht/client/exchanges.js'
import type { FindOptions, Lookup, StoreOutcome } from '../plugins/dht/client/lookup.js'
import { type VerifiedRecord, wireRecord } from '../plugins/dht/records/record.js'
import { RecordMerge } from '../plugins/dht/records/record-merge.js'
import type { RecordVerifier } from '../plugins/dht/records/record-verifier.js'
import type { ProtocolHost } from '../protocol/handler.js'
import type { Asker } from './asker.js'
import type { OnionProfile } from './profile.js'

/** Records asked for by `get`, as of servers that are asked directly. */
const GET_RECORDS = 8
/** Bytes of answers that reply blocks are sent for at once. */
const ONE_RECORD = 4_000
const SEVERAL_RECORDS = 10_000

/** A DHT through the onion: an exit asks and stores for somebody whom it does not know. What it answers is verified as from any server. */
export class OnionLookup implements Lookup {
  readonly isReachable = true
  private readonly exchanges: Exchanges

  constructor(
    private readonly asker: Asker,
    verifier: RecordVerifier,
    private readonly limits: Limits,
    private readonly profile: OnionProfile,
  ) {
    this.exchanges = new Exchanges(verifier, limits)
    // An exit that answers wrongly cannot be disconnected: its answer does not count, and the next one comes from another.
    this.exchanges.open({ reject() {} } as unknown as ProtocolHost)
  }

  async store(entry: VerifiedRecord, { signal, timeoutMs }: WaitOptions = {}): Promise<StoreOutcome> {
    const record = wireRecord(entry)
    if (record === undefined) return { stored: [], refused: [] }
    let at = ''
    const ask: Ask = async ({ payload }) => {
      const { result, exit } = await this.asker.ask({
        action: 'store',
        args: [payload],
        profile: this.profile,
        signal,
        timeoutMs,
      })
      at = exit.id
      return { payload: result } as P2PMessage
    }
    const refusal = await this.exchanges.storeBy({ record, walk: true }, entry, ask, at)
    return refusal === undefined ? { stored: [at], refused: [] } : { stored: [], refused: [{ ...refusal, peerId: at }] }
  }

  get(key: string, options: FindOptions = {}): Promise<VerifiedRecord[]> {
    return this.find(key, { ...options, maxResults: options.maxResults ?? GET_RECORDS }, ONE_RECORD)
  }

  query(pattern: string, options: FindOptions = {}): Promise<VerifiedRecord[]> {
    return this.find(pattern, options, SEVERAL_RECORDS)
  }

  /** Exits come and go unseen. */
  onNewServer(): () => void {
    return () => {}
  }

  close(): void {
    this.exchanges.close()
  }

  private async find(
    key: string,
    { filters, maxResults, signal, timeoutMs }: FindOptions,
    answerBytes: number,
  ): Promise<VerifiedRecord[]> {
    const merge = new RecordMerge()
    let exits: ReadonlySet<string> | undefined
    const ask: Ask = async ({ type, payload }) => {
      const question = { action: 'find', args: [type, payload], profile: this.profile, exits, answerBytes }
      const { result, exit } = await this.asker.ask({ ...question, signal, timeoutMs })
      // The next page begins where this exit has ended the last one.
      exits = new Set([exit.id])
      return { payload: result } as P2PMessage
    }
    const payload = { key, ...(filters && { filters }), ...(maxResults !== undefined && { max: maxResults }) }
    await this.exchanges.readFrom(
      payload,
      ask,
      '',
      (entry) => merge.add(entry),
      (read) => read >= (maxResults ?? this.limits.maxQueryRecords),
    )
    return merge.all()
  }
}
