import type { Bench } from './bench.js'
import { type Check, ensure } from './check.js'
import { NOBODYS } from './encoding.js'
import { Self } from './self.js'
import { freshId, HEARTBEAT, HOP, messageBytes, random, STOP } from './wire.js'

/** Protocols of this document that answer whoever asks. */
const ASKED = [HEARTBEAT, 'lotus/peer', 'lotus/introduce', HOP, STOP, 'lotus/dht', 'lotus/topics']
const look = (more: object = {}) => ({ type: 'look', protocol: NOBODYS, ...more })

async function bad(bench: Bench, what: string, codes: string[], parts: object): Promise<string> {
  const channel = await bench.dial()
  channel.sayBytes(NOBODYS, messageBytes(look(parts)))
  return channel.isRefused(codes, what)
}

async function badSigned(bench: Bench, what: string, codes: string[], parts: object, signature?: Uint8Array): Promise<string> {
  const channel = await bench.dial()
  await channel.saySigned(look(parts), bench.options.network, signature)
  return channel.isEnded(codes, what)
}

export const messageChecks: Check[] = [
  {
    clause: 'M-1',
    title: 'takes messages of the peer at the other end, to itself, alone',
    async run(bench) {
      const other = await Self.create()
      const channel = await bench.dial()
      for (const parts of [{ from: channel.self.peerId }, { to: null }]) {
        const id = freshId()
        channel.sayBytes(NOBODYS, messageBytes(look({ id, ...parts })))
        await channel.answer(id)
      }
      await channel.alive()
      const own = channel.broke.get('M-1')
      ensure(own === undefined, `itself sends ${own}`)
      const foreign = await bad(bench, '`from` of another', ['FOREIGN_SENDER'], { from: other.peerId })
      return `${foreign}; ${await bad(bench, '`to` of another', ['PROTOCOL_VIOLATION'], { to: other.peerId })}`
    },
  },
  {
    clause: 'M-2',
    title: 'ends a channel at a message of another form',
    async run(bench) {
      const codes = ['MALFORMED_DATA', 'INVALID_MESSAGE', 'LIMIT_EXCEEDED', 'MESSAGE_TOO_LARGE']
      const cases: [string, object][] = [
        ['layout 2', { layout: 2 }],
        ['an empty type', { type: '' }],
        ['a type of 129 characters', { type: 'x'.repeat(129) }],
        ['an id of 65 characters', { id: 'x'.repeat(65) }],
        ['a timestamp below 0', { timestamp: -1 }],
        ['a timestamp that is text', { timestamp: 'now' }],
        ['a `from` that is a number', { from: 5 }],
        ['bytes for `from`, unsigned', { from: random(32) }],
        ['an empty inReplyTo', { inReplyTo: '' }],
      ]
      await Promise.all(cases.map(([what, parts]) => bad(bench, what, [...codes, 'FOREIGN_SENDER'], parts)))
      const channel = await bench.dial()
      channel.sayBytes(NOBODYS, Uint8Array.of(0x80))
      await channel.isRefused(codes, 'a map')
      return `${cases.length + 1} of them refused`
    },
  },
  {
    clause: 'M-3',
    title: 'drops an application message whose id it has seen',
    async run(bench) {
      const channel = await bench.dial()
      const id = freshId()
      for (let i = 0; i < 3; i++) channel.say(look({ id }))
      await channel.ask('look', null, NOBODYS)
      const answers = channel.messages.filter(({ inReplyTo }) => inReplyTo === id).length
      ensure(answers === 1, `three messages of one id: ${answers} answers`)
      return 'three messages of one id, one answer'
    },
  },
  {
    clause: 'M-4',
    title: 'ignores answers that it does not wait for',
    async run(bench) {
      const channel = await bench.dial()
      const ping = await channel.message(({ type, protocol }) => type === 'ping' && protocol === HEARTBEAT, 500)
      const before = channel.messages.length
      for (const inReplyTo of [freshId(), ping?.id ?? freshId()]) channel.say({ type: 'pong', protocol: HEARTBEAT, inReplyTo })
      await channel.alive()
      const failed = channel.messages.slice(before).filter(({ type }) => type === 'failed').length
      ensure(failed === 0, 'answered by `failed`')
      return `an answer to nothing${ping === undefined ? '' : ', and a second answer to its ping,'} passed without a word`
    },
  },
  {
    clause: 'M-5',
    title: 'answers `failed` to a protocol without handler',
    async run(bench) {
      const channel = await bench.dial()
      const { type, protocol, payload } = await channel.ask('look', null, NOBODYS)
      ensure(type === 'failed' && protocol === 'lotus/core', `answered by ${type} of ${protocol}`)
      ensure(payload?.code === 'PROTOCOL_NOT_SUPPORTED', `failed with ${payload?.code}`)
      ensure(
        typeof payload.message === 'string' && payload.message.length <= 512,
        '`message` is no text of at most 512 characters',
      )
      return 'PROTOCOL_NOT_SUPPORTED'
    },
  },
  {
    clause: 'M-6',
    title: 'answers neither answers nor lotus/core with `failed`',
    async run(bench) {
      const channel = await bench.dial()
      const ids = [
        channel.say(look({ inReplyTo: freshId() })),
        channel.say({ type: 'failed', protocol: 'lotus/core', payload: { code: 'HANDLER_FAILED', message: '' } }),
        channel.say({ type: 'no-such-type', protocol: 'lotus/core' }),
      ]
      await channel.ask('look', null, NOBODYS)
      await channel.alive()
      const answered = ids.filter((id) => channel.answerTo(id) !== undefined).length
      ensure(answered === 0, `${answered} of 3 are answered`)
      return 'three messages without an answer'
    },
  },
  {
    clause: 'M-7',
    title: 'takes signed messages that name both ends by their keys, alone',
    async run(bench) {
      const other = await Self.create()
      const channel = await bench.dial()
      for (const to of [channel.remote.publicKey, null]) {
        const id = freshId()
        await channel.saySigned(look({ id, to }), bench.options.network)
        await channel.answer(id)
      }
      const foreign = await badSigned(bench, '`from` of another key', ['FOREIGN_SENDER'], { from: other.publicKey })
      await badSigned(bench, '`from` that is nil', ['FOREIGN_SENDER', 'INVALID_MESSAGE', 'MALFORMED_DATA'], { from: null })
      await badSigned(bench, '`to` that is true', ['PROTOCOL_VIOLATION', 'INVALID_MESSAGE', 'MALFORMED_DATA'], { to: true })
      return `${foreign}; ${await badSigned(bench, '`to` of another key', ['PROTOCOL_VIOLATION'], { to: other.publicKey })}`
    },
  },
  {
    clause: 'M-8',
    title: 'ends a connection at a wrong signature, and at unsigned messages where it requires signatures',
    async run(bench) {
      const seen = await badSigned(bench, 'a chance signature', ['INVALID_SIGNATURE'], {}, random(64))
      const channel = await bench.dial()
      if (channel.description.requireSignatures !== true) return `${seen} for a chance signature`
      channel.say(look())
      return `${seen}; ${await channel.isEnded(['SIGNATURE_REQUIRED'], 'an unsigned message')}`
    },
  },
  {
    clause: 'M-9',
    title: 'answers REPLAYED to signed messages out of their time, and drops those that come again',
    async run(bench) {
      const channel = await bench.dial()
      await channel.alive()
      for (const timestamp of [Date.now() - 7 * 60_000, Date.now() + 7 * 60_000]) {
        const id = freshId()
        await channel.saySigned(look({ id, timestamp }), bench.options.network)
        const { payload } = await channel.answer(id)
        ensure(payload?.code === 'REPLAYED', `7 min off: ${payload?.code}`)
      }
      const id = freshId()
      for (let i = 0; i < 2; i++) await channel.saySigned(look({ id }), bench.options.network)
      await channel.saySigned(look(), bench.options.network)
      await channel.ask('look', null, NOBODYS)
      const answers = channel.messages.filter(({ inReplyTo }) => inReplyTo === id).length
      ensure(answers === 1, `the same id twice: ${answers} answers`)
      return 'REPLAYED, and the connection lives on'
    },
  },
  {
    clause: 'M-10',
    title: 'answers INVALID_MESSAGE to a type that a protocol does not know, and MALFORMED_DATA to a ping with a payload',
    async run(bench) {
      const channel = await bench.dial()
      const asked = ASKED.filter((protocol) => channel.description.protocols.includes(protocol))
      for (const protocol of asked) {
        const { type, payload } = await channel.ask('no-such-type', null, protocol)
        ensure(type === 'failed' && payload?.code === 'INVALID_MESSAGE', `${protocol} answers ${type} ${payload?.code}`)
      }
      const { type, payload } = await channel.ask('ping', 5, HEARTBEAT)
      ensure(
        type === 'failed' && payload?.code === 'MALFORMED_DATA',
        `a ping with a payload is answered ${type} ${payload?.code}`,
      )
      return `INVALID_MESSAGE in ${asked.join(', ')}`
    },
  },
]

