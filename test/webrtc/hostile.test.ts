import { describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS, type Limits } from '../../src/base/limits.js'
import { decode } from '../../src/message/codec.js'
import type { P2PMessage } from '../../src/message/message.js'
import { isContained, isDataOnly } from '../../src/plugins/webrtc/signals.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { record, settle, TestHost } from '../circuit/test-network.js'
import { FakeRtc } from './fake-rtc.js'
import { polyfill, side, twoSides } from './rtc-network.js'

const FIRST = Uint8Array.of(1, 2, 3)
const SESSION = 'session-of-mallory-1'
const SDP = 'v=0\r\no=- 99 0 IN IP4 127.0.0.1\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n'
const CANDIDATE = 'candidate:1 1 udp 1 192.0.2.9 9 typ host'
const offer = (session = SESSION, sdp = SDP) => ({ session, type: 'offer', sdp })
const candidate = (line: string, session = SESSION) => ({ session, candidate: line, sdpMid: '0' })

/** Bob with an honest open connection from Alice, and Mallory, who says what she likes. */
async function withMallory(limits: Partial<Limits> = {}) {
  const [clock, rtc] = [new VirtualClock(), new FakeRtc()]
  const [alice, bob] = await twoSides(limits, { clock, implementation: rtc })
  const heard: P2PMessage[] = []
  const mallory = new TestHost('mallory', clock).register({
    protocolName: 'lotus/webrtc',
    handleMessage: async (message) => void heard.push(message),
  })
  mallory.connect(bob.host)
  const [near, far] = await Promise.all([alice.endpoint.dial('webrtc:bob', { firstFrame: FIRST }), bob.next()])
  const atFar = record(far)
  rtc.connects = false
  const say = async (type: string, payload: unknown) => {
    await mallory.sendTo('bob', { protocol: 'lotus/webrtc', type, payload })
    await settle()
  }
  /** Nobody else is disturbed. */
  const honestGoesOn = async () => {
    const count = atFar.frames.length
    near.send(Uint8Array.of(7))
    await atFar.until(({ frames }) => frames.length > count)
    expect([atFar.closes, bob.endpoint.getStats().live]).toEqual([[], 1])
    expect(bob.host.rejected.filter(({ peerId }) => peerId !== 'mallory')).toEqual([])
  }
  const ends = () => heard.filter(({ type }) => type === 'end').map(({ payload }) => payload)
  return { clock, rtc, alice, bob, mallory, heard, say, ends, honestGoesOn }
}

