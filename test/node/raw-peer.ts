import { once } from 'node:events'
import { WebSocket } from 'ws'
import { Entry } from '../../src/channel/batch.js'
import type { NoiseChannel } from '../../src/channel/noise.js'
import { generateIdentity } from '../../src/identity/identity.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { encodeAck, encodeSequence, SHARED_STREAM } from '../../src/peer/connection/stream-entries.js'
import { finish, rawHandshake } from '../channel/raw-handshake.js'

/** A peer that keeps to the handshake, and then reads only if it is told to. */
export class RawPeer {
  peerId = ''
  socket!: WebSocket
  private noise!: NoiseChannel
  /** Streams on which we are sent something, from their SEQUENCEs. */
  private readonly theirStreams: number[] = []

  async connect(url: string): Promise<this> {
    const identity = await generateIdentity()
    this.peerId = encodePeerId(identity.publicKey)
    const { handshake, description } = await rawHandshake(identity)
    // With the first frame in the upgrade, as the SDK does: relays take more of these.
    const first = Buffer.from(handshake.start()).toString('base64url')
    this.socket = new WebSocket(url, [`lotus-p2p.2.${first}`], { perMessageDeflate: false })
    this.socket.on('error', () => {})
    const answered = once(this.socket, 'message')
    const [answer] = (await answered) as [Buffer]
    const { frame, noise } = await finish(handshake, new Uint8Array(answer))
    this.noise = noise
    const heard = new Promise<void>((resolve) => {
      this.socket.on('message', (data: Buffer) => {
        if (this.theirStreams.length === 0) this.listen(this.noise.receive.decrypt(new Uint8Array(data)))
        if (this.theirStreams.length > 0) resolve()
      })
    })
    this.socket.send(frame)
    this.entry(Entry.DESCRIPTION, description)
    await heard
    this.entry(Entry.SWITCH, new Uint8Array(4))
    this.entry(Entry.SEQUENCE, encodeSequence({ stream: SHARED_STREAM, number: 1, givenUp: 0, protocol: '' }))
    return this
  }

  /** From now on nothing is read: the receive window closes. */
  stopReading(): this {
    this.socket.pause()
    return this
  }

  entry(kind: number, body: Uint8Array): void {
    this.socket.send(this.noise.send.encrypt(Uint8Array.from([kind, body.length >> 8, body.length & 0xff, ...body])))
  }

  /** Claims to have had all messages of a stream up to this number. */
  acknowledge(number: number, stream = this.theirStreams[0]!): void {
    this.entry(Entry.ACK, encodeAck([{ stream, number }]))
  }

  private listen(entries: Uint8Array): void {
    for (let at = 0; at + 3 <= entries.length; ) {
      const length = entries[at + 1]! * 256 + entries[at + 2]!
      if (entries[at] === Entry.SEQUENCE) this.theirStreams.push(entries[at + 3]!)
      at += 3 + length
    }
  }

  end(): void {
    this.socket.terminate()
  }
}
