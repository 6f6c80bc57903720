import { setTimeout as pause } from 'node:timers/promises'
import { compareBytes } from '../../base/bytes.js'
import { taggedHash } from '../../identity/envelope.js'
import { encode } from '../../message/codec.js'
import type { Channel } from './channel.js'
import { type Check, ensure, NotObservable } from './check.js'
import { aRecord, DHT, freshKey, type OwnRecord, recordArray, SERVERS, store } from './records.js'
import { type Anything, random, rawMap } from './wire.js'

const MAX_ANSWER_BYTES = 786_432
const MAX_CONTACTS = 20

async function found(channel: Channel, key: string, more: object = {}): Promise<Anything> {
  const { type, payload } = await channel.ask('find-record', { key, ...more }, DHT)
  ensure(type === 'records' && Array.isArray(payload?.records), `\`find-record\` is answered by ${type} ${payload?.code ?? ''}`)
  return payload
}

async function stored(channel: Channel, record: OwnRecord, more: object = {}): Promise<void> {
  const { payload } = await store(channel, record, more)
  ensure(payload?.stored === true, `a good record is not stored: ${payload?.code}`)
}

async function notStored(
  channel: Channel,
  record: OwnRecord,
  codes: string[],
  what: string,
  more: object = {},
): Promise<Anything> {
  const { payload } = await store(channel, record, more)
  ensure(payload?.stored === false, `${what}: ${payload?.stored === true ? 'stored' : payload?.code}`)
  ensure(codes.includes(payload.code), `${what}: ${payload.code}`)
  return payload
}

const forged = (record: OwnRecord): OwnRecord => ({ ...record, signature: random(64) })

