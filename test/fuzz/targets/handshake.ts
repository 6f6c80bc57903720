import { equalBytes } from '../../../src/base/bytes.js'
import { P2PError } from '../../../src/base/errors.js'
import { DEFAULT_LIMITS as limits } from '../../../src/base/limits.js'
import { Entry } from '../../../src/channel/batch.js'
import { createChannelKeys } from '../../../src/channel/certificate.js'
import { encodeDescription } from '../../../src/channel/description.js'
import { REFUSAL } from '../../../src/channel/handshake.js'
import { encodeHello, encodeOffer } from '../../../src/channel/hello.js'
import { type NoiseChannel, NoiseXX } from '../../../src/channel/noise.js'
import { SecureChannel } from '../../../src/channel/secure-channel.js'
import type { WorkProof, WorkTerms } from '../../../src/channel/work.js'
import { decode, encode } from '../../../src/message/codec.js'
import { mineProofOfWork, verifyProofOfWork } from '../../../src/plugins/proof-of-work/proof-of-work.js'
import { VirtualClock } from '../../../src/testing/virtual-clock.js'
import type { Transport } from '../../../src/transport/transport.js'
import { alice, bob, NETWORK, type PipeEnd, partsOf, partyOf, pipe, START } from '../../channel/pair.js'
import { author } from '../samples.js'
import { Choices, check, checkRefusal, chunk, type FuzzTarget, joined, refusedOr } from '../target.js'

const HANDSHAKE = 1
const PROLOGUE = new TextEncoder().encode(`lotus-p2p/2\0${NETWORK}`)
const mallory = partyOf(await createChannelKeys(author, NETWORK, START), 7, {
  agent: 'mallory/1',
  protocols: ['chat'],
  addresses: ['wss://m.example'],
  metadata: { a: 1 },
  streams: new Uint8Array(8),
})
/** What is demanded, where work is. */
const DEMAND = { bits: 4, salt: new Uint8Array(16).fill(5), day: 19_675 }
const purpose = (publicKey: Uint8Array, responder: Uint8Array) => ({ publicKey, responder, network: NETWORK, salt: DEMAND.salt })
const [theirProof, ourProof] = [
  await mineProofOfWork({ ...DEMAND, ...purpose(author.publicKey, bob.keys.publicKey) }),
  await mineProofOfWork({ ...DEMAND, ...purpose(bob.keys.publicKey, author.publicKey) }),
]
const FIELDS = ['version', 'publicKey', 'certificate', 'session', 'suite', 'now', 'work', 'proof', 'pad']

/** A hostile end that can do all that the real one can, as long as it keeps to the pattern. */
class Mallory {
  readonly frames: Uint8Array[] = []
  channel: NoiseChannel | undefined
  private readonly noise: NoiseXX
  private step = 0

  constructor(
    private readonly end: PipeEnd,
    readonly initiator: boolean,
    private readonly work: boolean,
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
      if (this.initiator && this.step === 3) this.channel = this.noise.split('ChaChaPoly')
      return frame
    } catch {
      return undefined
    }
  }

  /** What an honest one would say now. */
  get honest(): Uint8Array {
    if (this.initiator && this.step === 0) return encodeOffer(NETWORK)
    const work = this.initiator ? { proof: theirProof } : { work: DEMAND }
    return encodeHello(this.work ? { ...partsOf(mallory), ...work } : partsOf(mallory))
  }

  read(): void {
    const frame = this.frames.shift()
    if (frame === undefined || frame[0] !== HANDSHAKE) return
    this.noise.readMessage(frame.subarray(1))
    this.step++
    if (!this.initiator && this.step === 3) this.channel = this.noise.split('ChaChaPoly')
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
    proven =
      verifyProofOfWork({ ...purpose(publicKey, bob.keys.publicKey), proof, bits: DEMAND.bits }) && proof?.day === DEMAND.day
    if (!proven) throw new P2PError('PROOF_OF_WORK_REQUIRED', 'Work first.')
  }
  const work: WorkTerms = {
    ...(demandsWork && { demanded: DEMAND }),
    check: prove,
    find: ({ bits }) => (bits <= DEMAND.bits ? ourProof : undefined),
  }
  const opening = open(victimDials, ours, clock, work)
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
    act(choices, attacker)
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
  } else check(ours.closedHere || ours.closes > 0, 'a refused connection stays open')
  await clock.advance(0)
  check(clock.pending === 0, 'timers stay after the end')
}

function act(choices: Choices, attacker: Mallory): void {
  const what = choices.byte() % 8
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
    // Alice's own words: her key, and her signature over her own channel key.
    sendIf(attacker, attacker.next(encodeHello(partsOf(alice))))
  } else if (what === 6) {
    const frame = attacker.next(attacker.honest)
    if (frame !== undefined) frame[choices.byte() % frame.length]! ^= 1 << (choices.byte() & 7)
    sendIf(attacker, frame)
  } else {
    if (attacker.channel === undefined) refusedOr(() => attacker.read())
    const { channel } = attacker
    const body = choices.chunk()
    if (channel !== undefined) attacker.send(channel.send.encrypt(joined([choices.byte()], chunk(body))))
  }
}

function sendIf(attacker: Mallory, frame: Uint8Array | undefined): void {
  if (frame !== undefined) attacker.send(frame)
}

function open(dials: boolean, end: PipeEnd, clock: VirtualClock, work: WorkTerms): Promise<SecureChannel> {
  const options = { ...bob, limits, clock, work }
  if (!dials) return SecureChannel.accept(end, { ...options, admit: async () => {} })
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
  const entry = (kind: Entry, body: Uint8Array) => joined([7], chunk(body), [kind, go])
  const described = entry(Entry.DESCRIPTION, encodeDescription(mallory.described, limits))
  const ready = joined(entry(Entry.READY, new Uint8Array()), described)
  const field = (name: string, value: unknown) => joined([2, FIELDS.indexOf(name)], chunk(encode(value)), [go])
  return [
    // She dials: the whole handshake, then words of her own.
    joined([0], wait(0), wait(0), described),
    joined([0], wait(0), field('suite', 'AESGCM')),
    joined([0], wait(0), field('certificate', [START, START + 1, new Uint8Array(64)])),
    joined([0], [1], chunk(encode({ versions: [7, 2], network: NETWORK, suites: ['x', 'ChaChaPoly'] })), [go], wait(0)),
    joined([0], [1], chunk(encodeOffer('other')), [go], wait(0)),
    joined([0], wait(0), wait(5)),
    joined([0], wait(0), wait(6, 40, 3)),
    joined([0], wait(0), wait(0), entry(Entry.MESSAGE, new Uint8Array(1))),
    joined([2], wait(0), wait(0), described),
    joined([2], wait(0), field('proof', [DEMAND.day, new Uint8Array(8)])),
    // She answers.
    joined([3], wait(0), ready),
    joined([1], field('work', { ...DEMAND, bits: 30 })),
    joined([1], field('now', START + 1e9), ready),
    joined([1], wait(0), [7], chunk(encode({ code: 'POOL_FULL', retryAfterMs: 5 })), [Entry.CLOSE, go]),
    joined([1], wait(0), ready),
    joined([1], wait(0), described),
    joined([1], wait(5)),
    joined([1], [4], chunk(encode({ code: 'NAME_TAKEN', message: 'Taken.' })), [go]),
    joined([1], [3], chunk(Uint8Array.of(1, 2, 3)), [255], wait(0)),
  ]
}
