import { encode } from '../../message/codec.js'
import type { Bench } from './bench.js'
import type { Channel } from './channel.js'
import { type Check, ensure } from './check.js'
import { aRecord, SERVERS, store } from './records.js'
import { type Anything, hex, messageBytes, rawArray, rawMap } from './wire.js'

/** A protocol that no target serves: a message of it is decoded, and answered by `failed`. */
export const NOBODYS = 'conform/nobody'
const BAD = ['MALFORMED_DATA', 'LIMIT_EXCEEDED', 'INVALID_MESSAGE']

/** Sends the bytes of a payload; the target must end the channel. */
async function badPayload(bench: Bench, what: string, raw: Uint8Array, codes = BAD): Promise<string> {
  const channel = await bench.dial()
  channel.sayBytes(NOBODYS, messageBytes({ type: 'look', protocol: NOBODYS, raw }))
  return channel.isRefused(codes, what)
}

/** Sends bytes in place of a message; the target must end the channel. */
async function badMessage(bench: Bench, what: string, bytes: Uint8Array, codes = BAD): Promise<string> {
  const channel = await bench.dial()
  channel.sayBytes(NOBODYS, bytes)
  return channel.isRefused(codes, what)
}

/** Sends the bytes of a payload; the target must take them. */
async function goodPayload(channel: Channel, what: string, raw: Uint8Array): Promise<void> {
  const id = `good-${what}`
  channel.sayBytes(NOBODYS, messageBytes({ type: 'look', protocol: NOBODYS, raw, id }))
  const answer = await channel.answer(id)
  ensure(answer.type === 'failed', `${what}: answered by ${answer.type}`)
}

const nested = (depth: number): Uint8Array => hex(`${'91'.repeat(depth)}c0`)

/** Values in another form than the one (E-4). */
const OTHER_FORMS: [what: string, bytes: string][] = [
  ['5 as uint 8', 'cc05'],
  ['5 in a signed form', 'd005'],
  ['−1 as int 16', 'd1ffff'],
  ['1.5 as float 32', 'ca3fc00000'],
  ['2 as float 64', 'cb4000000000000000'],
  ['−0', 'cb8000000000000000'],
  ['NaN with other bits', 'cb7ff8000000000001'],
  ['"a" as str 8', 'd90161'],
  ['bytes as bin 16', 'c5000101'],
  ['UTF-8 that is cut', 'a1c3'],
  ['UTF-8 that is overlong', 'a2c080'],
  ['a surrogate in UTF-8', 'a3eda080'],
  ['an array of 1 as array 16', 'dc0001c0'],
  ['a map with a key twice', '82a16101a16102'],
  ['a key that is no text', '810101'],
  ['a key __proto__', '81a95f5f70726f746f5f5fc0'],
  ['a BigInt with a leading zero', 'd5013031'],
  ['a BigInt −0', 'd5012d30'],
  ['a date of 1 ms as ext 8', 'c70cff000f42400000000000000000'],
]

const GOOD_FORMS: [what: string, bytes: string][] = [
  ['whole numbers', '94007fccffd0df'],
  ['2^53 − 1', 'cf001fffffffffffff'],
  ['NaN', 'cb7ff8000000000000'],
  ['1.5', 'cb3ff8000000000000'],
  ['a byte order mark', 'a3efbbbf'],
  ['a BigInt', 'd5013432'],
  ['a date', 'd6ff00000001'],
  ['a map', '82a161c2a162c3'],
]

export const encodingChecks: Check[] = [
  {
    clause: 'E-1',
    title: 'refuses bytes behind a value',
    async run(bench) {
      const whole = messageBytes({ type: 'look', protocol: NOBODYS })
      return badMessage(bench, 'a byte behind a message', Uint8Array.of(...whole, 0xc0))
    },
  },
  {
    clause: 'E-2',
    title: 'refuses more than 32 containers inside each other, and more than 131,072 values',
    async run(bench) {
      const channel = await bench.dial()
      await goodPayload(channel, '32 containers', nested(31))
      const code = await badPayload(bench, '33 containers', nested(32), ['LIMIT_EXCEEDED'])
      const many = new Uint8Array(5 + 131_072).fill(0xc0)
      many.set(hex('dd00020000'))
      await badPayload(bench, '131,081 values', many, ['LIMIT_EXCEEDED'])
      return `32 pass; 33: ${code}`
    },
  },
  {
    clause: 'E-3',
    title: 'refuses what declares more than remains',
    async run(bench) {
      for (const [what, bytes] of [
        ['an array of 2^32 − 1', 'ddffffffff'],
        ['a map of 2^31', 'df80000000'],
        ['a text of 2^32 − 1 bytes', 'dbffffffff'],
        ['bytes, 2^32 − 1 of them', 'c6ffffffff'],
      ] as const) {
        await badMessage(bench, what, rawArray(encode(1), encode('look'), hex(bytes)))
      }
      return 'four of them refused'
    },
  },
  {
    clause: 'E-4',
    title: 'refuses every value that is not in its one form',
    async run(bench) {
      const channel = await bench.dial()
      for (const [what, bytes] of GOOD_FORMS) await goodPayload(channel, what, hex(bytes))
      await Promise.all(OTHER_FORMS.map(([what, bytes]) => badPayload(bench, what, hex(bytes))))
      const wrong = channel.broke.get('E-4')
      ensure(wrong === undefined, `itself sends ${wrong}`)
      return `${OTHER_FORMS.length} other forms refused, ${GOOD_FORMS.length} good ones taken`
    },
  },
  {
    clause: 'E-5',
    title: 'refuses c1 and unknown extension types',
    async run(bench) {
      await badPayload(bench, 'c1', hex('c1'))
      await badPayload(bench, 'extension type 2', hex('d40200'))
      return badPayload(bench, 'extension type −2', hex('d4fe00'))
    },
  },
  {
    clause: 'E-6',
    title: 'refuses keys out of order in what is signed, and only there',
    async run(bench) {
      const unsorted = rawMap(['b', encode(1)], ['a', encode(2)])
      const channel = await bench.dial()
      await goodPayload(channel, 'keys in another order', unsorted)
      await channel.saySigned({ type: 'look', protocol: NOBODYS, raw: unsorted }, bench.options.network)
      return channel.isEnded([...BAD, 'INVALID_SIGNATURE', 'PROTOCOL_VIOLATION'], 'a signed message with keys in another order')
    },
  },
  {
    clause: 'E-7',
    profiles: SERVERS,
    title: 'passes on what is signed byte by byte',
    async run(bench) {
      const channel = await bench.dial()
      const record = await aRecord(channel.self, bench.options.network, { value: { b: 1, a: ['ü', 2n, new Date(1)] } })
      const { payload } = await store(channel, record)
      ensure(payload.stored === true, `not stored: ${payload.code}`)
      const found: Anything = (await channel.ask('find-record', { key: record.key }, 'lotus/dht')).payload
      ensure(found.records?.length === 1, `${found.records?.length} records found`)
      ensure(Buffer.compare(found.records[0][1], record.payload) === 0, 'the payload has other bytes')
      return 'a record came back as it was'
    },
  },
  {
    clause: 'E-8',
    title: 'refuses a number that is no integer where an integer is due',
    async run(bench) {
      const offer = encode({ versions: [2, 2.5], network: bench.options.network, suites: ['ChaChaPoly'] })
      const refusal = await (await bench.attempt({ offer })).refusal()
      ensure(refusal !== undefined, 'a version 2.5 is taken')
      return `version 2.5: ${refusal.code}`
    },
  },
]