export const dhtChecks: Check[] = [
  {
    clause: 'D-1',
    profiles: SERVERS,
    title: 'stores no record whose signature does not hold',
    async run(bench) {
      const { network } = bench.options
      const channel = await bench.dial()
      const record = forged(await aRecord(channel.self, network))
      const id = channel.say({ type: 'store', protocol: DHT, payload: { record: recordArray(record) } })
      await channel.until(() => channel.answerTo(id) ?? (channel.isOver || undefined))
      ensure(channel.answerTo(id)?.payload?.stored !== true, 'stored')
      const { records } = await found(await bench.dial(), record.key)
      ensure(records.length === 0, 'a record with a chance signature is found')
      return 'not stored'
    },
  },
  {
    clause: 'D-2',
    profiles: SERVERS,
    title: 'refuses records that have ended or are dated ahead',
    async run(bench) {
      const { network } = bench.options
      const channel = await bench.dial()
      const at = (publishedAt: number) => aRecord(channel.self, network, { publishedAt })
      await notStored(channel, await at(Date.now() - 120_000), ['INVALID_RECORD'], 'a record that has ended')
      await notStored(channel, await at(Date.now() + 7 * 60_000), ['INVALID_RECORD'], 'a record dated 7 min ahead')
      await stored(channel, await at(Date.now() + 3 * 60_000))
      return 'INVALID_RECORD; 3 min ahead pass'
    },
  },
  {
    clause: 'D-3',
    profiles: SERVERS,
    title: 'keeps the record of the higher sequence, and of two equal ones that of the smaller hash',
    async run(bench) {
      const { network } = bench.options
      const channel = await bench.dial()
      const order = (record: OwnRecord) => taggedHash('record-tie', network, record.payload)
      for (const smallerFirst of [true, false]) {
        const key = freshKey()
        const pair = [
          await aRecord(channel.self, network, { key, value: 1 }),
          await aRecord(channel.self, network, { key, value: 2 }),
        ]
        const [smaller, larger] = pair.sort((a, b) => compareBytes(order(a), order(b))) as [OwnRecord, OwnRecord]
        for (const record of smallerFirst ? [smaller, larger] : [larger, smaller]) await store(channel, record)
        const { records } = await found(channel, key)
        ensure(records.length === 1, `${records.length} records of one key and publisher`)
        ensure(
          compareBytes(records[0][1], smaller.payload) === 0,
          'of two records of one sequence that of the larger hash is kept',
        )
        const next = await aRecord(channel.self, network, { key, sequence: 2 })
        await stored(channel, next)
        ensure(compareBytes((await found(channel, key)).records[0][1], next.payload) === 0, 'a higher sequence does not replace')
        await store(channel, smaller)
        ensure(compareBytes((await found(channel, key)).records[0][1], next.payload) === 0, 'a lower sequence replaces')
      }
      return 'the smaller hash, in either order; then the higher sequence'
    },
  },
  {
    clause: 'D-4',
    profiles: SERVERS,
    title: 'answers in pages of 786,432 bytes at most',
    async run(bench) {
      const { network } = bench.options
      const prefix = freshKey()
      const keys = Array.from({ length: 56 }, (_, i) => `${prefix}-${String(i).padStart(2, '0')}`)
      const channels = await Promise.all(Array.from({ length: 4 }, () => bench.dial()))
      await Promise.all(
        channels.map(async (channel, at) => {
          for (const key of keys.filter((_, i) => i % 4 === at)) {
            const { payload } = await store(channel, await aRecord(channel.self, network, { key, value: random(15_000) }))
            if (payload?.stored !== true)
              throw new NotObservable(`the target does not store 56 records of 15,000 bytes: ${payload?.code}`)
          }
        }),
      )
      const asker = await bench.dial()
      const seen: string[] = []
      let after: Anything
      let pages = 0
      do {
        const answer = await asker.ask('find-record', { key: `${prefix}*`, ...(after && { after }) }, DHT)
        const { records, more } = answer.payload
        ensure(answer.bytes <= MAX_ANSWER_BYTES + 1_024, `an answer of ${answer.bytes} bytes`)
        ensure(Array.isArray(records) && records.length <= 256 && records.length > 0, `a page of ${records?.length} records`)
        for (const [, payload] of records) seen.push(keyOf(payload))
        after = more === true ? answer.payload.after : undefined
        ensure(more !== true || after !== undefined, '`more` without `after`')
        pages++
      } while (after !== undefined && pages < 10)
      ensure(pages > 1, 'one page')
      ensure(
        seen.join() === keys.join(),
        `${seen.length} records of ${keys.length}, ${new Set(seen).size} different, or out of order`,
      )
      return `${seen.length} records in ${pages} pages`
    },
  },
  {
    clause: 'D-5',
    profiles: SERVERS,
    title: 'answers `store` of a bad record with `stored: false`, and ends the connection where it is forged or malformed',
    async run(bench) {
      const { network } = bench.options
      const cases: [string, (channel: Channel) => Promise<OwnRecord>, string][] = [
        ['a chance signature', async ({ self }) => forged(await aRecord(self, network)), 'INVALID_SIGNATURE'],
        ['a payload that is no MessagePack', ({ self }) => aRecord(self, network, {}, Uint8Array.of(0xc1)), 'MALFORMED_DATA'],
        ['a record without key', ({ self }) => aRecord(self, network, { key: undefined }), 'MALFORMED_DATA'],
        ['keys out of order', ({ self }) => aRecord(self, network, {}, unsorted()), 'MALFORMED_DATA'],
      ]
      for (const [what, make, code] of cases) {
        const channel = await bench.dial()
        await notStored(channel, await make(channel), [code], what)
        ensure(await channel.until(() => channel.isOver || undefined), `${what}: the connection stays`)
      }
      const channel = await bench.dial()
      await notStored(
        channel,
        await aRecord(channel.self, network, { publishedAt: 1 }),
        ['INVALID_RECORD'],
        'a record that has ended',
      )
      // An end would come behind the answer.
      await pause(150)
      await channel.alive()
      return 'INVALID_SIGNATURE and MALFORMED_DATA, then CLOSE; INVALID_RECORD ends nothing'
    },
  },
  {
    clause: 'D-6',
    profiles: SERVERS,
    title: 'shows the newer record with STALE_RECORD',
    async run(bench) {
      const { network } = bench.options
      const channel = await bench.dial()
      const key = freshKey()
      const newer = await aRecord(channel.self, network, { key, sequence: 5 })
      await stored(channel, newer)
      const { record } = await notStored(
        channel,
        await aRecord(channel.self, network, { key, sequence: 4 }),
        ['STALE_RECORD'],
        'an older record',
      )
      ensure(Array.isArray(record) && compareBytes(record[1], newer.payload) === 0, 'STALE_RECORD without the newer record')
      return 'STALE_RECORD with the newer one'
    },
  },
  {
    clause: 'D-7',
    profiles: SERVERS,
    title: 'names at most 20 nodes, the nearest first, none twice, without the asker',
    async run(bench) {
      const { network } = bench.options
      const channel = await bench.dial()
      let most = 0
      for (let i = 0; i < 4; i++) {
        const target = random(32)
        const { type, payload } = await channel.ask('find-node', { target }, DHT)
        ensure(type === 'nodes' && Array.isArray(payload?.closer), `\`find-node\` is answered by ${type}`)
        const distances: Uint8Array[] = payload.closer.map(([publicKey]: [Uint8Array]) =>
          taggedHash('dht-node', network, publicKey).map((byte, at) => byte ^ target[at]!),
        )
        most = Math.max(most, distances.length)
        ensure(distances.length <= MAX_CONTACTS, `${distances.length} nodes`)
        ensure(
          distances.every((distance, at) => at === 0 || compareBytes(distances[at - 1]!, distance) < 0),
          'out of order, or twice',
        )
        const asker = payload.closer.some(([publicKey]: [Uint8Array]) => compareBytes(publicKey, channel.self.publicKey) === 0)
        ensure(!asker, 'the asker is named')
      }
      if (most === 0) throw new NotObservable('the target knows no other nodes')
      return `${most} nodes in order`
    },
  },
  {
    clause: 'D-8',
    profiles: SERVERS,
    title: 'refuses `depth` for a key that is in no set',
    async run(bench) {
      const { network } = bench.options
      const channel = await bench.dial()
      await notStored(channel, await aRecord(channel.self, network), ['INVALID_RECORD'], '`depth` for a plain key', { depth: 0 })
      const key = `resource:conform:${Buffer.from(random(8)).toString('hex')}`
      await stored(channel, await aRecord(channel.self, network, { key, value: { data: 1, createdAt: Date.now() } }), {
        depth: 0,
      })
      return 'INVALID_RECORD for a plain key; a resource is stored'
    },
  },
  {
    clause: 'D-9',
    profiles: SERVERS,
    title: 'says of copies that they are copies',
    async run(bench) {
      const { network } = bench.options
      const channel = await bench.dial()
      const [copy, own] = [await aRecord(channel.self, network), await aRecord(channel.self, network)]
      await stored(channel, copy, { cache: true })
      await stored(channel, own)
      const [a, b] = [await found(channel, copy.key), await found(channel, own.key)]
      ensure(a.records.length === 1 && a.cached === true, 'a copy is answered without `cached: true`')
      ensure(b.records.length === 1 && b.cached !== true, 'a record of its own is answered with `cached: true`')
      return '`cached: true` for the copy alone'
    },
  },
  {
    clause: 'D-10',
    profiles: SERVERS,
    title: 'publishes a deposited withdrawal 5 s after its publisher is lost',
    async run(bench) {
      const { network } = bench.options
      const publisher = await bench.dial()
      const { self } = publisher
      const key = freshKey()
      const record = await aRecord(self, network, { key, sequence: 7 })
      const withdrawn = (more: object) => aRecord(self, network, { key, value: undefined, withdrawn: true, sequence: 8, ...more })
      const deposit = async (more: object) => ({ withdrawal: recordArray(await withdrawn(more)) })
      await notStored(publisher, record, ['INVALID_RECORD'], 'a withdrawal of another sequence', await deposit({ sequence: 9 }))
      await notStored(publisher, record, ['INVALID_RECORD'], 'a withdrawal of another key', await deposit({ key: freshKey() }))
      const other = await bench.dial()
      await notStored(other, record, ['INVALID_RECORD'], 'a withdrawal that another peer deposits', await deposit({}))
      await stored(publisher, record, await deposit({}))
      publisher.pipe.end()
      const lost = Date.now()
      await pause(2_500)
      const { records } = await found(other, key)
      // A busy computer may have answered late.
      ensure(records.length === 1 || Date.now() - lost > 5_000, 'withdrawn after 2.5 s already')
      for (;;) {
        await pause(500)
        if ((await found(other, key)).records.length === 0) break
        ensure(Date.now() - lost < 5_000 + 5_000 + bench.options.waitMs, 'the record stands 10 s after its publisher was lost')
      }
      return `withdrawn after ${((Date.now() - lost) / 1_000).toFixed(1)} s`
    },
  },
  {
    clause: 'D-11',
    profiles: SERVERS,
    title: 'keeps 64 watches for a peer, and pushes to all but the storer',
    async run(bench) {
      const { network } = bench.options
      const [watcher, storer] = [await bench.dial(), await bench.dial()]
      const key = freshKey()
      for (const channel of [watcher, storer]) await channel.ask('watch', { key }, DHT)
      const record = await aRecord(storer.self, network, { key })
      await stored(storer, record)
      const push = await watcher.message(({ type, protocol }) => type === 'record' && protocol === 'lotus/dht-watch')
      ensure(push !== undefined, 'no push of a watched record')
      await storer.alive()
      ensure(!storer.messages.some(({ protocol }) => protocol === 'lotus/dht-watch'), 'a record is pushed to its storer')
      for (let i = 1; i < 64; i++) {
        const { type, payload } = await watcher.ask('watch', { key: `${key}-${i}` }, DHT)
        ensure(type === 'records', `watch ${i + 1}: ${payload?.code}`)
      }
      const { payload } = await watcher.ask('watch', { key: `${key}-64` }, DHT)
      ensure(payload?.code === 'LIMIT_EXCEEDED', `watch 65: ${payload?.code ?? 'taken'}`)
      return 'a push; LIMIT_EXCEEDED for watch 65'
    },
  },
  {
    clause: 'D-17',
    profiles: SERVERS,
    title: 'refuses filters that it does not know',
    async run(bench) {
      const channel = await bench.dial()
      const key = `${freshKey()}*`
      for (const filters of [{ colour: 'red' }, { where: { price: { about: 5 } } }]) {
        const { type, payload } = await channel.ask('find-record', { key, filters }, DHT)
        ensure(type === 'failed' && payload?.code === 'MALFORMED_DATA', `an unknown filter: ${payload?.code ?? type}`)
      }
      const good = { where: { price: { gt: 5, exists: true }, name: { contains: 'a' } }, publishedAfter: 1 }
      await found(channel, key, { filters: good })
      return 'MALFORMED_DATA'
    },
  },
]

/** A good payload, but for the order of its keys. */
const unsorted = (): Uint8Array =>
  rawMap(
    ['value', encode(1)],
    ['key', encode(freshKey())],
    ['publishedAt', encode(Date.now())],
    ['sequence', encode(1)],
    ['ttl', encode(60)],
  )

function keyOf(payload: Uint8Array): string {
  return /conform-[0-9a-f]+-\d\d/.exec(Buffer.from(payload).toString('latin1'))?.[0] ?? ''
}
