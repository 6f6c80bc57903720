import { codeOf, P2PError } from '../../../src/base/errors.js'
import { resolveLimits } from '../../../src/base/limits.js'
import type { Serial } from '../../../src/base/serial.js'
import type { Verified } from '../../../src/base/verified.js'
import { Entry } from '../../../src/channel/batch.js'
import type { ChannelOptions } from '../../../src/channel/channel-options.js'
import { CipherState } from '../../../src/channel/cipher-state.js'
import type { OwnDescription } from '../../../src/channel/description.js'
import { encodeDescription } from '../../../src/channel/description.js'
import type { Handshake } from '../../../src/channel/handshake.js'
import type { Hello, RemoteHello } from '../../../src/channel/hello.js'
import { SecureChannel } from '../../../src/channel/secure-channel.js'
import { Defence } from '../../../src/defence/defence.js'
import { encode } from '../../../src/message/codec.js'
import type { P2PMessage } from '../../../src/message/message.js'
import { checkMessage, toWire } from '../../../src/message/p2p-protocol.js'
import type { ConnectionContext } from '../../../src/peer/connection/connection-context.js'
import { PeerConnection } from '../../../src/peer/connection/peer-connection.js'
import { Session } from '../../../src/peer/connection/session.js'
import { encodeAck, encodeRefused, encodeSequence, encodeSwitch } from '../../../src/peer/connection/stream-entries.js'
import { memoryStore } from '../../../src/storage/key-value-store.js'
import { VirtualClock } from '../../../src/testing/virtual-clock.js'
import type { Connection, FrameSink } from '../../../src/transport/transport.js'
import { author } from '../samples.js'
import { Choices, check, checkRefusal, chunk, type FuzzTarget, joined } from '../target.js'

const limits = resolveLimits({ maxMessageBytes: 4_096, rekeyAfterFrames: 3, ackDelayMs: 50 })
const KEYS = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)] as const
const CERTIFICATE = { notBefore: 0, notAfter: 1, signature: new Uint8Array(64) }
const KINDS = [...Object.values(Entry).filter((kind) => typeof kind === 'number'), 0x7f]
const hello = (): RemoteHello => ({ publicKey: author.publicKey, session: '09'.repeat(16), version: 2 })
const described: OwnDescription = {
  agent: 'm/1',
  name: 'mallory',
  protocols: [],
  addresses: [],
  streams: new Uint8Array(8).fill(9),
}

class Wire implements Connection {
  readonly transport = 'memory'
  readonly remoteAddress = 'memory://mallory'
  readonly outbound = false
  readonly rank = 3
  readonly direct = true
  readonly maxFrameBytes = 65_535
  readonly bufferedAmount = 0
  sink!: FrameSink
  closed = false
  sent: Uint8Array[] = []

  attach(sink: FrameSink): void {
    this.sink = sink
  }
  send(frame: Uint8Array): void {
    check(!this.closed, 'a frame after the end')
    this.sent.push(frame)
  }
  close(): void {
    this.closed = true
  }
}

/** As SecureChannel, but for its constructor: no key exchange, so that a thousand channels a second can be had. */
const OpenChannel = SecureChannel as unknown as new (
  connection: Connection,
  handshake: Pick<Handshake, 'receive' | 'wipe'>,
  options: Pick<ChannelOptions, 'limits' | 'clock' | 'describe'>,
) => { run(): Promise<SecureChannel> }

/**
 * One end of an open channel, and behind it the peer's session and messages, against a peer that holds the keys and says what the
 * input says: entries well sealed, fragments, re-keys, and raw bytes. It goes on, or ends once with a code; nothing is thrown
 * at the transport, no more is delivered than was sent, no timer stays.
 */
