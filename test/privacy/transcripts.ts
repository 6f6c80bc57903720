import { vi } from 'vitest'
import { Entry } from '../../src/channel/batch.js'
import type { LocalHello } from '../../src/channel/hello.js'
import { SecureChannel } from '../../src/channel/secure-channel.js'
import type { P2PConfig, P2PCoordinator } from '../../src/coordinator.js'
import { coreOf } from '../../src/core/core.js'
import { decode } from '../../src/message/codec.js'
import { createTestNetwork, type TestNetwork, type TestPeerOptions } from '../../src/testing/test-network.js'
import type { Transport } from '../../src/transport/transport.js'
import { kitOf } from '../kit-of.js'
import { FakeRtc } from '../webrtc/fake-rtc.js'

/** One entry of a channel, as its receiver has decrypted it. */
export interface Heard {
  by: LocalHello
  kind: number
  body: Uint8Array
}

/** What one message says, as far as it is one. */
export interface Said {
  type: string
  payload: unknown
  protocol: string | null
}

interface Inside {
  terms?: { local: LocalHello }
}

/** All entries that all coordinators of this process decrypt from here on: what each of them is told. Ends with `vi.restoreAllMocks`. */
export function transcripts(): Heard[] {
  const heard: Heard[] = []
  const owners = new WeakMap<object, LocalHello>()
  // Private members: what a peer reads is to be seen at the place where it is in the clear, whatever reads it behind that.
  const inside = SecureChannel.prototype as unknown as Record<'begin' | 'receiveEntry', (...given: never[]) => unknown>
  const { begin, receiveEntry } = inside
  vi.spyOn(inside, 'begin').mockImplementation(function (this: Inside, ...given) {
    owners.set(this, this.terms!.local)
    return begin.apply(this, given)
  })
  vi.spyOn(inside, 'receiveEntry').mockImplementation(function (this: Inside, ...given) {
    const [kind, body] = given as unknown as [number, Uint8Array]
    const by = owners.get(this)
    if (by !== undefined) heard.push({ by, kind, body: body.slice() })
    return receiveEntry.apply(this, given)
  })
  return heard
}

/** What one coordinator was told. */
export async function toldTo(heard: Heard[], peer: P2PCoordinator): Promise<Heard[]> {
  const { hello } = coreOf(await kitOf(peer))
  return heard.filter(({ by }) => by === hello)
}

/** The messages among these entries. */
export function messagesIn(heard: Heard[]): Said[] {
  return heard.flatMap(({ kind, body }) => {
    if (kind !== Entry.MESSAGE) return []
    const [, type, , , payload, , , protocol] = decode(body.subarray(1)) as [
      number,
      string,
      unknown,
      unknown,
      unknown,
      number,
      string,
      string,
    ]
    return [{ type, payload, protocol }]
  })
}

/** Whether a text, or bytes, are anywhere in what was told. */
export function holds(heard: { body: Uint8Array }[], what: string | Uint8Array): boolean {
  return heard.some(({ body }) => Buffer.from(body.buffer, body.byteOffset, body.length).includes(what as string))
}

/** What leaves the machine of one wallet over its own network: every dial, and every frame of it. */
export interface Line {
  dials: string[]
  frames: { to: string; body: Uint8Array }[]
  transport: Transport
}

export function lineOf(net: TestNetwork, host: string): Line {
  const inner = net.network.transport(host)
  const line: Line = {
    dials: [],
    frames: [],
    transport: {
      ...inner,
      async dial(address, options) {
        line.dials.push(address)
        line.frames.push({ to: address, body: options.firstFrame.slice() })
        const connection = await inner.dial(address, options)
        const { send } = connection
        connection.send = (frame) => {
          line.frames.push({ to: address, body: frame.slice() })
          send.call(connection, frame)
        }
        return connection
      },
    },
  }
  return line
}

/** Two wallets in tabs and one relay, and all that is told among them. Alice has the setting, Bob is as wallets usually are. */
export async function twoWallets(config: P2PConfig = {}, options: { seed?: number } = {}) {
  const heard = transcripts()
  const net = createTestNetwork({ latencyMs: 10, ...options })
  const rtc = new FakeRtc()
  const relay = net.createPeer({ host: 'relay', relay: true })
  await net.run(relay.start())
  const tab = async (host: string, more: TestPeerOptions) => {
    const line = lineOf(net, host)
    const peer = net.createPeer({
      host,
      peerId: host,
      listening: false,
      transport: line.transport,
      bootstrap: ['memory://relay'],
      webrtc: { implementation: rtc },
      ...more,
    })
    await net.run(peer.start())
    await net.clock.advance(500)
    return { peer, line }
  }
  const { peer: bob } = await tab('bob', { metadata: { note: 'metadata-of-bob' } })
  const { peer: alice, line } = await tab('alice', { metadata: { note: 'metadata-of-alice' }, ...config })
  return { net, rtc, relay, alice, bob, line, heard, tab }
}