describe('Signals that no honest peer sends', () => {
  it.each<[string, string, unknown]>([
    ['a description that is no object', 'description', 'v=0'],
    ['a session id that is too long', 'description', offer('x'.repeat(65))],
    ['a session id that is no text', 'description', { ...offer(), session: 7 }],
    ['a description of another type', 'description', { ...offer(), type: 'rollback' }],
    ['a description larger than limits.maxSdpChars', 'description', offer(SESSION, SDP + 'a'.repeat(16_384))],
    ['a candidate of a kilobyte', 'candidate', candidate(CANDIDATE + 'x'.repeat(1_024))],
    ['a candidate without a text', 'candidate', { session: SESSION }],
    ['a line index that is none', 'candidate', { ...candidate(CANDIDATE), sdpMLineIndex: -1 }],
    ['an end without a session', 'end', { code: 'TIMEOUT' }],
  ])('%s: the peer is rejected with MALFORMED_DATA', async (_, type, payload) => {
    const { bob, say, honestGoesOn, rtc } = await withMallory()
    await say(type, payload)
    expect(bob.host.rejected).toMatchObject([{ peerId: 'mallory', error: { code: 'MALFORMED_DATA' } }])
    expect(rtc.made).toHaveLength(2)
    await honestGoesOn()
  })

  it('a message type of another version is answered, not punished', async () => {
    const { bob, say } = await withMallory()
    await say('renegotiate', {})
    expect(bob.host.errors).toMatchObject([{ code: 'INVALID_MESSAGE' }])
    expect(bob.host.rejected).toEqual([])
  })

  it.each([
    ['that WebRTC refuses', 'v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n'],
    ['that is no description', 'hello'],
    ['with media for us to receive', `${SDP}m=video 9 UDP/TLS/RTP/SAVPF 96\r\n`],
    ['with a host name to look up', `${SDP}a=candidate:1 1 udp 1 tracker.example 9 typ host\r\n`],
  ])('a session description %s ends that session only', async (_, sdp) => {
    const { bob, say, ends, honestGoesOn, rtc } = await withMallory()
    await say('description', offer(SESSION, sdp))
    expect(ends()).toEqual([{ session: SESSION, code: 'MALFORMED_DATA' }])
    expect([bob.host.rejected.length, bob.endpoint.getStats().settingUp, rtc.open.length]).toEqual([0, 0, 2])
    await honestGoesOn()
  })

  it('candidates that WebRTC refuses are ignored, and the session goes on', async () => {
    const { bob, say, rtc } = await withMallory()
    await say('description', offer())
    await say('candidate', candidate('nonsense'))
    await say('candidate', candidate('candidate:x'))
    await say('candidate', candidate('candidate:1 1 udp 1 tracker.example 9 typ host'))
    await say('candidate', candidate(CANDIDATE))
    expect(rtc.made[2]!.candidates.map(({ candidate }) => candidate)).toEqual([CANDIDATE])
    expect(bob.endpoint.getStats().settingUp).toBe(1)
  })

  it('candidates above limits.maxIceCandidates are dropped', async () => {
    const { say, rtc } = await withMallory({ maxIceCandidates: 8 })
    await say('description', offer())
    for (let i = 0; i < 20; i++) await say('candidate', candidate(CANDIDATE))
    expect(rtc.made[2]!.candidates).toHaveLength(8)
  })

  it('candidates, answers and ends of unknown sessions, or of other peers, change nothing', async () => {
    const { alice, say, bob, honestGoesOn, rtc, heard } = await withMallory()
    const seen = alice.host.seen.map((bytes) => decode(bytes) as P2PMessage<{ session: string }>)
    for (const session of [SESSION, seen[0]!.payload.session]) {
      await say('candidate', candidate(CANDIDATE, session))
      await say('description', { session, type: 'answer', sdp: SDP })
      await say('end', { session, code: 'TIMEOUT' })
    }
    expect([heard, bob.host.rejected, rtc.made.length]).toEqual([[], [], 2])
    await honestGoesOn()
  })

  it('a flood is rejected with LIMIT_EXCEEDED', async () => {
    const { bob, mallory, honestGoesOn } = await withMallory({ maxWebRtcSignals: 32 })
    for (let i = 0; i < 33 && mallory.links.size > 0; i++) {
      await mallory.sendTo('bob', { protocol: 'lotus/webrtc', type: 'end', payload: { session: SESSION } })
    }
    await settle()
    expect(bob.host.rejected).toMatchObject([{ peerId: 'mallory', error: { code: 'LIMIT_EXCEEDED' } }])
    await honestGoesOn()
  })

  it('as many signals over a longer time are no flood', async () => {
    const { bob, say, clock } = await withMallory({ maxWebRtcSignals: 32 })
    for (let i = 0; i < 64; i++) {
      await say('end', { session: SESSION })
      if (i === 31) await clock.advance(10_000)
    }
    expect(bob.host.rejected).toEqual([])
  })

  it('offer after offer replaces the unfinished ones: the peer never has more than its share', async () => {
    const { bob, say, ends, honestGoesOn, rtc } = await withMallory()
    for (let i = 0; i < 40; i++) await say('description', offer(`session-of-mallory-${i}`))
    expect([bob.endpoint.getStats().settingUp, rtc.open.length - 2]).toEqual([4, 4])
    expect(ends()).toHaveLength(36)
    expect(ends()[0]).toEqual({ session: 'session-of-mallory-0', code: 'DUPLICATE_CONNECTION' })
    await honestGoesOn()
  })

  it('sessions that others leave unfinished do not keep our own dials from working', async () => {
    const { bob, say, ends, rtc, clock } = await withMallory({ maxWebRtcSessions: 2 })
    for (let i = 0; i < 3; i++) await say('description', offer(`session-of-mallory-${i}`))
    expect(ends()).toEqual([{ session: 'session-of-mallory-2', code: 'LIMIT_EXCEEDED' }])
    rtc.connects = true
    const carol = await side('carol', { clock, implementation: rtc })
    carol.host.connect(bob.host)
    await Promise.all([bob.endpoint.dial('webrtc:carol', { firstFrame: FIRST }), carol.next()])
    await clock.advance(DEFAULT_LIMITS.webRtcTimeoutMs)
    expect(bob.endpoint.getStats()).toMatchObject({ live: 2, settingUp: 0 })
  })

  it('a code that is none of ours, or a lie about a fault, ends a dial with a typed error of the peer', async () => {
    const { bob, mallory, heard } = await withMallory()
    for (const [code, expected] of [
      ['<script>', 'PEER_UNREACHABLE'],
      ['MALFORMED_DATA', 'MALFORMED_DATA'],
    ]) {
      const dialled = bob.endpoint.dial('webrtc:mallory', { firstFrame: FIRST })
      dialled.catch(() => {})
      await settle()
      const { session } = heard.filter(({ type }) => type === 'description').at(-1)!.payload as { session: string }
      await mallory.sendTo('bob', { protocol: 'lotus/webrtc', type: 'end', payload: { session, code } })
      await expect(dialled).rejects.toMatchObject({ code: expected, details: { byPeer: true } })
    }
  })

  it('an answer that WebRTC refuses fails the dial', async () => {
    const { bob, mallory, heard, rtc } = await withMallory()
    const dialled = bob.endpoint.dial('webrtc:mallory', { firstFrame: FIRST })
    dialled.catch(() => {})
    await settle()
    const { session } = heard[0]!.payload as { session: string }
    const payload = { session, type: 'answer', sdp: 'v=0\r\nm=application 9\r\n' }
    await mallory.sendTo('bob', { protocol: 'lotus/webrtc', type: 'description', payload })
    await expect(dialled).rejects.toMatchObject({ code: 'MALFORMED_DATA' })
    expect(rtc.open).toHaveLength(2)
  })

  it.each([
    ['a text', 'text'],
    ['a frame above 16,384 bytes', new Uint8Array(16_385)],
  ])('%s over the channel ends it with PROTOCOL_VIOLATION', async (_, frame) => {
    const [clock, rtc] = [new VirtualClock(), new FakeRtc()]
    const [alice, bob] = await twoSides({}, { clock, implementation: rtc })
    const [, far] = await Promise.all([alice.endpoint.dial('webrtc:bob', { firstFrame: FIRST }), bob.next()])
    const atFar = record(far)
    rtc.made[0]!.channel!.send(frame)
    await atFar.until(({ closes }) => closes.length === 1)
    expect(atFar.closes).toMatchObject([{ code: 'PROTOCOL_VIOLATION' }])
    expect(rtc.made[1]!.connectionState).toBe('closed')
  })
})

