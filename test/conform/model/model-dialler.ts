import { joined } from '../../../src/base/bytes.js'
import { verify } from '../../../src/identity/ed25519.js'
import { encode } from '../../../src/message/codec.js'
import { type Attempt, Bench } from '../../../src/node/conform/bench.js'
import {
  type Anything,
  certified,
  DAY_MS,
  entry,
  Frame,
  Kind,
  random,
  SUITE,
  tryDecode,
  workOn,
} from '../../../src/node/conform/wire.js'

const SKEW_MS = 300_000

/** A dialler made from the document, on the tester's bytes, with one rule broken where a test asks for it. */
export async function modelDial(address: string, fault = ''): Promise<void> {
  const breaks = (name: string) => fault === name
  const bench = new Bench({ address, network: 'lotus', waitMs: 2_000, handshakeMs: 10_000, maxBits: 8 })
  try {
    const offer = encode({ versions: [2], network: 'lotus', suites: [SUITE], ...(breaks('H-2') && { publicKey: random(32) }) })
    const attempt = await bench.attempt({ offer })
    const refuse = async (code: string) => {
      attempt.pipe.send(joined(Uint8Array.of(Frame.REFUSAL), encode({ code })))
      attempt.pipe.end()
    }
    const second = await secondFrame(attempt, breaks)
    if (typeof second === 'string') return await (second === '' ? undefined : refuse(second))
    const hello = tryDecode(attempt.noise.readMessage(second.subarray(1)))
    const code = await judged(attempt, hello, breaks)
    if (code !== undefined) return await refuse(code)
    attempt.hello = hello
    const payload = await attempt.self.hello('lotus', hello.now)
    if (breaks('H-27')) payload.certificate = await attempt.self.certificate('lotus', Date.now(), Date.now() + DAY_MS)
    if (breaks('C-10/certificate'))
      payload.certificate = await attempt.self.certificate('lotus', hello.now - DAY_MS, hello.now + 30 * DAY_MS)
    attempt.confirm(payload)
    const channel = attempt.channel()
    if (!breaks('C-10/late')) channel.write(channel.describe())
    if (breaks('C-10')) channel.switchHere(0)
    await channel.until(() => channel.description ?? channel.refusal ?? (channel.ended || undefined))
    if (channel.refusal !== undefined && !breaks('H-17')) return
    channel.write(breaks('H-17') ? entry(Kind.CLOSE, encode({ code: 'SHUT_DOWN' })) : entry(Kind.PADDING))
    if (channel.description !== undefined && !breaks('C-10')) channel.switchHere(0)
    await channel.until(() => channel.ended || undefined)
  } finally {
    bench.end()
  }
}

/** Message 2; else the code to refuse with, empty where there is nothing to say. */
async function secondFrame(attempt: Attempt, breaks: (name: string) => boolean): Promise<Uint8Array | string> {
  let worked = false
  for (;;) {
    const frame = await attempt.next()
    if (frame === undefined) return ''
    if (frame[0] === Frame.REFUSAL) {
      if (breaks('H-26')) attempt.pipe.send(frame)
      return ''
    }
    if (frame[0] !== Frame.RETRY) return frame
    const isTooMuch = frame[17]! > 20 && !breaks('H-19/bits')
    if ((worked && !breaks('H-19')) || isTooMuch) return 'PROTOCOL_VIOLATION'
    worked = true
    const nonce = breaks('H-19/nonce') ? random(7) : await nonceFor(attempt, frame, breaks('H-19/bits'))
    attempt.pipe.send(joined(Uint8Array.of(Frame.WORK), nonce))
  }
}

async function nonceFor(attempt: Attempt, retry: Uint8Array, isLazy: boolean): Promise<Uint8Array> {
  return workOn(attempt.retryBytes(retry), isLazy ? Math.min(retry[17]!, 8) : retry[17]!)
}

/** What is wrong with message 2, in the order of H.4. */
async function judged(attempt: Attempt, hello: Anything, breaks: (name: string) => boolean): Promise<string | undefined> {
  const [from, to, signature] = hello.certificate
  const holds = await verify(signature, certified('lotus', attempt.noise.remoteStatic!, from, to), hello.publicKey)
  if (breaks('H-14') && !holds) return 'INVALID_SIGNATURE'
  if (hello.version !== 2 && !breaks('H-7')) return 'UNSUPPORTED_VERSION'
  if (hello.suite !== SUITE) return 'UNSUPPORTED_VERSION'
  if (!holds && !breaks('I-2')) return 'INVALID_SIGNATURE'
  if (to - from > 7 * DAY_MS && !breaks('H-10')) return 'INVALID_SIGNATURE'
  const inTime = hello.now >= from - SKEW_MS && hello.now <= to + SKEW_MS
  if (!inTime && !breaks('H-13')) return 'CLOCK_SKEW'
  return hello.work !== undefined && !breaks('H-23') ? 'PROOF_OF_WORK_REQUIRED' : undefined
}
