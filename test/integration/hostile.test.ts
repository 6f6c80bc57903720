import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Entry } from '../../src/channel/batch.js'
import { P2PCoordinator } from '../../src/coordinator.js'
import { decodePeerId } from '../../src/identity/peer-id.js'
import { encode } from '../../src/message/codec.js'
import { type Relay, startRelay } from '../../src/node/index.js'
import { RawPeer } from '../attacks/raw-peer.js'

/** A message that is well-formed, under a signature of nobody. */
const badlySigned = (peer: RawPeer) =>
  new Uint8Array([...new Uint8Array(64), ...encode([1, 'x', decodePeerId(peer.peerId), null, 1, Date.now(), 'id', null])])

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
    ['a message in the name of another', 'FOREIGN_SENDER', (peer) => peer.on(0, message('mallory', true))],
    ['a message that is for another', 'PROTOCOL_VIOLATION', (peer) => peer.on(0, message(null, 'bob'))],
    ['bytes that are no MessagePack', 'MALFORMED_DATA', (peer) => peer.on(0, Uint8Array.of(0xc1))],
    [
      'an array that claims four thousand million items',
      'MALFORMED_DATA',
      (peer) => peer.on(0, Uint8Array.of(0xdd, 255, 255, 255, 255)),
    ],
    ['nesting without end', 'LIMIT_EXCEEDED', (peer) => peer.on(0, new Uint8Array(10_000).fill(0x91).fill(0xc0, 9_999))],
    ['a value that is no message', 'INVALID_MESSAGE', (peer) => peer.on(0, encode({ type: 'x' }))],
    ['a signature that is wrong', 'INVALID_SIGNATURE', (peer) => peer.on(0, badlySigned(peer), Entry.SIGNED_MESSAGE)],
    [
      'an acknowledgement of what was never sent',
      'PROTOCOL_VIOLATION',
      (peer) => peer.entry(Entry.ACK, Uint8Array.of(1, 0, 0, 1, 0, 0, 0)),
    ],
    ['an entry of no known kind', 'PROTOCOL_VIOLATION', (peer) => peer.entry(0x7f, new Uint8Array(1))],
    ['an entry longer than its frame', 'PROTOCOL_VIOLATION', (peer) => peer.plaintext(Uint8Array.of(Entry.MESSAGE, 255, 255, 0))],
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

  it('by a frame that was not sealed loses its connection, and is not blamed: anybody on the way can have sent it', async () => {
    const raw = await new RawPeer().connect(relay.url)
    const ended = new Promise<string>((resolve) => relay.coordinator.once('disconnected', (_, { code }) => resolve(code)))
    raw.unsealed()
    await raw.closed
    expect(await ended).toBe('DECRYPT_FAILED')
    expect([errors, relay.coordinator.getStats().defence.faults]).toEqual([[], {}])
    expect(honest.isConnected(relay.peerId)).toBe(true)
  })

  it('by a text frame loses its connection, and is not blamed: anybody on the way can have sent it', async () => {
    const raw = await new RawPeer().connect(relay.url)
    const gone = new Promise((resolve) => relay.coordinator.once('disconnected', resolve))
    raw.text()
    await Promise.all([gone, raw.closed])
    expect(relay.coordinator.isConnected(raw.peerId)).toBe(false)
    expect([errors, relay.coordinator.getStats().defence.faults]).toEqual([[], {}])
    expect(honest.isConnected(relay.peerId)).toBe(true)
  })

  it('cannot pass a question off as an answer: it is ignored, and the peer blamed for nothing', async () => {
    const raw = await new RawPeer().connect(relay.url)
    const got: unknown[] = []
    relay.coordinator.on('message', ({ payload }) => got.push(payload))
    relay.coordinator.registerProtocol({ protocolName: 'shop', handleMessage: async ({ payload }) => void got.push(payload) })
    raw.message('made up', 'x', null, 'nothing')
    raw.message('made up', 'x', 'shop', 'nothing')
    raw.message('asked', 'x', 'shop')
    await expect.poll(() => got).toEqual(['asked', 'asked'])
    expect([errors, relay.coordinator.getStats().defence.faults, raw.isOpen]).toEqual([[], {}, true])
  })

  it('has no say on signatures: one put into an unsigned message ends its connection, and never reaches the application', async () => {
    const raw = await new RawPeer().connect(relay.url)
    const got: unknown[] = []
    relay.coordinator.on('message', (message) => got.push(message))
    raw.on(0, encode([1, 'x', null, true, 'payload', 1, 'id', null, null, new Uint8Array(64)]))
    await raw.closed
    expect([got, errors]).toEqual([[], ['INVALID_MESSAGE']])
  })
})
