import { joined } from '../../../base/bytes.js'
import { encode } from '../../../message/codec.js'
import { type Check, ensure } from '../check.js'
import { Frame, NO_BYTES, offerBytes, random, SUITE } from '../wire.js'
import { notTaken, refusedWith } from './verdict.js'

/** Keys whose public half is a point of small order: every X25519 with it is zero. */
const ZERO_KEYS = () => ({ publicKey: new Uint8Array(32), secretKey: random(32) })

const NOT_IN_HELLO = ['name', 'agent', 'protocols', 'addresses', 'metadata', 'budgets']

/** Frames, offers and what message 2 tells. */
export const firstMessageChecks: Check[] = [
  {
    clause: 'H-1',
    title: 'refuses frames that are not due',
    async run(bench) {
      const first = async (what: string, frame: Uint8Array) => {
        const attempt = await bench.attemptWith(frame)
        await refusedWith(attempt, ['PROTOCOL_VIOLATION'], what)
      }
      await first('a first frame of kind 05', Uint8Array.of(5, 1, 2, 3))
      await first('work as the first frame', joined(Uint8Array.of(Frame.WORK), random(8)))
      await first('RETRY as the first frame', joined(Uint8Array.of(Frame.RETRY), random(16), Uint8Array.of(1)))
      const attempt = await bench.meet()
      attempt.pipe.send(joined(Uint8Array.of(Frame.WORK), random(8)))
      await refusedWith(attempt, ['PROTOCOL_VIOLATION'], 'work in place of message 3')
      return 'PROTOCOL_VIOLATION in the clear, four times'
    },
  },
  {
    clause: 'H-2',
    title: 'refuses a handshake payload above 8,192 bytes',
    async run(bench) {
      const { network } = bench.options
      await bench.meet({ offer: padded(network, 8_192) })
      const attempt = await bench.attempt({ offer: padded(network, 8_193) })
      return `8,192 bytes pass, 8,193: ${await refusedWith(attempt, ['LIMIT_EXCEEDED'], '8,193 bytes')}`
    },
  },
  {
    clause: 'H-3',
    title: 'fails a handshake with a key of small order',
    async run(bench) {
      const attempt = await bench.attempt({ ephemeralKeys: ZERO_KEYS() })
      return refusedWith(attempt, ['HANDSHAKE_FAILED'], 'an ephemeral key of small order')
    },
  },
  {
    clause: 'H-4',
    title: 'fails a handshake whose message 3 does not decrypt',
    async run(bench) {
      const attempt = await bench.meet()
      attempt.pipe.send(joined(Uint8Array.of(Frame.NOISE), random(200)))
      return refusedWith(attempt, ['DECRYPT_FAILED'], 'a message 3 of chance bytes')
    },
  },
  {
    clause: 'H-5',
    title: 'ends a handshake that takes longer than 10 s',
    async run(bench) {
      const { handshakeMs } = bench.options
      const begun = Date.now()
      const attempt = await bench.meet()
      const late = handshakeMs * 1.25 + 500
      ensure(await attempt.ends(late), `the connection stands after ${Date.now() - begun} ms`)
      const lasted = Date.now() - begun
      ensure(lasted > handshakeMs * 0.5, `ended after ${lasted} ms already`)
      return `ended after ${(lasted / 1_000).toFixed(1)} s`
    },
  },
  {
    clause: 'H-6',
    title: 'refuses other versions, suites and networks in the clear, before any Diffie–Hellman',
    async run(bench) {
      const { network } = bench.options
      const other = network === 'other' ? 'another' : 'other'
      for (const [what, offer, code] of [
        ['version 99', offerBytes(network, { versions: [99] }), 'UNSUPPORTED_VERSION'],
        ['a suite that is not there', offerBytes(network, { suites: ['NoSuchSuite'] }), 'UNSUPPORTED_VERSION'],
        ['no suites', encode({ versions: [2], network }), 'UNSUPPORTED_VERSION'],
        ['another network', offerBytes(other), 'WRONG_NETWORK'],
        ['another network and version', offerBytes(other, { versions: [99] }), 'UNSUPPORTED_VERSION'],
      ] as const) {
        // With a key of small order a Diffie–Hellman before the refusal shows.
        await refusedWith(await bench.attempt({ offer, ephemeralKeys: ZERO_KEYS() }), [code], what)
      }
      return 'UNSUPPORTED_VERSION, WRONG_NETWORK'
    },
  },
  {
    clause: 'H-7',
    title: 'chooses the first version and suite that it speaks, and lets nobody change them',
    async run(bench) {
      const offer = offerBytes(bench.options.network, { versions: [77, 2], suites: ['NoSuchSuite', SUITE] })
      const { hello } = await bench.meet({ offer })
      ensure(hello.version === 2 && hello.suite === SUITE, `chose version ${hello.version}, suite ${hello.suite}`)
      for (const other of [{ suite: 'AESGCM' }, { version: 3 }]) {
        await notTaken(bench, 'another choice in message 3', ['UNSUPPORTED_VERSION'], {
          hello: (payload) => ({ ...payload, ...other }),
        })
      }
      return 'version 2, ChaChaPoly; UNSUPPORTED_VERSION for another in message 3'
    },
  },
  {
    clause: 'H-8',
    title: 'tells nothing of itself before it knows who asks',
    async run(bench) {
      const { hello } = await bench.meet()
      const told = NOT_IN_HELLO.filter((field) => hello[field] !== undefined)
      ensure(told.length === 0, `message 2 tells ${told.join(', ')}`)
      // And ignores what others tell there.
      const channel = await bench.shake({ hello: (payload) => ({ ...payload, name: 7, agent: 'conform' }) })
      await bench.ready(channel)
      return `message 2 has ${Object.keys(hello).sort().join(', ')}`
    },
  },
  {
    clause: 'H-9',
    title: 'has one session id of 16 bytes in all its handshakes',
    async run(bench) {
      const [a, b] = [(await bench.meet()).hello.session, (await bench.meet()).hello.session]
      ensure(a instanceof Uint8Array && a.length === 16, 'the session id has not 16 bytes')
      ensure(b instanceof Uint8Array && Buffer.compare(a, b) === 0, 'two handshakes, two session ids')
      ensure(new Set(a).size > 3, 'the session id is not drawn by lot')
      return '16 bytes, the same twice'
    },
  },
  {
    clause: 'H-24',
    title: 'ends the attempt at a refusal in the clear, and draws no conclusion from it',
    async run(bench) {
      const attempt = await bench.meet()
      attempt.pipe.send(joined(Uint8Array.of(Frame.REFUSAL), encode({ code: 'BANNED', retryAfterMs: 86_400_000 })))
      ensure(await attempt.ends(), 'the connection stays')
      await bench.meet()
      return 'the connection ended; the next handshake goes as before'
    },
  },
  {
    clause: 'H-26',
    title: 'does not answer a refusal',
    async run(bench) {
      const attempt = await bench.meet()
      attempt.pipe.send(joined(Uint8Array.of(Frame.REFUSAL), encode({ code: 'WRONG_PEER' })))
      const frame = await attempt.next()
      ensure(frame === undefined, `answers with a frame of kind ${frame?.[0]}`)
      return 'no word'
    },
  },
]

/** An offer of so many bytes. */
function padded(network: string, bytes: number): Uint8Array {
  const bare = offerBytes(network, { pad: NO_BYTES }).length
  // A length above 255 takes one byte more.
  return offerBytes(network, { pad: new Uint8Array(bytes - bare - 1) })
}
