/** The attacker: hand-made peers and raw sockets, none of the SDK's polite paths. Bundled by run.mjs. */
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Entry } from '../../src/channel/batch.js'
import { generateIdentity } from '../../src/identity/identity.js'
import { encode } from '../../src/message/codec.js'
import { entryOf, RawPeer } from '../../test/attacks/raw-peer.js'
// @ts-expect-error plain JavaScript
import { obey } from './child.mjs'

const sockets: Socket[] = []
const peers: RawPeer[] = []
/** Every attacker has an address of its own: all of 127.0.0.0/8 is loopback. */
const addressOf = (i: number) => `127.${Math.floor(i / 62_500)}.${Math.floor(i / 250) % 250}.${2 + (i % 250)}`
const hostOf = (url: string) => ({ host: new URL(url).hostname, port: Number(new URL(url).port) })

obey({
  /** Peers that send `perS` messages a second each, many in one frame, come back when they are thrown out, and give up when banned. */
  async flood({ url, count, perS, ms }: { url: string; count: number; perS: number; ms: number }) {
    const end = performance.now() + ms
    let sent = 0
    let connections = 0
    const outAt: number[] = []
    await Promise.all(
      Array.from({ length: count }, async (_, i) => {
        const identity = await generateIdentity()
        const started = performance.now()
        const perTick = Math.ceil(perS / 50)
        while (performance.now() < end) {
          const peer = await new RawPeer().connect(url, { identity, localAddress: addressOf(i) }).catch(() => undefined)
          if (peer === undefined) {
            await sleep(50)
            continue
          }
          connections++
          const frame = Uint8Array.from(
            Array.from({ length: Math.min(perTick, 500) }, () => [...entryOf(Entry.MESSAGE, peer.encoded('flood'))]).flat(),
          )
          while (peer.isOpen && performance.now() < end) {
            for (let left = perTick; left > 0; left -= 500) peer.plaintext(frame)
            sent += perTick
            await sleep(20)
          }
          const isBanned = peer.received.some(({ kind, body }) => kind === Entry.CLOSE && Buffer.from(body).includes('BANNED'))
          peer.end()
          if (isBanned && peer.received.length < 3) {
            outAt.push(performance.now() - started)
            return
          }
        }
      }),
    )
    return { sent, connections, out: outAt.length, lastOutMs: Math.max(...outAt) }
  },
  /** TCP connections made and dropped, some with the beginning of a request. */
  async storm({ url, perS, ms, first = 1_000 }: { url: string; perS: number; ms: number; first?: number }) {
    const end = performance.now() + ms
    let attempts = 0
    let open = 0
    const perTick = Math.ceil(perS / 100)
    while (performance.now() < end) {
      const tick = performance.now()
      for (let i = 0; i < perTick && open < 3_000; i++) {
        attempts++
        open++
        const socket = connect({ ...hostOf(url), localAddress: addressOf(first + (attempts % 5_000)) }, () => {
          socket.write(
            'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: lotus-p2p.2\r\n\r\n',
          )
          setTimeout(() => socket.destroy(), 100)
        })
        socket.on('error', () => {})
        socket.on('close', () => open--)
      }
      await sleep(Math.max(0, 10 - (performance.now() - tick)))
    }
    return { attempts, perS: Math.round((attempts * 1_000) / ms) }
  },
  /** Sockets that open and say nothing more, or half a request. */
  async halfOpen({ url, count, first = 10_000 }: { url: string; count: number; first?: number }) {
    for (let i = 0; i < count; i++) {
      const socket = connect({ ...hostOf(url), localAddress: addressOf(first + i) })
      socket.on('error', () => {})
      if (i % 2 === 0) socket.on('connect', () => socket.write('GET / HTTP/1.1\r\nHost: x\r\n'))
      sockets.push(socket)
      if (i % 100 === 99) await sleep(5)
    }
    await sleep(200)
    return sockets.filter((socket) => !socket.destroyed).length
  },
  /** Peers that ask for much and read nothing. */
  async slowReaders({ url, count, first = 20_000 }: { url: string; count: number; first?: number }) {
    for (let i = 0; i < count; i++) {
      const peer = await new RawPeer().connect(url, { localAddress: addressOf(first + i) }).catch(() => undefined)
      if (peer === undefined) continue
      peers.push(peer)
      peer.stopReading()
      for (let j = 0; j < 40; j++) peer.message({ key: 'resource:big:*' }, 'find-record', 'lotus/dht')
    }
    return peers.length
  },
  readersLeft: async () => peers.filter(({ isOpen }) => isOpen).length,
  /** New identities again and again, each with a forged signature in its handshake's wake. */
  async badSignatures({ url, ms, lanes }: { url: string; ms: number; lanes: number }) {
    const end = performance.now() + ms
    let sent = 0
    let refused = 0
    await Promise.all(
      Array.from({ length: lanes }, async (_, lane) => {
        while (performance.now() < end) {
          const peer = await new RawPeer().connect(url, { localAddress: addressOf(30_000 + lane) }).catch(() => undefined)
          if (peer === undefined) {
            refused++
            await sleep(5)
            continue
          }
          const topic = encode(['topic', crypto.getRandomValues(new Uint8Array(16)), Date.now(), 'x'])
          for (let i = 0; i < 100; i++) {
            peer.message([new Uint8Array(32).fill(1), topic, new Uint8Array(64), 0], 'message', 'lotus/topics')
            sent++
          }
          await Promise.race([peer.closed, sleep(1_000)])
          peer.end()
        }
      }),
    )
    return { sent, refused }
  },
  async drop() {
    for (const socket of sockets.splice(0)) socket.destroy()
    for (const peer of peers.splice(0)) peer.end()
  },
})