export const fuzz: FuzzTarget['fuzz'] = async (bytes) => {
  const choices = new Choices(bytes)
  const clock = new VirtualClock()
  const wire = new Wire()
  const handshake = {
    receive: async () => ({
      met: { remote: hello(), version: 2, suite: 'ChaChaPoly', certificate: CERTIFICATE, now: undefined } as Verified<Hello>,
      noise: { send: new CipherState(KEYS[0].slice()), receive: new CipherState(KEYS[1].slice()), handshakeHash: KEYS[0] },
    }),
    wipe() {},
  }
  const opening = new OpenChannel(wire, handshake, { limits, clock, describe: () => described }).run()
  wire.sink.onFrame(Uint8Array.of(1))
  const seal = new CipherState(KEYS[1].slice())
  await clock.advance(0)
  wire.sink.onFrame(seal.encrypt(joined([Entry.DESCRIPTION], chunk(encodeDescription(described, limits)))))
  const channel = await opening
  const open = new CipherState(KEYS[0].slice())
  const messages: P2PMessage[] = []
  const ends: string[] = []
  const session = new Session(clock, limits)
  const defence = new Defence({
    limits,
    clock,
    store: memoryStore(),
    served: () => [],
    limitsOf: () => undefined,
    shareChanged: () => {},
    disconnect: () => {},
    onBanned: () => {},
    onError: () => {},
  })
  const context: ConnectionContext = {
    networkName: 'lotus',
    peerId: 'bob',
    identity: author,
    requireSignatures: false,
    limits,
    clock,
    defence,
    useOf: () => 'lasting',
    claimAnswer: () => false,
    isRelay: () => false,
  }
  const events = {
    message: (message: P2PMessage) => void messages.push(message),
    stale: () => {},
    pathChanged: () => {},
    interrupted: () => {},
    doubted: () => {},
    spareLost: () => {},
  }
  const peer = new PeerConnection(channel, session, context, events, (_, { code }) => ends.push(code))
  peer.begin()
  let said = 0
  let numbered = 0
  let plaintext: Uint8Array = new Uint8Array()
  const flush = () => {
    if (plaintext.length === 0) return
    const frame = seal.encrypt(plaintext)
    plaintext = new Uint8Array()
    wire.sink.onFrame(frame)
  }
  while (choices.left > 0) {
    const act = choices.byte()
    if (act < 160) {
      const kind = act < 150 ? KINDS[act % KINDS.length]! : choices.byte()
      const body = choices.bytes(choices.byte())
      plaintext = joined(plaintext, [kind], chunk(body))
      said++
      if (act >= 75) flush()
    } else if (act < 180) {
      // A message as an honest peer numbers it, so that its content is reached.
      const sequence = encodeSequence({ stream: 0, number: ++numbered, givenUp: 0, protocol: '' })
      if (numbered === 1) plaintext = joined(plaintext, [Entry.SWITCH], chunk(encodeSwitch(0)))
      const message = joined([0], choices.bytes(choices.byte()))
      plaintext = joined(plaintext, [Entry.SEQUENCE], chunk(sequence), [Entry.MESSAGE], chunk(message))
      said++
      flush()
    } else if (act < 195) {
      flush()
      wire.sink.onFrame(seal.encrypt(Uint8Array.of(Entry.REKEY, 0, 0)))
      seal.rekey()
    } else if (act < 205) {
      plaintext = choices.chunk()
      flush()
    } else if (act < 215) {
      const sealed = seal.encrypt(choices.bytes(choices.byte()))
      sealed[choices.byte() % sealed.length]! ^= 1 << (act & 7)
      wire.sink.onFrame(sealed)
    } else if (act < 220) wire.sink.onFrame(choices.bytes(choices.byte()))
    else if (act < 240) await clock.advance(choices.byte())
    else if (channel.open) {
      const message = { type: 't', from: 'bob', payload: choices.byte(), timestamp: 1, messageId: 'x' }
      try {
        await peer.send(message, { wait: false })
      } catch (error) {
        // She takes nothing for a while.
        checkRefusal(error, ['RATE_LIMITED'])
      }
    }
  }
  flush()
  await clock.advance(0)
  // Signatures are checked on another thread.
  const { verifying } = (peer as unknown as { inbox: { verifying: Serial } }).inbox
  while (!verifying.isIdle) await verifying.run(async () => {})
  check(messages.length <= said, 'more was delivered than was sent')
  for (const message of messages) {
    checkMessage(message, limits)
    check(message.from === 'mallory', 'a message in the name of another')
  }
  check(ends.length === (channel.ended === undefined ? 0 : 1), 'an end that is told more or less than once')
  for (const code of ends) check(codeOf(code, 'TIMEOUT') === code, `an end with ${code}`)
  check(wire.closed === !channel.open, 'a channel that ended holds its connection')
  readable(wire.sent, open)
  if (channel.open) channel.close(new P2PError('SHUT_DOWN', 'Bye.'))
  session.end()
  check(clock.pending === 0, 'timers stay after the end')
}

/** What went out can be read with the keys of the other end, to the last frame. */
function readable(sent: readonly Uint8Array[], open: CipherState): void {
  for (const frame of sent) {
    const plaintext = open.decrypt(frame)
    if (plaintext[0] === Entry.REKEY) open.rekey()
  }
}

export const seeds: FuzzTarget['seeds'] = () => {
  const stream = encodeSequence({ stream: 0, number: 1, givenUp: 0, protocol: '' })
  const message = (payload: unknown) =>
    joined([0], encode(toWire({ type: 't', from: '', payload, timestamp: 1, messageId: 'm' }, undefined, true)))
  const entry = (kind: Entry, body: Uint8Array, ends = true) => {
    const index = KINDS.indexOf(kind)
    return joined([ends ? 75 + ((index - (75 % KINDS.length) + KINDS.length) % KINDS.length) : index, body.length], body)
  }
  const refused = (number: number, waitMs: number) =>
    entry(Entry.REFUSED, encodeRefused({ stream: 1, number, waitMs, budget: 'chat order' }))
  const ack = encodeAck([{ stream: 1, number: 1 }])
  const speak = entry(Entry.SWITCH, encodeSwitch(0))
  return [
    joined([170, message({ a: 1 }).length - 1], message({ a: 1 }).subarray(1), [225, 100], [185], [250, 5]),
    joined(speak, entry(Entry.SEQUENCE, stream, false), entry(Entry.MESSAGE, message('x')), entry(Entry.ACK, ack)),
    joined(
      speak,
      entry(Entry.SEQUENCE, stream),
      entry(Entry.FRAGMENT, Uint8Array.of(Entry.MESSAGE)),
      entry(Entry.LAST_FRAGMENT, message([1, 2, 3])),
    ),
    joined(speak, entry(Entry.SEQUENCE, stream), entry(Entry.SIGNED_MESSAGE, joined(new Uint8Array(65), message('y')))),
    entry(Entry.CLOSE, encode({ code: 'SHUT_DOWN', message: 'Bye.' })),
    joined([250, 1, 250, 2, 250, 3, 250, 4, 230, 60]),
    joined([250, 1, 250, 2, 250, 3], refused(2, 200), [250, 4, 230, 250], entry(Entry.ACK, ack), refused(3, 0), [230, 60]),
    joined([200, 0, 6, Entry.MESSAGE, 0, 3, 1, 2, 3]),
  ]
}
