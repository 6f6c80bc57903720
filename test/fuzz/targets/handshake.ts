import { equalBytes } from '../../../src/base/bytes.js'
import { P2PError } from '../../../src/base/errors.js'
import { DEFAULT_LIMITS as limits } from '../../../src/base/limits.js'
import { Entry } from '../../../src/channel/batch.js'
import { createChannelKeys } from '../../../src/channel/certificate.js'
import { encodeDescription } from '../../../src/channel/description.js'
import { REFUSAL } from '../../../src/channel/handshake.js'
import { encodeHello, encodeOffer } from '../../../src/channel/hello.js'
import { type NoiseChannel, NoiseXX } from '../../../src/channel/noise.js'
import { answerRetry, CHALLENGE_BYTES, retryTask } from '../../../src/channel/retry.js'
import { SecureChannel } from '../../../src/channel/secure-channel.js'
import type { WorkProof, WorkTerms } from '../../../src/channel/work.js'
import { decode, encode } from '../../../src/message/codec.js'
import { VirtualClock } from '../../../src/testing/virtual-clock.js'
import type { Transport } from '../../../src/transport/transport.js'
import { alice, bob, NETWORK, type PipeEnd, partsOf, partyOf, pipe } from '../../channel/pair.js'
import { author, NOW } from '../samples.js'
import { Choices, check, checkRefusal, chunk, type FuzzTarget, joined, refusedOr } from '../target.js'

const HANDSHAKE = 1
const RETRY = 2
const WORK = 3
const PROLOGUE = new TextEncoder().encode(`lotus-p2p/2\0${NETWORK}`)
const SUITE = 'ChaChaPoly'
const mallory = partyOf(await createChannelKeys(author, NETWORK, NOW), 9, {
  agent: 'mallory/1',
  protocols: ['chat'],
  addresses: ['wss://m.example'],
  metadata: { a: 1 },
  streams: new Uint8Array(8).fill(9),
})
/** The work that is demanded, where it is, and what passes for its proof here. */
const DEMAND = { bits: 4, salt: new Uint8Array(16).fill(5), day: Math.floor(NOW / 86_400_000) }
const PROOF: WorkProof = { day: DEMAND.day, nonce: new Uint8Array(8).fill(6) }
/** Bits of work before any cryptography, where it is demanded. */
const RETRY_BITS = 3
const FIELDS = ['version', 'publicKey', 'certificate', 'session', 'suite', 'now', 'work', 'proof', 'pad']

/** A hostile end that can do all that the real one can, as long as it keeps to the pattern. */
class Mallory {
  readonly frames: Uint8Array[] = []
  channel: NoiseChannel | undefined
  private readonly noise: NoiseXX
  private step = 0
  private ephemeralKey: Uint8Array | undefined

  constructor(
    private readonly end: PipeEnd,
    readonly initiator: boolean,
    private readonly demandsWork: boolean,
  ) {
    this.noise = new NoiseXX({ initiator, staticKeys: mallory.keys.noise, prologue: PROLOGUE })
    end.attach({ onFrame: (frame) => this.frames.push(frame), onClose: () => {}, onDrain: () => {} })
  }

  send(frame: Uint8Array): void {
    this.end.send(frame)
  }

  /** The next frame of the pattern with this payload; undefined where it is not our turn, or the pattern is done. */
  next(payload: Uint8Array): Uint8Array | undefined {
    const due = this.initiator ? [0, 2] : [1]
    try {
      if (this.step === (this.initiator ? 1 : 0)) this.read()
      if (!due.includes(this.step)) return undefined
      const frame = joined([HANDSHAKE], this.noise.writeMessage(payload))
      this.step++
      if (this.initiator && this.step === 3) this.channel = this.noise.split(SUITE)
      else if (this.initiator) this.ephemeralKey = frame.slice(1, 33)
      return frame
    } catch {
      return undefined
    }
  }

  /** What an honest one would say now. */
  get honest(): Uint8Array {
    if (this.initiator && this.step === 0) return encodeOffer(NETWORK)
    const work = this.initiator ? { proof: PROOF } : { work: DEMAND }
    return encodeHello({ ...partsOf(mallory), ...(this.demandsWork && work) })
  }

  read(): void {
    const frame = this.frames.shift()
    if (frame === undefined || frame[0] !== HANDSHAKE) return
    this.noise.readMessage(frame.subarray(1))
    this.step++
    if (!this.initiator && this.step === 3) this.channel = this.noise.split(SUITE)
  }

