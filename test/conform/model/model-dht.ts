import { compareBytes } from '../../../src/base/bytes.js'
import { verify } from '../../../src/identity/ed25519.js'
import { taggedBytes, taggedHash } from '../../../src/identity/envelope.js'
import { decode, encode } from '../../../src/message/codec.js'
import { type Anything, random } from '../../../src/node/conform/wire.js'
import type { ModelChannel } from './model-channel.js'
import { type Message, type ModelHandler, type ModelPeer, Refusal } from './model-peer.js'

const DHT = 'lotus/dht'
const PAGE_BYTES = 700_000
/** Nodes that the model claims to know. */
const NODES = 30

interface Stored {
  key: string
  publisher: string
  array: [Uint8Array, Uint8Array, Uint8Array]
  content: Anything
  cache: boolean
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Records at one server (D). */
export class ModelDht implements ModelHandler {
  readonly protocols = [DHT]
  private readonly records = new Map<string, Stored>()
  private readonly watches = new Map<ModelChannel, string[]>()
  private readonly deposits = new Map<string, Stored[]>()
  private readonly nodes = Array.from({ length: NODES }, () => random(32))

  constructor(private readonly peer: ModelPeer) {}

  async handle(channel: ModelChannel, { type, payload }: Message): Promise<Anything> {
    if (type === 'find-node') return { type: 'nodes', payload: { closer: this.closer(channel, payload.target) } }
    if (type === 'find-record' && !this.peer.breaks('D-17')) checkFilters(payload.filters)
    if (type === 'find-record') return { type: 'records', payload: this.found(payload) }
    if (type === 'watch') {
      const kept = this.watches.get(channel) ?? []
      if (kept.length >= 64 && !this.peer.breaks('D-11')) throw new Refusal('LIMIT_EXCEEDED')
      this.watches.set(channel, [...kept, payload.key])
      return { type: 'records', payload: this.found(payload) }
    }
    if (type !== 'store') throw new Refusal('INVALID_MESSAGE')
    const refusal = await this.store(channel, payload)
    if (refusal === undefined) return { type: 'stored', payload: { stored: true } }
    const { code, record } = refusal
    const ends = (code === 'INVALID_SIGNATURE' || code === 'MALFORMED_DATA') && !this.peer.breaks('D-5/stays')
    if (ends || (this.peer.breaks('D-5/ends') && code === 'INVALID_RECORD')) setTimeout(() => channel.close(code), 5)
    if (this.peer.breaks('D-5/silent') && ends) return undefined
    return { type: 'stored', payload: { stored: false, code, message: code, ...(record !== undefined && { record }) } }
  }

  left(channel: ModelChannel): void {
    this.watches.delete(channel)
    const deposits = this.deposits.get(channel.remoteId) ?? []
    this.deposits.delete(channel.remoteId)
    if (this.peer.breaks('D-10/never')) return
    const delayMs = this.peer.breaks('D-10/early') ? 500 : 5_000
    for (const stored of deposits) setTimeout(() => this.keep(stored, undefined), delayMs)
  }

  private async store(
    channel: ModelChannel,
    { record, depth, cache, withdrawal }: Anything,
  ): Promise<{ code: string; record?: unknown } | undefined> {
    const { peer } = this
    const stored = await this.verified(record, cache === true)
    if (typeof stored === 'string') return { code: stored }
    if (depth !== undefined && !stored.key.startsWith('resource:') && !peer.breaks('D-8')) return { code: 'INVALID_RECORD' }
    if (withdrawal !== undefined) {
      const deposit = await this.verified(withdrawal, false)
      if (typeof deposit === 'string') return { code: deposit }
      const fits =
        deposit.key === stored.key &&
        deposit.content.sequence === stored.content.sequence + 1 &&
        hexOf(channel.remoteKey) === stored.publisher &&
        deposit.publisher === stored.publisher
      if (!fits && !peer.breaks('D-10')) return { code: 'INVALID_RECORD' }
      this.deposits.set(channel.remoteId, [...(this.deposits.get(channel.remoteId) ?? []), deposit])
    }
    const known = this.records.get(`${stored.key} ${stored.publisher}`)
    if (known !== undefined && this.isOlder(stored, known)) {
      return { code: 'STALE_RECORD', record: peer.breaks('D-6') ? undefined : known.array }
    }
    this.keep(stored, channel)
    return undefined
  }

