import { createHash } from 'node:crypto'
import { verify } from '../../identity/ed25519.js'
import { taggedBytes } from '../../identity/envelope.js'
import { encode } from '../../message/codec.js'
import { type Dialled, noSignature } from './dialled.js'
import { ensure } from './outcome.js'
import { type Anything, certified, DAY_MS, Frame, Kind, random, SUITE, tryDecode, zeroBits } from './wire.js'

/** One look at a dialler, on a connection that it has made. */
export interface DiallerCheck {
  clause: string
  title: string
  /** @returns what was seen. @throws Failed where the dialler breaks the clause. */
  run(dialled: Dialled): Promise<string>
}

const HOUR_MS = 3_600_000
/** The responder's clock, where it is not the dialler's. */
const OFFSET_MS = -20 * HOUR_MS
const QUIET_MS = 300
const BITS = 6

type Lies = (dialled: Dialled) => (hello: Anything) => Anything | Promise<Anything>

/** A check that the dialler does not confirm a message 2 in which something is wrong. */
const refuses = (clause: string, title: string, codes: string[], lies: Lies): DiallerCheck => ({
  clause,
  title,
  async run(dialled) {
    const change = lies(dialled)
    const truth = { ...(await dialled.self.hello(dialled.network, Date.now())), now: Date.now() }
    const hello = await change(truth)
    await dialled.answer(() => hello)
    return dialled.noThird(codes, title)
  },
})

const dated =
  (from: number, to: number): Lies =>
  ({ self, network }) =>
  async (hello) => ({ ...hello, certificate: await self.certificate(network, hello.now + from, hello.now + to) })

const unsigned = (hello: Anything) => ({
  ...hello,
  certificate: [hello.certificate[0], hello.certificate[1], noSignature()],
})

/** A RETRY, and the work that answers it. */
async function retry(dialled: Dialled, bits: number): Promise<void> {
  const challenge = random(16)
  dialled.send(Frame.RETRY, challenge, Uint8Array.of(bits))
  const frame = await dialled.next()
  ensure(frame?.[0] === Frame.WORK && frame.length === 9, `RETRY is answered by ${describe(frame)}`)
  const hashed = taggedBytes('retry', dialled.network, challenge, dialled.first.subarray(0, 32), frame.subarray(1))
  const found = zeroBits(createHash('sha256').update(hashed).digest())
  ensure(found >= bits, `a nonce of ${found} bits, where ${bits} are due`)
}

const describe = (frame: Uint8Array | undefined): string =>
  frame === undefined ? 'nothing' : `a frame of kind ${frame[0]} and ${frame.length} bytes`

async function refusesRetry(dialled: Dialled, what: string): Promise<void> {
  const frame = await dialled.next()
  ensure(frame === undefined || frame[0] === Frame.REFUSAL, `${what} is answered by ${describe(frame)}`)
  const code = frame === undefined ? undefined : tryDecode(frame.subarray(1))?.code
  ensure(code === undefined || code === 'PROTOCOL_VIOLATION', `${what}: refused with ${code}`)
  await dialled.over(what)
}

/** The dialler's hello of message 3, and its channel. */
async function accepted(dialled: Dialled) {
  const hello = await dialled.third()
  return { hello, channel: dialled.channel(hello) }
}