  /** Does the work that is asked for under load. */
  async work(): Promise<void> {
    const [frame] = this.frames
    if (frame?.[0] !== RETRY || this.ephemeralKey === undefined) return
    this.frames.shift()
    const task = retryTask(NETWORK, frame.subarray(1, 1 + CHALLENGE_BYTES), this.ephemeralKey)
    const nonce = await answerRetry(task, RETRY_BITS, () => false)
    this.send(joined([WORK], nonce!))
  }

  /** Accepts, where she is the one who accepts, and tells of herself. */
  describe(): void {
    if (this.channel === undefined) refusedOr(() => this.read())
    const ready = this.initiator ? [] : [Entry.READY, 0, 0]
    const described = encodeDescription(mallory.described, limits)
    if (this.channel !== undefined) this.send(this.channel.send.encrypt(joined(ready, [Entry.DESCRIPTION], chunk(described))))
  }
}

/**
 * Either end of a handshake against one that says what the input says. It opens only for who has proven the key that it is
 * said to have, or it is refused with an error of ours within the time for a handshake; nothing stays of it.
 */
export const fuzz: FuzzTarget['fuzz'] = async (bytes) => {
  const choices = new Choices(bytes)
  const clock = new VirtualClock()
  const role = choices.byte()
  const victimDials = role % 2 === 1
  const demandsWork = (role & 2) !== 0
  const [near, far] = pipe()
  const [ours, theirs] = victimDials ? [near, far] : [far, near]
  const attacker = new Mallory(theirs, !victimDials, demandsWork)
  let proven = victimDials || !demandsWork
  const prove = (publicKey: Uint8Array, proof: WorkProof | undefined) => {
    if (!demandsWork) return
    proven = equalBytes(publicKey, author.publicKey) && proof?.day === PROOF.day && equalBytes(proof.nonce, PROOF.nonce)
    if (!proven) throw new P2PError('PROOF_OF_WORK_REQUIRED', 'Work first.')
  }
  const work: WorkTerms = {
    ...(demandsWork && { demanded: DEMAND }),
    check: prove,
    find: ({ bits }) => (bits <= DEMAND.bits ? PROOF : undefined),
  }
  const opening = open(victimDials, ours, clock, work, (role & 4) === 0 ? 0 : RETRY_BITS)
  const began = clock.now()
  let outcome: SecureChannel | 'refused' | undefined
  const settled = opening.then(
    (channel) => {
      outcome = channel
    },
    (error) => {
      checkRefusal(error)
      outcome = 'refused'
    },
  )
  while (choices.left > 0 && outcome !== 'refused') {
    await act(choices, attacker)
    // A signature is checked on another thread: what follows may come before or after.
    if (choices.byte() < 200) await clock.advance(0)
  }
  await clock.advance(limits.handshakeTimeoutMs)
  await settled
  check(outcome === 'refused' || outcome?.remote !== undefined, 'a handshake that never ends')
  check(clock.now() - began <= limits.handshakeTimeoutMs * 2, 'a handshake that takes too long')
  if (outcome instanceof SecureChannel) {
    check(proven, 'a channel without the work that was demanded')
    // She knows what Alice says of herself, but cannot speak for her.
    check(equalBytes(outcome.remote.publicKey, author.publicKey), 'a channel to somebody who has proven nothing')
    check(
      outcome.remote.session.length === 32 && outcome.remote.streams.length === 8,
      'a channel to a peer that has not told of itself',
    )
  } else check(ours.closedHere || ours.closes > 0, 'a refused connection stays open')
  await clock.advance(0)
  // Half a message has a deadline of its own.
  const awaitsRest = outcome instanceof SecureChannel && outcome.open && outcome.partBytes > 0
  check(clock.pending === (awaitsRest ? 1 : 0), 'timers stay after the end')
}

