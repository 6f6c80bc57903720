import { describe, expect, it } from 'vitest'
import { WebRtcEndpoint } from '../../src/plugins/webrtc/endpoint.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { record, settle, TestHost } from '../circuit/test-network.js'
import { FakeRtc } from './fake-rtc.js'
import { side, twoSides } from './rtc-network.js'

const FIRST = Uint8Array.of(1, 2, 3)

async function fakeSides() {
  const [clock, rtc] = [new VirtualClock(), new FakeRtc()]
  const [alice, bob] = await twoSides({}, { clock, implementation: rtc })
  const dial = (signal?: AbortSignal) => alice.endpoint.dial('webrtc:bob', { firstFrame: FIRST, signal })
  return { clock, rtc, alice, bob, dial }
}

async function connectedFakes() {
  const all = await fakeSides()
  const [near, far] = await Promise.all([all.dial(), all.bob.next()])
  const [a, b] = all.rtc.made as [FakeRtc['made'][0], FakeRtc['made'][0]]
  return { ...all, near, far, a, b, atNear: record(near), atFar: record(far) }
}

describe('A WebRTC session', () => {
  it('contacts nobody outside unless told to', async () => {
    const { rtc } = await connectedFakes()
    expect(rtc.made.map((pc) => pc.configuration)).toEqual([{ iceServers: [] }, { iceServers: [] }])
  })

  it('passes STUN and TURN servers, and the policy, on', async () => {
    const rtc = new FakeRtc()
    const iceServers = [{ urls: 'turn:turn.example', username: 'a', credential: 'b' }]
    const [alice] = await twoSides({}, { implementation: rtc, iceServers, iceTransportPolicy: 'relay' })
    await alice.endpoint.dial('webrtc:bob', { firstFrame: FIRST })
    expect(rtc.made[0]!.configuration).toEqual({ iceServers, iceTransportPolicy: 'relay' })
  })

  it('trickles candidates both ways', async () => {
    const { a, b } = await connectedFakes()
    await settle()
    expect([a.candidates[0]?.candidate, b.candidates[0]?.candidate]).toEqual([
      'candidate:1 1 udp 1 192.0.2.1 9 typ host',
      'candidate:1 1 udp 1 192.0.2.0 9 typ host',
    ])
  })

  it('restarts ICE when told that the network changed, and stays open', async () => {
    const { alice, near, a, b, atFar } = await connectedFakes()
    alice.endpoint.networkChanged()
    await settle()
    expect([a.restarts, b.restarts, a.signalingState, b.signalingState]).toEqual([1, 0, 'stable', 'stable'])
    expect(b.candidates).toHaveLength(2)
    near.send(Uint8Array.of(7))
    await atFar.until(({ frames }) => frames.length === 2)
    expect(atFar.closes).toEqual([])
  })

  it('settles when both ends restart at once: the polite one takes its offer back', async () => {
    const { alice, bob, a, b, atNear, atFar } = await connectedFakes()
    alice.endpoint.networkChanged()
    bob.endpoint.networkChanged()
    await settle()
    expect([a.rollbacks, b.rollbacks]).toEqual([0, 1])
    expect([a.signalingState, b.signalingState]).toEqual(['stable', 'stable'])
    expect([atNear.closes, atFar.closes]).toEqual([[], []])
  })

  it('restarts ICE after a path was interrupted for longer than a moment', async () => {
    const { clock, a } = await connectedFakes()
    a.set('disconnected')
    await clock.advance(1_900)
    a.set('connected')
    await clock.advance(5_000)
    expect(a.restarts).toBe(0)
    a.set('disconnected')
    await clock.advance(2_000)
    expect(a.restarts).toBe(1)
  })

  it('offers a restart again when a path for signals is back', async () => {
    const { alice, bob, a, b, atNear } = await connectedFakes()
    alice.host.disconnect(bob.host)
    alice.endpoint.networkChanged()
    await settle()
    expect([a.signalingState, atNear.closes.length]).toEqual(['have-local-offer', 0])
    alice.host.connect(bob.host)
    await alice.endpoint.onPeerConnected(alice.host.peers()[0]!)
    await settle()
    expect([a.signalingState, b.signalingState, a.restarts]).toEqual(['stable', 'stable', 1])
  })

  it('ends with CONNECTION_LOST when no path works any more', async () => {
    const { alice, a, atNear } = await connectedFakes()
    a.set('failed')
    await atNear.until(({ closes }) => closes.length > 0)
    expect(atNear.closes).toMatchObject([{ code: 'CONNECTION_LOST' }])
    expect([a.connectionState, alice.endpoint.getStats().live]).toEqual(['closed', 0])
  })

  it('outlives the path of its signals', async () => {
    const { alice, bob, near, atFar } = await connectedFakes()
    alice.host.disconnect(bob.host)
    near.send(Uint8Array.of(7))
    await atFar.until(({ frames }) => frames.length === 2)
    expect(atFar.closes).toEqual([])
  })

  it('fails, at both ends, when the path of its signals goes before it is open', async () => {
    const { alice, bob, dial, rtc } = await fakeSides()
    rtc.connects = false
    const dialled = dial()
    await settle()
    alice.host.disconnect(bob.host)
    await expect(dialled).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    expect([alice.endpoint.getStats().settingUp, bob.endpoint.getStats().settingUp, rtc.open.length]).toEqual([0, 0, 0])
  })

  it('fails with TIMEOUT, and is freed at both ends, when it does not open', async () => {
    const { clock, bob, dial, rtc } = await fakeSides()
    rtc.connects = false
    const dialled = dial()
    dialled.catch(() => {})
    await clock.advance(14_900)
    expect(bob.endpoint.getStats().settingUp).toBe(1)
    await clock.advance(100)
    await expect(dialled).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect([rtc.made.length, rtc.open.length, clock.pending]).toEqual([2, 0, 0])
  })

  it('fails with PEER_UNREACHABLE when ICE finds no path', async () => {
    const { dial, rtc } = await fakeSides()
    rtc.connects = false
    const dialled = dial()
    await settle()
    rtc.made[0]!.set('failed')
    await expect(dialled).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
    await settle()
    expect(rtc.open).toEqual([])
  })

  it('ends at both ends when its dial is aborted', async () => {
    const { dial, rtc, alice, bob } = await fakeSides()
    rtc.connects = false
    const controller = new AbortController()
    const dialled = dial(controller.signal)
    await settle()
    controller.abort()
    await expect(dialled).rejects.toMatchObject({ code: 'ABORTED' })
    await settle()
    expect([alice, bob].map(({ endpoint }) => endpoint.getStats().failed)).toEqual([1, 1])
    expect(rtc.open).toEqual([])
  })

  it('is freed when the endpoint shuts down, whatever its state', async () => {
    const { alice, bob, rtc, clock, atFar } = await connectedFakes()
    rtc.connects = false
    const dialled = alice.endpoint.dial('webrtc:bob', { firstFrame: FIRST })
    const failed = expect(dialled).rejects.toMatchObject({ code: 'SHUT_DOWN' })
    await settle()
    alice.endpoint.onUnregister()
    await failed
    await clock.run(alice.endpoint.close())
    await settle()
    expect(atFar.closes).toEqual([undefined])
    expect([alice, bob].map(({ endpoint }) => endpoint.getStats())).toMatchObject(Array(2).fill({ live: 0, settingUp: 0 }))
    expect([rtc.open.length, clock.pending]).toEqual([0, 0])
    await expect(alice.endpoint.dial('webrtc:bob', { firstFrame: FIRST })).rejects.toMatchObject({ code: 'SHUT_DOWN' })
  })

  it('is not begun with a peer that does not speak it, with oneself, or without WebRTC', async () => {
    const { alice } = await fakeSides()
    const dial = (to: string) => alice.endpoint.dial(`webrtc:${to}`, { firstFrame: FIRST })
    alice.host.connect(new TestHost('mute'))
    await expect(dial('mute')).rejects.toMatchObject({ code: 'PROTOCOL_NOT_SUPPORTED' })
    await expect(dial('alice')).rejects.toMatchObject({ code: 'SELF_DIAL' })
    await expect(dial('stranger')).rejects.toMatchObject({ code: 'PEER_NOT_CONNECTED' })
    expect([WebRtcEndpoint.available(), WebRtcEndpoint.available(new FakeRtc())]).toEqual([false, true])
    const bare = new WebRtcEndpoint()
    const { host } = await side('carol', { implementation: new FakeRtc() })
    bare.onRegister(host)
    await expect(bare.dial('webrtc:bob', { firstFrame: FIRST })).rejects.toMatchObject({ code: 'TRANSPORT_UNAVAILABLE' })
  })

  it('says TRANSPORT_UNAVAILABLE where the called peer accepts none', async () => {
    const { bob, dial } = await fakeSides()
    await bob.endpoint.close()
    await expect(dial()).rejects.toMatchObject({ code: 'TRANSPORT_UNAVAILABLE' })
  })

  it('says TRANSPORT_UNAVAILABLE where WebRTC makes no peer connection', async () => {
    class Refusing {
      constructor() {
        throw new Error('Cannot create so many PeerConnections')
      }
    }
    const implementation = { RTCPeerConnection: Refusing as unknown as FakeRtc['RTCPeerConnection'] }
    const [alice] = await twoSides({}, { implementation })
    await expect(alice.endpoint.dial('webrtc:bob', { firstFrame: FIRST })).rejects.toMatchObject({
      code: 'TRANSPORT_UNAVAILABLE',
    })
  })
})

describe('Glare', () => {
  it('leaves one connection: the impolite side dialled it, the polite side accepts it', async () => {
    const { alice, bob, rtc, dial } = await fakeSides()
    const [near, refused, far] = await Promise.allSettled([
      dial(),
      bob.endpoint.dial('webrtc:alice', { firstFrame: FIRST }),
      bob.next(),
    ])
    expect([near.status, far.status]).toEqual(['fulfilled', 'fulfilled'])
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'DUPLICATE_CONNECTION' } })
    await settle()
    expect([alice, bob].map(({ endpoint }) => endpoint.getStats())).toMatchObject(Array(2).fill({ live: 1, settingUp: 0 }))
    expect(rtc.open).toHaveLength(2)
  })

  it('does not begin where the peer is dialling already', async () => {
    const { bob, dial } = await fakeSides()
    const near = dial()
    while (bob.endpoint.getStats().settingUp === 0) await Promise.resolve()
    const late = bob.endpoint.dial('webrtc:alice', { firstFrame: FIRST })
    await expect(late).rejects.toMatchObject({ code: 'DUPLICATE_CONNECTION' })
    await near
  })
})