export const heartbeatChecks: Check[] = [
  {
    clause: 'P-1',
    title: 'answers ping at once',
    async run(bench) {
      const channel = await bench.dial()
      await channel.alive()
      const begun = Date.now()
      const { type, payload, protocol } = await channel.ask('ping', null, HEARTBEAT)
      ensure(type === 'pong' && payload === null && protocol === HEARTBEAT, `answered by ${type} of ${protocol}`)
      return `pong after ${Date.now() - begun} ms`
    },
  },
  {
    clause: 'P-2',
    title: 'lets `update` replace what DESCRIPTION said, and takes no malformed one',
    async run(bench) {
      const bad: [string, object][] = [
        ['no addresses', { protocols: [] }],
        ['129 protocols', { protocols: Array.from({ length: 129 }, (_, i) => `p${i}`), addresses: [], budgets: {} }],
        ['budgets that are a list', { protocols: [], addresses: [], budgets: [] }],
      ]
      for (const [what, payload] of bad) {
        const channel = await bench.dial()
        channel.say({ type: 'update', protocol: 'lotus/peer', payload })
        await channel.isEnded(['MALFORMED_DATA', 'LIMIT_EXCEEDED'], `an update with ${what}`)
      }
      const protocol = `conform/${Buffer.from(random(6)).toString('hex')}`
      const channel = await bench.dial({ description: { metadata: { a: 1 } } })
      channel.say({
        type: 'update',
        protocol: 'lotus/peer',
        payload: { protocols: [HEARTBEAT, protocol], addresses: [], budgets: {} },
      })
      await channel.alive()
      const asker = await bench.dial()
      if (!asker.description.protocols.includes('lotus/introduce')) return 'MALFORMED_DATA for three malformed ones'
      const { payload } = await asker.ask('find', { protocol }, 'lotus/introduce')
      ensure(payload.peers?.length === 1, 'what was told by `update` is not introduced')
      ensure(payload.peers[0].metadata === undefined, 'metadata that `update` leaves out is kept')
      return 'replaced; MALFORMED_DATA for three malformed ones'
    },
  },
]
