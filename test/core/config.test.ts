import { describe, expect, it, vi } from 'vitest'
import { P2PCoordinator } from '../../src/coordinator.js'
import { type CoreConfig, resolveConfig } from '../../src/core/config.js'
import { identityFromSeed } from '../../src/identity/identity.js'

const refusal = (make: () => unknown) => {
  try {
    make()
    return 'taken'
  } catch (error) {
    const { code, details } = error as { code: string; details: { option?: string } }
    return `${code} ${details.option ?? ''}`.trim()
  }
}

/** A wrong value for each option; a new option without a row here fails the last test. */
const WRONG: Record<keyof CoreConfig, unknown[]> = {
  peerId: [7, null],
  identity: [{}, { publicKey: new Uint8Array(32) }, { sign: () => {} }, null, 'lp1'],
  maxConnections: [0, -1, 1.5, '5', Number.NaN, null],
  heartbeatInterval: [0, 99, Number.POSITIVE_INFINITY, '1000'],
  bootstrap: ['wss://relay.example', [''], [7], [null], [{}]],
  anchors: ['wss://relay.example', [{ addresses: {} }]],
  listen: [{}, [{}], [null], [{ listen() {} }]],
  announce: ['wss://relay.example', ['https://relay.example'], ['wss:///x'], [`wss://${'x'.repeat(256)}`], [7]],
  plugins: [{}, ['webrtc'], [{ name: 'x' }], [null]],
  relayOnly: ['yes', 1, null],
  store: [{}, { get() {}, set() {} }, null],
  clock: [{}, { now() {} }],
  random: [Math.random, {}],
  logger: [console.log, { warn() {} }, null],
  requireSignatures: ['yes'],
  limits: [7, [], null],
  metadata: [[], 'x', null],
}

describe('the configuration', () => {
  it('names the option of which a value is wrong, whatever is wrong with it', () => {
    for (const [option, values] of Object.entries(WRONG)) {
      for (const value of values) {
        expect([option, value, refusal(() => resolveConfig({ [option]: value }))]).toEqual([
          option,
          value,
          `INVALID_CONFIG ${option}`,
        ])
      }
    }
  })

  it('takes every option as undefined, as though it were not there', () => {
    const config = Object.fromEntries(Object.keys(WRONG).map((option) => [option, undefined]))
    expect(refusal(() => resolveConfig(config))).toBe('taken')
  })

  it('says what the options of the full package must be', () => {
    for (const [option, values] of Object.entries({
      webrtc: [7, 'on', null],
      powDifficulty: [-1, 41, 1.5, '20', Number.NaN],
      proofOfWork: [7, null, 'worker'],
    })) {
      for (const value of values) {
        expect([option, value, refusal(() => new P2PCoordinator({ [option]: value }))]).toEqual([
          option,
          value,
          `INVALID_CONFIG ${option}`,
        ])
      }
    }
  })

  it('warns of an option that it does not know, and goes on', () => {
    const warn = vi.fn()
    resolveConfig({ logger: { debug() {}, warn, error() {} }, bootstarp: [] } as CoreConfig)
    expect(warn).toHaveBeenCalledWith(expect.any(String), { options: ['bootstarp'] })
  })

  it('takes an id as the name only where it is that of the identity', () => {
    const identity = identityFromSeed(new Uint8Array(32).fill(1))
    const { name } = resolveConfig({ identity, peerId: 'alice' })
    expect(name).toBe('alice')
    const id = new P2PCoordinator({ identity }).peerId
    expect(resolveConfig({ identity, peerId: id }).name).toBeUndefined()
    const other = identityFromSeed(new Uint8Array(32).fill(2))
    expect(refusal(() => resolveConfig({ identity: other, peerId: id }))).toBe('INVALID_PEER_ID')
  })
})