  private isOlder(stored: Stored, than: Stored): boolean {
    const { sequence } = stored.content
    if (sequence !== than.content.sequence) return sequence < than.content.sequence && !this.peer.breaks('D-3/sequence')
    const order = ({ array }: Stored) => taggedHash('record-tie', this.peer.network, array[1])
    return compareBytes(order(stored), order(than)) > 0 !== this.peer.breaks('D-3')
  }

  private keep(stored: Stored, storer: ModelChannel | undefined): void {
    this.records.set(`${stored.key} ${stored.publisher}`, stored)
    for (const [channel, keys] of this.watches) {
      if ((channel === storer && !this.peer.breaks('D-11/storer')) || !keys.includes(stored.key)) continue
      if (this.peer.breaks('D-11/push')) continue
      channel.session!.send({ type: 'record', protocol: 'lotus/dht-watch', payload: { record: stored.array } })
    }
  }

  private async verified(record: Anything, cache: boolean): Promise<Stored | string> {
    const { peer } = this
    const [publicKey, payload, signature] = record
    const holds = await verify(signature, taggedBytes('record', peer.network, payload), publicKey)
    if (!holds && !peer.breaks('D-1')) return 'INVALID_SIGNATURE'
    let content: Anything
    try {
      content = decode(payload, undefined, { canonical: !peer.breaks('E-6/record') })
    } catch {
      return 'MALFORMED_DATA'
    }
    const { key, publishedAt, ttl } = content
    if (typeof key !== 'string' || typeof publishedAt !== 'number') return 'MALFORMED_DATA'
    const isOver = publishedAt + ttl * 1_000 < Date.now()
    if ((isOver || publishedAt > Date.now() + 300_000) && !peer.breaks('D-2')) return 'INVALID_RECORD'
    const kept = peer.breaks('E-7') ? encode({ ...content, extra: 1 }) : payload
    return { key, publisher: hexOf(publicKey), array: [publicKey, kept, signature], content, cache }
  }

  private found({ key, after }: Anything) {
    const { peer } = this
    const prefix = key.endsWith('*') ? key.slice(0, -1) : undefined
    const fitting = [...this.records.values()]
      .filter(
        (stored) =>
          stored.content.withdrawn !== true && (prefix === undefined ? stored.key === key : stored.key.startsWith(prefix)),
      )
      .sort((a, b) => (`${a.key} ${a.publisher}` < `${b.key} ${b.publisher}` ? -1 : 1))
    const page: Stored[] = []
    let bytes = 0
    let more = false
    for (const stored of fitting) {
      if (after !== undefined && (stored.key < after[0] || (stored.key === after[0] && stored.publisher <= after[1]))) continue
      bytes += stored.array[1].length + 120
      if (bytes > PAGE_BYTES && !peer.breaks('D-4')) {
        more = !peer.breaks('D-4/more')
        break
      }
      page.push(stored)
    }
    const last = page.at(-1)
    const cached = page.some((stored) => stored.cache) && !peer.breaks('D-9')
    return {
      records: page.map(({ array }) => array),
      ...(more && { more, after: [last!.key, last!.publisher] }),
      ...(cached && { cached }),
    }
  }

  private closer({ remoteKey }: ModelChannel, target: Uint8Array) {
    const { peer } = this
    const distance = (key: Uint8Array) => taggedHash('dht-node', peer.network, key).map((byte, at) => byte ^ target[at]!)
    const known = peer.breaks('D-7/asker') ? [remoteKey] : this.nodes
    const sorted = [...known].sort((a, b) => compareBytes(distance(a), distance(b)))
    if (peer.breaks('D-7')) sorted.reverse()
    return sorted.slice(0, peer.breaks('D-7/many') ? 25 : 20).map((key) => [key, 'wss://node.example'])
  }
}

function checkFilters(filters: Anything = {}): void {
  const known = ['publisherId', 'publishedAfter', 'publishedBefore', 'where']
  const conditions = ['gt', 'gte', 'lt', 'lte', 'ne', 'in', 'contains', 'exists']
  const where = Object.values(filters.where ?? {}) as Anything[]
  const isGood =
    Object.keys(filters).every((key) => known.includes(key)) &&
    where.every((condition) => Object.keys(condition).every((key) => conditions.includes(key)))
  if (!isGood) throw new Refusal('MALFORMED_DATA')
}
