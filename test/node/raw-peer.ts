import { once } from 'node:events'
import { type RawData, WebSocket } from 'ws'
import { Entry } from '../../src/channel/batch.js'
import { Handshake } from '../../src/channel/handshake.js'
import { createChannelKeys } from '../../src/channel/hello.js'
import type { NoiseChannel } from '../../src/channel/noise.js'
import { generateIdentity } from '../../src/identity/identity.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { DEFAULT_LIMITS } from '../../src/limits.js'

/** A peer that keeps to the handshake, and then reads only if it is told to. */
export class RawPeer {
  peerId = ''
  socket!: WebSocket
  private noise!: NoiseChannel

  async connect(url: string): Promise<this> {
    const identity = await generateIdentity()
    this.peerId = encodePeerId(identity.publicKey)
    const keys = await createChannelKeys(identity)
    const handshake = new Handshake(
      true,
      { keys, agent: 'raw', requireSignatures: false, protocols: [], addresses: [] },
      DEFAULT_LIMITS,
    )
    this.socket = new WebSocket(url, { perMessageDeflate: false })
    this.socket.on('error', () => {})
    await once(this.socket, 'open')
    const answered = once(this.socket, 'message')
    this.socket.send(handshake.start())
    const [answer] = (await answered) as [Buffer]
    const { frame, done } = await handshake.receive(new Uint8Array(answer))
    this.noise = done!.noise
    const ready = once(this.socket, 'message')
    this.socket.send(frame!)
    await ready
    const sequence = new Uint8Array(18)
    sequence[13] = 1
    this.entry(Entry.SEQUENCE, sequence)
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

  onFrame(listener: (data: RawData) => void): void {
    this.socket.on('message', listener)
  }

  end(): void {
    this.socket.terminate()
  }
}