/** Each is run on a connection of its own. The last one leaves the dialler connected. */
export const DIALLER_CHECKS: readonly DiallerCheck[] = [
  {
    clause: 'H-2',
    title: 'offers this version, suite and network, and nothing of its identity',
    async run({ offer, network, first }) {
      ensure(first.length - 32 <= 8_192, `an offer of ${first.length - 32} bytes`)
      ensure(Array.isArray(offer.versions) && offer.versions.includes(2), `versions ${offer.versions}`)
      ensure(Array.isArray(offer.suites) && offer.suites.includes(SUITE), `suites ${offer.suites}`)
      ensure(offer.network === network, `network ${offer.network}`)
      const told = ['publicKey', 'certificate', 'session', 'proof', 'name'].filter((field) => field in offer)
      ensure(told.length === 0, `message 1 tells ${told.join(', ')}`)
      return `an offer of ${first.length - 32} bytes`
    },
  },
  refuses('H-7', 'refuses a version that it did not offer', ['UNSUPPORTED_VERSION'], () => (hello) => ({
    ...hello,
    version: 99,
  })),
  refuses(
    'H-14',
    'looks at the suite before the certificate, where both are wrong',
    ['UNSUPPORTED_VERSION'],
    () => (hello) => unsigned({ ...hello, suite: 'NoSuchSuite' }),
  ),
  refuses('I-2', 'confirms no certificate whose signature does not hold', ['INVALID_SIGNATURE'], () => unsigned),
  refuses('H-10', 'refuses a certificate of more than 7 days', ['INVALID_SIGNATURE'], dated(-DAY_MS, 6 * DAY_MS + 1)),
  refuses('H-13', "refuses a certificate that has ended at the responder's clock", ['CLOCK_SKEW'], dated(-2 * HOUR_MS, -HOUR_MS)),
  refuses('H-23', 'sends no message 3 without the proof of work that is demanded', ['PROOF_OF_WORK_REQUIRED'], () => (hello) => ({
    ...hello,
    work: { bits: 60, salt: random(16), day: Math.floor(hello.now / DAY_MS) },
  })),
  {
    clause: 'H-19',
    title: 'answers a RETRY with work that fits, and refuses a second one',
    async run(dialled) {
      await retry(dialled, BITS)
      dialled.send(Frame.RETRY, random(16), Uint8Array.of(1))
      await refusesRetry(dialled, 'a second RETRY')
      return `work of ${BITS} bits`
    },
  },
  {
    clause: 'H-19',
    title: 'does no work of more than 20 bits',
    async run(dialled) {
      dialled.send(Frame.RETRY, random(16), Uint8Array.of(21))
      await refusesRetry(dialled, 'a RETRY of 21 bits')
      return 'refused'
    },
  },
  {
    clause: 'H-26',
    title: 'ends at a refusal in the clear, and does not answer it',
    async run(dialled) {
      dialled.send(Frame.REFUSAL, encode({ code: 'POOL_FULL', retryAfterMs: 100 }))
      await dialled.over('a refusal')
      return 'no word'
    },
  },
  {
    clause: 'H-17',
    title: 'takes a refusal in the clear in place of READY',
    async run(dialled) {
      await dialled.answer()
      const { channel } = await accepted(dialled)
      dialled.send(Frame.REFUSAL, encode({ code: 'POOL_FULL' }))
      ensure(await channel.until(() => channel.ended || undefined), 'the connection stays')
      ensure(channel.close === undefined, `answered with CLOSE ${channel.close?.code}`)
      return 'the connection ended'
    },
  },
  {
    clause: 'H-27',
    title: "dates its own certificate by the responder's clock",
    async run(dialled) {
      const now = Date.now() + OFFSET_MS
      const certificate = await dialled.self.certificate(dialled.network, now - HOUR_MS, now + 2 * DAY_MS)
      await dialled.answer((hello) => ({ ...hello, now, certificate }))
      const { certificate: own } = await dialled.third()
      ensure(own[0] <= now && own[1] >= now, 'its certificate does not hold 20 h ago, which is now at the responder')
      return 'a certificate that holds 20 h ago'
    },
  },
  {
    clause: 'C-10',
    title: 'describes itself at once, says nothing else before READY, and speaks after it',
    async run(dialled) {
      await dialled.answer()
      const { hello, channel } = await accepted(dialled)
      const { publicKey, certificate, session } = hello ?? {}
      ensure(hello?.version === 2 && hello.suite === SUITE, `repeats version ${hello?.version}, suite ${hello?.suite}`)
      ensure(session instanceof Uint8Array && session.length === 16, 'the session id has not 16 bytes')
      const [from, to, signature] = certificate
      ensure(to > from && to - from <= 7 * DAY_MS, `its certificate lasts ${((to - from) / DAY_MS).toFixed(1)} days`)
      const signed = certified(dialled.network, dialled.remoteStatic, from, to)
      ensure(await verify(signature, signed, publicKey), 'the signature of its certificate does not hold')
      const described = await channel.entry(Kind.DESCRIPTION)
      ensure(described !== undefined && described.frame === 0, 'no DESCRIPTION in the frame behind message 3')
      await channel.until(() => undefined, QUIET_MS)
      const early = channel.entries.find(
        ({ kind }) => ![Kind.DESCRIPTION, Kind.REKEY].includes(kind as never) && kind < Kind.PADDING,
      )
      ensure(early === undefined, `an entry ${early?.kind.toString(16)} before READY`)
      dialled.ready(channel)
      channel.switchHere(0)
      await channel.entry(Kind.SWITCH, QUIET_MS)
      await channel.alive()
      return 'DESCRIPTION, silence, and a pong after READY'
    },
  },
]