describe.skipIf(polyfill === undefined)('Over real WebRTC (SKIPPED where node-datachannel cannot be loaded)', () => {
  it.each([
    ['an offer without ICE credentials', SDP],
    ['an offer of garbage', `${SDP}a=\u0000\uffff\r\na=fingerprint:sha-256 zz\r\na=ice-ufrag:\r\n`],
    ['an offer with too much of everything', `${SDP}${'a=fingerprint:sha-256 00\r\na=mid:0\r\n'.repeat(300)}`],
  ])('%s ends its session, and the next one works', async (_, sdp) => {
    const [alice, bob, stop] = await twoSides({ webRtcTimeoutMs: 500 })
    const mallory = new TestHost('mallory')
    const ended = new Promise((resolve) => {
      const handleMessage = async ({ type }: P2PMessage) => {
        if (type === 'end') resolve(true)
      }
      mallory.register({ protocolName: 'lotus/webrtc', handleMessage })
    })
    mallory.connect(bob.host)
    await mallory.sendTo('bob', { protocol: 'lotus/webrtc', type: 'description', payload: offer(SESSION, sdp) })
    await ended
    expect(bob.endpoint.getStats()).toMatchObject({ settingUp: 0, failed: 1 })
    await stop()
    alice.host.disconnect(bob.host)
  })
})

describe('What a description and a candidate may hold', () => {
  it('one data section and no media', () => {
    expect(isDataOnly(SDP)).toBe(true)
    expect(isDataOnly(SDP.replaceAll('\r\n', '\n'))).toBe(true)
    for (const sdp of ['', 'v=0\r\n', SDP + SDP, SDP.replace('application', 'audio'), `\r\n${SDP}`])
      expect(isDataOnly(sdp)).toBe(false)
  })

  it('addresses and mDNS names, but no names that a name server would be asked for', () => {
    const at = (address: string) => isContained(`candidate:1 1 udp 2122 ${address} 9 typ host`)
    expect(['192.0.2.1', '2001:db8::1', 'fe80::1', '0e8a-11.local'].map(at)).toEqual([true, true, true, true])
    expect(['tracker.example', 'a.b.local', 'localhost', '', 'x:y.example'].map(at)).toEqual([false, false, false, false, false])
    expect(isContained('')).toBe(true)
  })
})