async function act(choices: Choices, attacker: Mallory): Promise<void> {
  const what = choices.byte() % 10
  if (what === 0) sendIf(attacker, attacker.next(attacker.honest))
  else if (what === 1) sendIf(attacker, attacker.next(choices.chunk()))
  else if (what === 2) {
    const hello = decode(attacker.honest) as Record<string, unknown>
    const field = choices.pick(FIELDS)
    const value = refusedOr(() => decode(choices.chunk()))
    const altered = refusedOr(() => encode({ ...hello, [field]: value }))
    if (altered !== undefined) sendIf(attacker, attacker.next(altered))
  } else if (what === 3) attacker.send(choices.chunk())
  else if (what === 4) attacker.send(joined([REFUSAL], choices.chunk()))
  else if (what === 5) {
    // Alice's own words: her key, and her certificate for her own channel key.
    sendIf(attacker, attacker.next(encodeHello(partsOf(alice))))
  } else if (what === 6) {
    const frame = attacker.next(attacker.honest)
    if (frame !== undefined) frame[choices.byte() % frame.length]! ^= 1 << (choices.byte() & 7)
    sendIf(attacker, frame)
  } else if (what === 8) attacker.describe()
  else if (what === 9) await attacker.work()
  else {
    if (attacker.channel === undefined) refusedOr(() => attacker.read())
    const { channel } = attacker
    const body = choices.chunk()
    if (channel !== undefined) attacker.send(channel.send.encrypt(joined([choices.byte()], chunk(body))))
  }
}

function sendIf(attacker: Mallory, frame: Uint8Array | undefined): void {
  if (frame !== undefined) attacker.send(frame)
}

function open(dials: boolean, end: PipeEnd, clock: VirtualClock, work: WorkTerms, bits: number): Promise<SecureChannel> {
  const options = { ...bob, limits, clock, work, retryBits: () => bits }
  if (!dials) return SecureChannel.accept(end, options)
  const transport: Transport = {
    name: 'memory',
    rank: 3,
    direct: true,
    canDial: () => true,
    dial: async (_, { firstFrame }) => {
      end.send(firstFrame)
      return end
    },
  }
  return SecureChannel.dial(transport, 'memory://mallory', options)
}

export const seeds: FuzzTarget['seeds'] = () => {
  const go = 0
  const wait = (what: number, ...rest: number[]) => [what, ...rest, go]
  const field = (name: string, value: unknown) => joined([2, FIELDS.indexOf(name)], chunk(encode(value)), [go])
  return [
    // She dials: the whole handshake, then words of her own.
    joined([0], wait(0), wait(0), wait(8), [7], chunk(new Uint8Array()), [Entry.ACK, go]),
    joined([0], wait(0), wait(0), wait(8), wait(8)),
    joined([0], wait(0), field('suite', 'AESGCM'), wait(8)),
    joined([0], wait(0), field('session', new Uint8Array(15))),
    joined([0], wait(0), field('certificate', [0, 1, new Uint8Array(64)])),
    joined([0], [1], chunk(encode({ versions: [7, 2], network: NETWORK, suites: [SUITE] })), [go], wait(0), wait(8)),
    joined([0], [1], chunk(encode({ versions: [2], network: 'other', suites: [SUITE] })), [go]),
    joined([0], wait(0), wait(0), [7], chunk(encode({ agent: 'x' })), [Entry.DESCRIPTION, go]),
    joined([0], wait(0), wait(0), [7], chunk(new Uint8Array(40)), [0xfe, go], wait(8)),
    joined([0], wait(0), wait(5)),
    joined([0], wait(0), wait(6, 40, 3)),
    joined([2], wait(0), wait(0), wait(8)),
    joined([2], wait(0), field('proof', [DEMAND.day, new Uint8Array(8)])),
    // Under load.
    joined([4], wait(0), wait(9), wait(0), wait(8)),
    joined([4], wait(0), [3], chunk(Uint8Array.of(WORK, 0, 0, 0, 0, 0, 0, 0, 0)), [go]),
    joined([4], wait(0), wait(0)),
    // She answers.
    joined([3], wait(0), wait(8)),
    joined([1], field('work', { bits: 30, salt: DEMAND.salt, day: 1 })),
    joined([1], field('now', 0), wait(8)),
    joined([1], wait(0), [7], chunk(encode({ code: 'POOL_FULL', retryAfterMs: 5 })), [Entry.CLOSE, go]),
    joined([1], wait(0), wait(8)),
    joined([1], wait(0), [7], chunk(new Uint8Array()), [Entry.READY, go], wait(8)),
    joined([1], wait(5)),
    joined([1], [3], chunk(Uint8Array.of(RETRY, ...new Uint8Array(16), 2)), [go], wait(0), wait(8)),
    joined([1], [3], chunk(Uint8Array.of(RETRY, ...new Uint8Array(16), 21)), [go]),
    joined([1], [4], chunk(encode({ code: 'NAME_TAKEN', message: 'Taken.' })), [go]),
    joined([1], field('pad', new Uint8Array(300)), wait(8)),
    joined([1], [3], chunk(Uint8Array.of(1, 2, 3)), [255], wait(0)),
  ]
}
