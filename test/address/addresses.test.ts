import { describe, expect, it } from 'vitest'
import {
  asWebAddress,
  circuitAddress,
  isAddress,
  isWebAddress,
  memoryAddress,
  parseCircuit,
  parseWebRtc,
  schemeOf,
  tabAddress,
  webRtcAddress,
} from '../../src/address/addresses.js'

const invalid = expect.objectContaining({ code: 'INVALID_ADDRESS' })

describe('addresses', () => {
  it.each([
    ['wss://relay.example', 'wss', true],
    ['memory://a', 'memory', true],
    ['mine://a', 'mine', true],
    ['circuit:lp1relay/lp1bob', 'circuit', true],
    ['webrtc:lp1bob', 'webrtc', true],
    ['tab:lotus-p2p/abc', 'tab', true],
    ['lp1bob', '', false],
    ['bob', '', false],
    ['user:bob', 'user', false],
    [':x', '', false],
    ['', '', false],
  ])('%s has the scheme "%s"; an address: %s', (text, scheme, is) => {
    expect([schemeOf(text), isAddress(text)]).toEqual([scheme, is])
  })

  it.each([
    ['ws://h', true, false],
    ['WSS://h', true, false],
    ['http://h', false, true],
    ['https://h', false, true],
    ['wsx://h', false, false],
    ['xws://h', false, false],
    ['circuit:ws://h', false, false],
  ])('%s is of WebSocket: %s, of HTTP: %s', (address, ws, http) => {
    expect([isWebAddress(address, 'ws'), isWebAddress(address, 'http')]).toEqual([ws, http])
  })

  it('a host serves WebSocket and HTTP at one place, with TLS or without', () => {
    expect(asWebAddress('wss://h:1/p', 'http')).toBe('https://h:1/p')
    expect(asWebAddress('WS://h', 'http')).toBe('http://h')
    expect(asWebAddress('https://h', 'ws')).toBe('wss://h')
    expect(asWebAddress('memory://h', 'ws')).toBe('memory://h')
  })

  it('what is formatted is parsed', () => {
    expect(parseCircuit(circuitAddress('lp1relay', 'bob'))).toEqual({ relay: 'lp1relay', peerId: 'bob' })
    expect(parseWebRtc(webRtcAddress('lp1bob'))).toBe('lp1bob')
    expect(tabAddress('my net/1', 'id')).toBe('tab:my%20net%2F1/id')
    expect([memoryAddress('a'), memoryAddress('a', 'ws')]).toEqual(['memory://a', 'ws://a'])
  })

  it.each(['', 'circuit:', 'circuit:a', 'circuit:/b', 'circuit:a/', 'circuit:a/b/c', 'webrtc:a/b', 'Circuit:a/b'])(
    '%s is no circuit',
    (address) => expect(() => parseCircuit(address)).toThrow(invalid),
  )

  it.each(['', 'webrtc:', `webrtc:${'x'.repeat(129)}`, 'circuit:a/b'])('%s is no WebRTC address', (address) => {
    expect(() => parseWebRtc(address)).toThrow(invalid)
  })
})
