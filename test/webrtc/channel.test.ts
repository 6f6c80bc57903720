import { describe, expect, it } from 'vitest'
import { record } from '../circuit/test-network.js'
import { LONG } from '../long.js'
import { polyfill, twoSides } from './rtc-network.js'

const FIRST = Uint8Array.of(1, 2, 3)

describe.skipIf(polyfill === undefined)('A data channel (SKIPPED where node-datachannel cannot be loaded)', () => {
  it('carries 20 MB in chunks of 16 kB, with little waiting in the channel itself, and tells when to go on', async () => {
    const [alice, bob, stop] = await twoSides()
    const [near, far] = await Promise.all([alice.endpoint.dial('webrtc:bob', { firstFrame: FIRST }), bob.next()])
    const [atNear, atFar] = [record(near), record(far)]
    const [chunk, chunks] = [16_384, 1_280]
    let most = 0
    for (let i = 0; i < chunks; i++) {
      near.send(new Uint8Array(chunk).fill(i))
      most = Math.max(most, near.bufferedAmount)
      // As a sender does that waits above the low-water mark.
      const { drains } = atNear
      if (near.bufferedAmount > 1_048_576) await atNear.until((sink) => sink.drains > drains)
    }
    await atFar.until(({ frames }) => frames.length === chunks + 1)
    expect(
      atFar.frames.slice(1).every((frame, i) => frame.length === chunk && frame[0] === i % 256 && frame.at(-1) === i % 256),
    ).toBe(true)
    expect(most).toBeLessThan(1_048_576 + 2 * chunk)
    await stop()
  })

  it('delivers megabytes that were sent before it closed', async () => {
    const [alice, bob, stop] = await twoSides({ closeGraceMs: 10_000 })
    const [near, far] = await Promise.all([alice.endpoint.dial('webrtc:bob', { firstFrame: FIRST }), bob.next()])
    record(near)
    const atFar = record(far)
    for (let i = 0; i < 256; i++) near.send(new Uint8Array(16_384).fill(i))
    near.close()
    await atFar.until(({ closes }) => closes.length === 1)
    expect([atFar.frames.length, atFar.closes]).toEqual([257, [undefined]])
    await stop()
  })

  it('survives a glare: one connection, both directions', async () => {
    const [alice, bob, stop] = await twoSides()
    const [dialled, refused, far] = await Promise.all([
      alice.endpoint.dial('webrtc:bob', { firstFrame: FIRST }),
      bob.endpoint.dial('webrtc:alice', { firstFrame: FIRST }).catch((error) => error),
      bob.next(),
    ])
    expect(refused).toMatchObject({ code: 'DUPLICATE_CONNECTION' })
    const [atNear, atFar] = [record(dialled), record(far)]
    dialled.send(Uint8Array.of(4))
    far.send(Uint8Array.of(5))
    await Promise.all([atFar.until(({ frames }) => frames.length === 2), atNear.until(({ frames }) => frames.length === 1)])
    expect([alice.endpoint.getStats(), bob.endpoint.getStats()]).toMatchObject(Array(2).fill({ live: 1, settingUp: 0 }))
    await stop()
  })

  // LONG_TESTS=1 is for by hand: node-datachannel's own process has crashed once in five hundred.
  const connects = LONG ? 500 : 10
  it(`leaves nothing behind after ${connects} connects`, { timeout: connects * 2_000 }, async () => {
    let open = 0
    const { RTCPeerConnection } = polyfill!
    class Counted extends RTCPeerConnection {
      constructor(...args: ConstructorParameters<typeof RTCPeerConnection>) {
        super(...args)
        open++
      }
      override close() {
        open--
        super.close()
      }
    }
    const [alice, bob, stop] = await twoSides({ maxWebRtcSignals: 100_000 }, { implementation: { RTCPeerConnection: Counted } })
    for (let i = 0; i < connects; i += 10) {
      // Ten at a time, in twos: libdatachannel's DTLS at times needs a second to try again.
      await Promise.all(
        [0, 1].map(async () => {
          for (let n = 0; n < 5; n++) {
            const [near, far] = await Promise.all([alice.endpoint.dial('webrtc:bob', { firstFrame: FIRST }), bob.next()])
            const [atNear, atFar] = [record(near), record(far)]
            near.close()
            await Promise.all([atNear, atFar].map((sink) => sink.until(({ closes }) => closes.length === 1)))
          }
        }),
      )
    }
    await stop()
    const none = { live: 0, settingUp: 0, closing: 0, opened: connects }
    expect([alice.endpoint.getStats(), bob.endpoint.getStats()]).toMatchObject([none, none])
    expect(open).toBe(0)
  })
})
