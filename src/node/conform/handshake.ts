import { joined } from '../../base/bytes.js'
import { encode } from '../../message/codec.js'
import type { Attempt, Bench, DialOptions } from './bench.js'
import type { Channel } from './channel.js'
import { type Check, ensure, NotObservable } from './check.js'
import { Self } from './self.js'
import { type Anything, DAY_MS, Frame, NO_BYTES, offerBytes, random, SUITE, workBlock, wrongWork } from './wire.js'

/** Keys whose public half is a point of small order: every X25519 with it is zero. */
const ZERO_KEYS = () => ({ publicKey: new Uint8Array(32), secretKey: random(32) })

/** A refusal in the clear is due, with one of these codes. */
async function refusedWith(attempt: Attempt, codes: string[], what: string): Promise<string> {
  const refusal = await attempt.refusal()
  ensure(refusal !== undefined, `${what}: no refusal in the clear`)
  ensure(codes.includes(refusal.code), `${what}: refused with ${refusal.code}`)
  ensure(await attempt.ends(), `${what}: the connection stays`)
  return refusal.code
}

/** What becomes of a message 3: READY, a CLOSE in the channel, a refusal in the clear, or an end. */
async function verdict(bench: Bench, options: DialOptions): Promise<{ ready: boolean; code?: string; inClear: boolean }> {
  const channel = await bench.shake(options)
  return verdictOf(channel)
}

async function verdictOf(channel: Channel): Promise<{ ready: boolean; code?: string; inClear: boolean }> {
  const seen = await channel.until(() => channel.refusal ?? channel.close ?? channel.description ?? (channel.ended || undefined))
  ensure(seen !== undefined, 'silence after message 3')
  const code = (channel.refusal ?? channel.close)?.code
  return { ready: code === undefined && channel.description !== undefined, code, inClear: channel.refusal !== undefined }
}

function described(channel: Channel): Channel {
  channel.write(channel.describe())
  return channel
}

async function notTaken(bench: Bench, what: string, codes: string[], options: DialOptions): Promise<string> {
  const { ready, code } = await verdict(bench, options)
  ensure(!ready, `${what}: READY`)
  ensure(code === undefined || codes.includes(code), `${what}: ${code}`)
  return code ?? 'the connection ended'
}

/** A change of payload 3 that takes another certificate. */
function certified(bench: Bench, self: Self, notBefore: number, notAfter: number) {
  return async () => self.certificate(bench.options.network, notBefore, notAfter)
}

async function withCertificate(bench: Bench, from: (now: number) => number, to: (now: number) => number): Promise<DialOptions> {
  const self = await Self.create()
  const { hello } = await bench.meet()
  const now = typeof hello.now === 'number' ? hello.now : Date.now()
  const certificate = await certified(bench, self, from(now), to(now))()
  return { self, hello: (payload) => ({ ...payload, certificate }) }
}

function demanded(attempt: Attempt): Anything {
  const { work } = attempt.hello
  if (work === undefined) throw new NotObservable('the target demands no proof of work')
  return work
}

const NOT_IN_HELLO = ['name', 'agent', 'protocols', 'addresses', 'metadata', 'budgets']
const MINUTE_MS = 60_000

