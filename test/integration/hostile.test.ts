import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { Entry } from '../../src/channel/batch.js'
import { Handshake } from '../../src/channel/handshake.js'
import { createChannelKeys } from '../../src/channel/hello.js'
import type { NoiseChannel } from '../../src/channel/noise.js'
import { P2PCoordinator } from '../../src/coordinator.js'
import { generateIdentity } from '../../src/identity/identity.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { DEFAULT_LIMITS } from '../../src/limits.js'
import { encode } from '../../src/message/codec.js'
import { type Relay, startRelay } from '../../src/node/index.js'

/** A peer that keeps to the handshake and to nothing after it. */
class RawPeer {
  peerId = ''
  #socket!: WebSocket
  #noise!: NoiseChannel
  closed!: Promise<unknown>

  async connect(url: string): Promise<this> {
    const identity = await generateIdentity()
    this.peerId = encodePeerId(identity.publicKey)
    const keys = await createChannelKeys(identity)
    const local = { keys, agent: 'raw', requireSignatures: false, protocols: [], addresses: [] }
    const handshake = new Handshake(true, local, DEFAULT_LIMITS)
    this.#socket = new WebSocket(url)
    this.closed = once(this.#socket, 'close')
    await once(this.#socket, 'open')
    this.#socket.send(handshake.start())
    const [answer] = (await once(this.#socket, 'message')) as [Buffer]
    const { frame, done } = await handshake.receive(new Uint8Array(answer))
    this.#noise = done!.noise
    this.#socket.send(frame!)
    await once(this.#socket, 'message')
    const sequence = new Uint8Array(18)
    sequence[13] = 1
    this.entry(Entry.SEQUENCE, sequence)
    return this
  }

  entry(kind: number, body: Uint8Array): void {
    this.plaintext(Uint8Array.from([kind, body.length >> 8, body.length & 0xff, ...body]))
  }

  plaintext(bytes: Uint8Array): void {
    this.#socket.send(this.#noise.send.encrypt(bytes))
  }

  text(): void {
    this.#socket.send('hello')
  }

  unsealed(): void {
    this.#socket.send(new Uint8Array(64))
  }
}

const message = (from: string | null, to: string | true | null) => encode([1, 'x', from, to, 'payload', 1, 'id', null])

describe('a peer that breaks the rules after a good handshake', () => {
  let relay: Relay
  let honest: P2PCoordinator
  let errors: string[]

  beforeEach(async () => {
    relay = await startRelay({ port: 0, host: '127.0.0.1' })
    errors = []
    relay.coordinator.on('error', ({ code }) => errors.push(code))
    honest = new P2PCoordinator({ bootstrap: [relay.url] })
    await honest.start()
  })

  afterEach(async () => {
    await honest.shutdown()
    await relay.stop()
  })

  const attacks: [name: string, code: string, attack: (peer: RawPeer) => void][] = [
    ['a message in the name of another', 'FOREIGN_SENDER', (peer) => peer.entry(Entry.MESSAGE, message('mallory', true))],
    ['a message that is for another', 'PROTOCOL_VIOLATION', (peer) => peer.entry(Entry.MESSAGE, message(null, 'bob'))],
    ['bytes that are no MessagePack', 'MALFORMED_DATA', (peer) => peer.entry(Entry.MESSAGE, Uint8Array.of(0xc1))],
    [
      'an array that claims four thousand million items',
      'MALFORMED_DATA',
      (peer) => peer.entry(Entry.MESSAGE, Uint8Array.of(0xdd, 255, 255, 255, 255)),
    ],
    [
      'nesting without end',
      'LIMIT_EXCEEDED',
      (peer) => peer.entry(Entry.MESSAGE, new Uint8Array(10_000).fill(0x91).fill(0xc0, 9_999)),
    ],
    ['a value that is no message', 'INVALID_MESSAGE', (peer) => peer.entry(Entry.MESSAGE, encode({ type: 'x' }))],
    ['a signature that is wrong', 'INVALID_SIGNATURE', (peer) => peer.entry(Entry.SIGNED_MESSAGE, new Uint8Array(200))],
    ['an acknowledgement of what was never sent', 'PROTOCOL_VIOLATION', (peer) => peer.entry(Entry.ACK, new Uint8Array(13))],
    ['an entry of no known kind', 'PROTOCOL_VIOLATION', (peer) => peer.entry(0x7f, new Uint8Array(1))],
    ['an entry longer than its frame', 'PROTOCOL_VIOLATION', (peer) => peer.plaintext(Uint8Array.of(Entry.MESSAGE, 255, 255, 0))],
    ['a frame that was not sealed', 'DECRYPT_FAILED', (peer) => peer.unsealed()],
    [
      'fragments that never end',
      'LIMIT_EXCEEDED',
      (peer) => {
        for (let i = 0; i < 18; i++) peer.entry(Entry.FRAGMENT, new Uint8Array(65_000).fill(1))
      },
    ],
  ]

  it.each(attacks)('by %s is closed, counted and reported once (%s), and nobody else notices', async (_, code, attack) => {
    const raw = await new RawPeer().connect(relay.url)
    expect(relay.coordinator.isConnected(raw.peerId)).toBe(true)
    attack(raw)
    await raw.closed
    expect(relay.coordinator.isConnected(raw.peerId)).toBe(false)
    expect(errors).toEqual([code])
    expect(relay.coordinator.getStats().defence.faults).toEqual({ [code]: 1 })
    await honest.announceResource('still', 'here', 1)
    expect((await honest.getResource('still', 'here'))?.data).toBe(1)
    expect(honest.isConnected(relay.peerId)).toBe(true)
  })

  it('by a text frame loses its connection', async () => {
    const raw = await new RawPeer().connect(relay.url)
    const gone = new Promise((resolve) => relay.coordinator.once('disconnected', resolve))
    raw.text()
    await Promise.all([gone, raw.closed])
    expect(relay.coordinator.isConnected(raw.peerId)).toBe(false)
    expect(errors).toEqual(['PROTOCOL_VIOLATION'])
    expect(honest.isConnected(relay.peerId)).toBe(true)
  })

  it('has no say on signatures: one put into an unsigned message never reaches the application', async () => {
    const raw = await new RawPeer().connect(relay.url)
    const arrived = new Promise<Uint8Array | undefined>((resolve) =>
      relay.coordinator.once('message', (got) => resolve(got.signature)),
    )
    raw.entry(Entry.MESSAGE, encode([1, 'x', null, true, 'payload', 1, 'id', null, null, new Uint8Array(64)]))
    expect(await arrived).toBeUndefined()
  })
})
