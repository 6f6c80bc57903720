import { connect, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { P2PCoordinator } from '../../src/index.js'
import { webSocketServer } from '../../src/node/index.js'

const ended: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ended.splice(0)) await end()
})

/** Stands between a client and a server, and sees what the client sends. */
async function listenBetween(port: number): Promise<{ port: number; sent: Buffer[] }> {
  const sent: Buffer[] = []
  const sockets: Socket[] = []
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    sockets.push(client, upstream)
    client.on('data', (chunk) => sent.push(chunk)).pipe(upstream)
    upstream.pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ended.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as { port: number }).port, sent }
}

/** The masks of the frames in a client's bytes, in hex (RFC 6455 §5.2). */
function masksOf(bytes: Buffer): string[] {
  const masks: string[] = []
  for (let at = bytes.indexOf('\r\n\r\n') + 4; at < bytes.length; ) {
    const short = bytes[at + 1]! & 0x7f
    expect(bytes[at + 1]! & 0x80).toBe(0x80)
    at += 2
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(at) : Number(bytes.readBigUInt64BE(at))
    if (short === 126) at += 2
    if (short === 127) at += 8
    masks.push(bytes.subarray(at, at + 4).toString('hex'))
    at += 4 + length
  }
  return masks
}

describe('what a dialler in Node masks', () => {
  it('is the handshake, by chance, and no ciphertext', async () => {
    const listener = webSocketServer({ host: '127.0.0.1', port: 0 })
    const server = new P2PCoordinator({ listen: [listener] })
    await server.start()
    const between = await listenBetween(Number(new URL(listener.addresses[0]!).port))
    const wallet = new P2PCoordinator()
    ended.push(() => Promise.all([wallet.shutdown(), server.shutdown()]))
    const got: number[] = []
    server.registerProtocol({
      protocolName: 'count',
      async handleMessage({ payload }) {
        got.push((payload as Uint8Array).length)
      },
    })
    const { peerId } = await wallet.connectToPeer(`ws://127.0.0.1:${between.port}`)
    for (const length of [1, 200, 60_000, 200_000])
      await wallet.sendTo(peerId, { type: 'bytes', protocol: 'count', payload: new Uint8Array(length) })
    await wallet.disconnectFromPeer(peerId)
    await expect.poll(() => got).toEqual([1, 200, 60_000, 200_000])
    const [first, second, ...rest] = masksOf(Buffer.concat(between.sent))
    expect([first, second]).not.toContain('00000000')
    expect(first).not.toBe(second)
    expect(new Set(rest)).toEqual(new Set(['00000000']))
    expect(rest.length).toBeGreaterThan(4)
  })
})