export const handshakeChecks: Check[] = [
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
    clause: 'H-10',
    title: 'has, and takes, certificates of 7 days at most',
    async run(bench) {
      const { hello } = await bench.meet()
      const [notBefore, notAfter] = hello.certificate
      const days = (notAfter - notBefore) / DAY_MS
      ensure(days > 0 && days <= 7, `its certificate lasts ${days.toFixed(2)} days`)
      const long = await withCertificate(
        bench,
        (now) => now - DAY_MS,
        (now) => now + 6 * DAY_MS + 1,
      )
      await notTaken(bench, 'a certificate of 7 days and 1 ms', ['INVALID_SIGNATURE'], long)
      const backwards = await withCertificate(
        bench,
        (now) => now + MINUTE_MS,
        (now) => now + MINUTE_MS,
      )
      await notTaken(bench, 'a certificate that never holds', ['INVALID_SIGNATURE'], backwards)
      return `its own: ${days.toFixed(1)} days; INVALID_SIGNATURE for longer ones`
    },
  },
  {
    clause: 'H-12',
    title: 'refuses certificates out of their time, with 5 minutes of tolerance',
    async run(bench) {
      const ended = await withCertificate(
        bench,
        (now) => now - DAY_MS,
        (now) => now - 7 * MINUTE_MS,
      )
      await notTaken(bench, 'a certificate that ended 7 min ago', ['CLOCK_SKEW'], ended)
      const early = await withCertificate(
        bench,
        (now) => now + 7 * MINUTE_MS,
        (now) => now + DAY_MS,
      )
      await notTaken(bench, 'a certificate that begins in 7 min', ['CLOCK_SKEW'], early)
      for (const [from, to] of [
        [-DAY_MS, -3 * MINUTE_MS],
        [3 * MINUTE_MS, DAY_MS],
      ] as const) {
        const { ready, code } = await verdict(
          bench,
          await withCertificate(
            bench,
            (now) => now + from,
            (now) => now + to,
          ),
        )
        ensure(ready, `a certificate out of its time by 3 min: ${code ?? 'no READY'}`)
      }
      return 'CLOCK_SKEW at 7 min, READY at 3 min'
    },
  },
  {
    clause: 'H-15',
    title: 'checks the proof of work before the signature',
    async run(bench) {
      demanded(await bench.meet())
      const wrong = (payload: Anything) => ({
        ...payload,
        proof: undefined,
        certificate: [payload.certificate[0], payload.certificate[1], random(64)],
      })
      await notTaken(bench, 'neither proof nor signature', ['PROOF_OF_WORK_REQUIRED'], { hello: wrong })
      return 'PROOF_OF_WORK_REQUIRED where both are wrong'
    },
  },
  {
    clause: 'H-16',
    title: 'says in the channel why it does not accept a dialler, and in the clear what it cannot read',
    async run(bench) {
      const ended = await withCertificate(
        bench,
        (now) => now - DAY_MS,
        (now) => now - DAY_MS / 2,
      )
      const { ready, code, inClear } = await verdict(bench, ended)
      ensure(
        ready || (code !== undefined && !inClear),
        `a certificate out of its time: ${code ?? 'no word'}${inClear ? ' in the clear' : ''}`,
      )
      const attempt = await bench.meet()
      attempt.confirm({ version: 2, suite: SUITE })
      await refusedWith(attempt, ['HANDSHAKE_FAILED', 'MALFORMED_DATA', 'PROOF_OF_WORK_REQUIRED'], 'a payload 3 of another form')
      return `${code ?? 'READY'} in the channel; a malformed payload 3 in the clear`
    },
  },
  {
    clause: 'H-18',
    title: 'sends RETRY once at most, of 20 bits at most',
    async run(bench) {
      const attempts = await Promise.all(Array.from({ length: 12 }, () => bench.meet()))
      const retried = attempts.find(({ retries }) => retries.length > 0)
      if (retried === undefined) throw new NotObservable('the target is not under load')
      return `RETRY of ${retried.retries[0]![17]} bits, then message 2`
    },
  },
  {
    clause: 'H-20',
    title: 'refuses work that does not answer its RETRY, and draws a new challenge for each connection',
    async run(bench) {
      // Handshakes that stand half-way are load.
      await Promise.all(Array.from({ length: 12 }, () => bench.meet()))
      const attempt = await bench.attempt()
      const frame = await attempt.next()
      if (frame?.[0] !== Frame.RETRY) throw new NotObservable('the target is not under load')
      const bits = frame[17]!
      if (bits === 0) throw new NotObservable('any nonce fits a RETRY of 0 bits')
      attempt.pipe.send(joined(Uint8Array.of(Frame.WORK), wrongWork(attempt.retryBytes(frame), bits)))
      await refusedWith(attempt, ['HANDSHAKE_FAILED'], 'a nonce that does not fit')
      const other = await (await bench.attempt()).next()
      if (other?.[0] === Frame.RETRY)
        ensure(Buffer.compare(frame.subarray(1, 17), other.subarray(1, 17)) !== 0, 'one challenge twice')
      return 'HANDSHAKE_FAILED'
    },
  },
  {
    clause: 'H-21',
    title: 'demands work of its day, and takes no proof of another day',
    async run(bench) {
      const attempt = await bench.meet()
      const work = demanded(attempt)
      const today = Math.floor(attempt.hello.now / DAY_MS)
      ensure(work.day === today, `work.day is ${work.day}, its today ${today}`)
      const payload = await attempt.payload()
      // The proof holds, but for the day that it names.
      attempt.confirm({ ...payload, proof: [work.day - 2, payload.proof[1]] })
      const { ready, code } = await verdictOf(described(attempt.channel()))
      ensure(!ready && (code === undefined || code === 'PROOF_OF_WORK_REQUIRED'), `a proof of two days ago: ${code ?? 'READY'}`)
      return `day ${work.day}`
    },
  },
  {
    clause: 'H-22',
    title: 'refuses diallers without a proof of work that holds',
    async run(bench) {
      const attempt = await bench.meet()
      const work = demanded(attempt)
      await notTaken(bench, 'no proof', ['PROOF_OF_WORK_REQUIRED'], { hello: (payload) => ({ ...payload, proof: undefined }) })
      const { network } = bench.options
      const wrong = (payload: Anything) => {
        const block = workBlock(network, attempt.hello.publicKey, work.salt, work.day, payload.publicKey)
        return { ...payload, proof: [work.day, wrongWork(block, work.bits)] }
      }
      await notTaken(bench, 'a proof that does not hold', ['PROOF_OF_WORK_REQUIRED'], { hello: wrong })
      return `PROOF_OF_WORK_REQUIRED without ${work.bits} bits`
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

export const identityChecks: Check[] = [
  {
    clause: 'I-2',
    title: 'refuses signatures that only a loose verifier takes',
    async run(bench) {
      const self = await Self.create()
      const { hello } = await bench.meet()
      const [from, to] = [hello.now - DAY_MS, hello.now + DAY_MS]
      const [, , signature] = await self.certificate(bench.options.network, from, to)
      const loose: [string, Anything][] = [
        ['S above the order', { certificate: [from, to, joined(signature.subarray(0, 32), plusOrder(signature.subarray(32)))] }],
        ['a key of small order', { publicKey: ONE, certificate: [from, to, joined(ONE, new Uint8Array(32))] }],
        ['a chance signature', { certificate: [from, to, random(64)] }],
      ]
      for (const [what, fields] of loose) {
        const codes = ['INVALID_SIGNATURE', 'PROOF_OF_WORK_REQUIRED']
        await notTaken(bench, what, codes, { self, hello: (payload) => ({ ...payload, ...fields }) })
      }
      return `${loose.length} signatures refused`
    },
  },
  {
    clause: 'I-4',
    title: 'refuses names against the rules',
    async run(bench) {
      const names = ['lp1name', ' edge', 'a/b', 'e\u0301', 'zero\u200bwidth', '', 'x'.repeat(65)]
      await Promise.all(
        names.map((name) =>
          bench.notDescribed({ name }, ['INVALID_PEER_ID', 'MALFORMED_DATA'], `the name ${JSON.stringify(name.slice(0, 10))}`),
        ),
      )
      return `${names.length} names refused`
    },
  },
  {
    clause: 'I-5',
    profiles: ['peer'],
    title: 'pins a name to the first key that uses it',
    async run(bench) {
      const name = `conform-${Buffer.from(random(6)).toString('hex')}`
      const first = await bench.dial({ description: { name } })
      await first.alive()
      return bench.notDescribed({ name }, ['NAME_TAKEN'], 'a second key with the name')
    },
  },
  {
    clause: 'I-6',
    profiles: ['relay'],
    title: 'refuses nobody for a name',
    async run(bench) {
      const name = `conform-${Buffer.from(random(6)).toString('hex')}`
      await (await bench.dial({ description: { name } })).alive()
      await (await bench.dial({ description: { name } })).alive()
      return 'two keys of one name are connected'
    },
  },
]

/** The encoding of the neutral point: order 1. */
const ONE = joined(Uint8Array.of(1), new Uint8Array(31))
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n

/** A number of 32 bytes, little-endian, and the order of the group. */
function plusOrder(bytes: Uint8Array): Uint8Array {
  let sum = ORDER
  for (let i = 31; i >= 0; i--) sum += BigInt(bytes[i]!) << BigInt(8 * i)
  return Uint8Array.from({ length: 32 }, (_, i) => Number((sum >> BigInt(8 * i)) & 0xffn))
}
