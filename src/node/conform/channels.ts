import { joined } from '../../base/bytes.js'
import type { Bench } from './bench.js'
import type { Channel } from './channel.js'
import { type Check, ensure } from './check.js'
import {
  closeEntry,
  entry,
  fragments,
  hex,
  Kind,
  MAX_PLAINTEXT_BYTES,
  messageBytes,
  NO_BYTES,
  random,
  sequenceEntry,
  switchEntry,
} from './wire.js'

const VIOLATION = ['PROTOCOL_VIOLATION']

async function eachEnds(
  bench: Bench,
  codes: string[],
  cases: Record<string, (channel: Channel) => Uint8Array[]>,
): Promise<string> {
  const results = await Promise.all(
    Object.entries(cases).map(async ([what, plaintexts]) => {
      const channel = await bench.dial()
      return channel.refuses(codes, what, ...plaintexts(channel))
    }),
  )
  return `${[...new Set(results)].join(', ')} for ${Object.keys(cases).join('; ')}`
}

/** A channel whose message 3 has been sent, and nothing behind it. */
const undescribed = (bench: Bench): Promise<Channel> => bench.shake({ describes: false })

export const channelChecks: Check[] = [
  {
    clause: 'C-1',
    title: 'encrypts each frame under the keys of its suite, with the nonces in order',
    async run(bench) {
      const channel = await bench.dial()
      for (let i = 0; i < 5; i++) await channel.alive()
      ensure(channel.broken === undefined, String(channel.broken))
      return `${channel.entries.length} entries read`
    },
  },
  {
    clause: 'C-2',
    title: 'ends a channel at a frame that does not decrypt',
    async run(bench) {
      const channel = await bench.dial()
      await channel.alive()
      channel.pipe.send(random(60))
      return channel.isRefused(['DECRYPT_FAILED'], 'a frame of chance bytes')
    },
  },
  {
    clause: 'C-4',
    title: 'ends a channel at a cut entry, a length that does not fit, and an unknown kind below 80',
    async run(bench) {
      const seen = await eachEnds(bench, VIOLATION, {
        'a cut entry': () => [Uint8Array.of(Kind.PADDING, 0, 5, 1)],
        'a head that is cut': () => [Uint8Array.of(Kind.PADDING, 0)],
        'kind 05': () => [entry(0x05, NO_BYTES)],
        'kind 7f': () => [entry(0x7f, random(3))],
        'a SWITCH of 3 bytes': () => [entry(Kind.SWITCH, random(3))],
        'a SEQUENCE of 12 bytes': () => [entry(Kind.SEQUENCE, new Uint8Array(12))],
        'an empty MESSAGE': () => [entry(Kind.MESSAGE)],
        'a REFUSED of 10 bytes': () => [entry(Kind.REFUSED, new Uint8Array(10))],
        'a REKEY with a body': () => [entry(Kind.REKEY, random(1))],
      })
      const channel = await bench.dial()
      channel.write(NO_BYTES)
      await channel.alive()
      return seen
    },
  },
  {
    clause: 'C-5',
    title: 'ignores entries of unknown kinds from 80 on',
    async run(bench) {
      const channel = await undescribed(bench)
      channel.write(entry(0x80, random(9)), entry(0xc3))
      channel.write(channel.describe())
      channel.write(entry(0xff, random(300)))
      await bench.ready(channel)
      channel.switchHere(0)
      channel.write(entry(0x81, random(50)), entry(0xfe, random(2_000)))
      await channel.alive()
      return 'kinds 80, 81, c3, fe and ff pass'
    },
  },
  {
    clause: 'C-6',
    title: 'ends a channel at fragments of entries that are not split',
    run: (bench) =>
      eachEnds(bench, VIOLATION, {
        'an ACK in fragments': () => fragments(Kind.ACK, random(7), 4),
        'PADDING in fragments': () => fragments(Kind.PADDING, random(7), 4),
        'a SWITCH in fragments': () => fragments(Kind.SWITCH, new Uint8Array(4), 2),
      }),
  },
  {
    clause: 'C-7',
    title: 'joins fragments with other entries between them, and takes no empty one',
    async run(bench) {
      const channel = await bench.dial()
      const id = `split-${Buffer.from(random(6)).toString('hex')}`
      const protocol = 'lotus/heartbeat'
      // Its number comes first, so the tester's own bookkeeping stays right.
      const ping = messageBytes({ type: 'ping', protocol, id })
      channel.sayParts(protocol, ping, 20, entry(Kind.PADDING, random(5)))
      await channel.answer(id)
      const parts = (other: Channel, partBytes: number) => {
        const stream = other.streamOf(protocol)
        other.begin(stream)
        return fragments(Kind.MESSAGE, joined(Uint8Array.of(stream), ping), partBytes)
      }
      const whole = (part: Uint8Array) => joined(Uint8Array.of(Kind.FRAGMENT), part.subarray(1))
      return eachEnds(bench, VIOLATION, {
        'an empty fragment': (other) =>
          parts(other, 40)
            .flatMap((part) => [part, entry(Kind.FRAGMENT)])
            .slice(0, -1),
        'an empty last fragment': (other) => [...parts(other, 10_000).map(whole), entry(Kind.LAST_FRAGMENT)],
      })
    },
  },
  {
    clause: 'C-8',
    title: 'takes messages of 1,048,576 bytes, and no longer entry than 1,048,642',
    async run(bench) {
      const protocol = 'conform/nobody'
      const sized = (bytes: number) => {
        const bare = messageBytes({ type: 'large', protocol, raw: hex('c600000000'), id: 'large' }).length
        const raw = new Uint8Array(bytes - bare + 5)
        raw.set([0xc6, ...new Uint8Array(new Uint32Array([bytes - bare]).buffer).reverse()])
        return messageBytes({ type: 'large', protocol, raw, id: 'large' })
      }
      const channel = await bench.dial()
      const whole = sized(1_048_576)
      ensure(whole.length === 1_048_576, 'the tester has made another length')
      channel.sayBytes(protocol, whole)
      const stream = channel.streamOf(protocol)
      const taken = await channel.until(
        () =>
          channel.acknowledged(stream) > 0 ||
          channel.isOver ||
          channel.entries.some(({ kind }) => kind === Kind.REFUSED) ||
          undefined,
      )
      ensure(taken && !channel.isOver, `a message of 1,048,576 bytes: ${channel.state()}`)
      const other = await bench.dial()
      for (const part of fragments(Kind.MESSAGE, joined(Uint8Array.of(0), new Uint8Array(1_048_642)))) other.write(part)
      return other.isRefused(['LIMIT_EXCEEDED', 'MESSAGE_TOO_LARGE'], 'an entry of 1,048,644 bytes')
    },
  },
  {
    clause: 'C-9',
    title: 'answers DESCRIPTION with READY and its own in one frame, and takes DESCRIPTION once',
    async run(bench) {
      const channel = await bench.dial()
      await channel.alive()
      const kinds = channel.entries.filter(({ kind }) => kind < Kind.PADDING)
      ensure(kinds[0]?.kind === Kind.READY, `the first entry is ${kinds[0]?.kind.toString(16)}`)
      ensure(kinds[0].body.length === 0, 'READY has a body')
      const second = kinds[1]!
      ensure([Kind.DESCRIPTION, Kind.FRAGMENT].includes(second.kind as never), `the second entry is ${second.kind.toString(16)}`)
      ensure(second.frame === 0 || second.body.length > MAX_PLAINTEXT_BYTES - 3, 'DESCRIPTION is not in the frame of READY')
      const twice = channel.broke.get('C-9')
      ensure(twice === undefined, String(twice))
      await channel.refuses(VIOLATION, 'a second DESCRIPTION', channel.describe())
      const silent = await undescribed(bench)
      const early = await silent.until(() => silent.entries.find(({ kind }) => kind < Kind.PADDING), 400)
      ensure(early === undefined, `an entry ${early?.kind.toString(16)} before the DESCRIPTION of the initiator`)
      return eachEnds(bench, VIOLATION, { 'READY of the initiator': () => [entry(Kind.READY)] })
    },
  },
  {
    clause: 'C-10',
    title: 'ends a channel at anything before DESCRIPTION',
    async run(bench) {
      for (const [what, plaintext] of [
        ['SWITCH', switchEntry(0)],
        ['SEQUENCE', joined(switchEntry(0), sequenceEntry(0, 1, 0, ''))],
        ['MESSAGE', entry(Kind.MESSAGE, Uint8Array.of(0), messageBytes({ type: 'ping', protocol: 'lotus/heartbeat' }))],
      ] as const) {
        const channel = await undescribed(bench)
        channel.write(plaintext)
        channel.write(channel.describe())
        channel.switchHere(0)
        await channel.isRefused(VIOLATION, `${what} before DESCRIPTION`)
      }
      return 'PROTOCOL_VIOLATION for SWITCH, SEQUENCE and MESSAGE'
    },
  },
  {
    clause: 'C-11',
    title: 'refuses a DESCRIPTION that is malformed or longer than 16,384 bytes',
    async run(bench) {
      const bad: [string, object][] = [
        ['no agent', { agent: undefined }],
        ['129 protocols', { protocols: Array.from({ length: 129 }, (_, i) => `p${i}`) }],
        ['`streams` of 7 bytes', { streams: random(7) }],
        ['protocols that are no list', { protocols: 'all' }],
        ['17 addresses', { addresses: Array.from({ length: 17 }, (_, i) => `wss://${i}.example`) }],
        ['metadata of 2,100 bytes', { metadata: { text: 'x'.repeat(2_100) } }],
        ['17,000 bytes', { more: 'x'.repeat(17_000) }],
      ]
      const codes = ['MALFORMED_DATA', 'LIMIT_EXCEEDED']
      await Promise.all(bad.map(([what, more]) => bench.notDescribed(more, codes, `a DESCRIPTION with ${what}`)))
      return `${bad.length} of them refused`
    },
  },
  {
    clause: 'C-12',
    profiles: ['relay'],
    title: 'counts a peer as connected once its DESCRIPTION has come',
    async run(bench) {
      const protocol = `conform/${Buffer.from(random(6)).toString('hex')}`
      const asker = await bench.dial()
      const silent = await undescribed(bench)
      const listed = async () =>
        (await asker.ask('find', { peerId: silent.self.peerId }, 'lotus/introduce')).payload.peers?.length
      ensure((await listed()) === 0, 'a peer without DESCRIPTION is introduced')
      silent.write(silent.describe({ protocols: [protocol] }))
      await bench.ready(silent)
      ensure((await listed()) === 1, 'a peer that has READY is not introduced')
      return 'introduced with READY'
    },
  },
  {
    clause: 'C-13',
    title: 'ignores what follows CLOSE',
    async run(bench) {
      const channel = await bench.dial()
      await channel.alive()
      const before = channel.messages.length
      channel.write(closeEntry('CONNECTION_CLOSED'))
      const id = channel.ping()
      await channel.until(() => channel.ended || undefined)
      ensure(channel.answerTo(id) === undefined, 'a ping behind CLOSE is answered')
      return `nothing behind CLOSE was answered (${channel.messages.length - before} messages)`
    },
  },
  {
    clause: 'C-14',
    title: 'handles and acknowledges what came before CLOSE, and ends the connection',
    async run(bench) {
      const channel = await bench.dial()
      await channel.alive()
      const stream = channel.streamOf('lotus/heartbeat')
      const due = channel.self.outgoing.get(stream)!.next
      channel.ping()
      channel.write(closeEntry('CONNECTION_CLOSED'))
      ensure(await channel.until(() => channel.ended || undefined), 'the connection stays')
      const acknowledged = channel.acknowledged(stream)
      ensure(acknowledged >= due, `acknowledged ${acknowledged} of ${due}`)
      return `acknowledged ${acknowledged}, and ended the connection`
    },
  },
  {
    clause: 'C-15',
    title: 'changes keys at a REKEY that stands alone',
    async run(bench) {
      const channel = await bench.dial()
      channel.write(entry(Kind.REKEY))
      channel.rekey()
      await channel.alive()
      await channel.alive()
      const other = channel.broke.get('C-15')
      ensure(other === undefined, String(other))
      const crowded = await bench.dial()
      crowded.write(entry(Kind.REKEY), entry(Kind.PADDING, random(4)))
      return crowded.isRefused([...VIOLATION, 'DECRYPT_FAILED'], 'a REKEY among other entries')
    },
  },
  {
    clause: 'C-16',
    title: 'takes REKEY at any time, and ends a channel with too many of them',
    async run(bench) {
      const channel = await bench.dial()
      const rekey = (times: number) => {
        for (let i = 0; i < times; i++) {
          channel.write(entry(Kind.REKEY))
          channel.rekey()
        }
      }
      rekey(3)
      await channel.alive()
      rekey(120)
      return channel.isRefused([...VIOLATION, 'RATE_LIMITED', 'LIMIT_EXCEEDED'], '120 REKEYs in a row')
    },
  },
]
