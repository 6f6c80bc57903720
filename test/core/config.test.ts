import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CORE_LIMITS } from '../../src/base/limits/core.js'
import { DEFAULT_LIMITS, type Limits } from '../../src/base/limits.js'
import { P2PCoordinator } from '../../src/coordinator.js'
import { type CoordinatorListener, type CoreConfig, resolveConfig } from '../../src/core/config.js'
import type { Plugin } from '../../src/core/plugin.js'
import { P2PCoordinator as CoreCoordinator } from '../../src/core.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import type { PeerInfo } from '../../src/protocol/peer-info.js'

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
  network: ['', 'Lotus', 'a b', 'x'.repeat(33), 7, null],
  peerId: [7, null],
  identity: [{}, { publicKey: new Uint8Array(32) }, { sign: () => {} }, null, 'lp1'],
  maxConnections: [0, -1, 1.5, '5', Number.NaN, null],
  heartbeatInterval: [0, 99, Number.POSITIVE_INFINITY, '1000'],
  bootstrap: ['wss://relay.example', [''], [7], [null], [{}]],
  anchors: ['wss://relay.example', [{ addresses: {} }]],
  listen: [{}, [{}], [null], [{ listen() {} }]],
  announce: ['wss://relay.example', ['https://relay.example'], ['wss:///x'], [`wss://${'x'.repeat(256)}`], [7]],
  plugins: [{}, ['webrtc'], [{ name: 'x' }], [null]],
  allowPrivate: ['yes', 1, null],
  privacy: ['yes', 1, null, true, ['direct']],
  store: [{}, { get() {}, set() {} }, null],
  clock: [{}, { now() {} }],
  random: [Math.random, {}],
  logger: [console.log, { warn() {} }, null],
  requireSignatures: ['yes'],
  limits: [7, [], null],
  metadata: [[], 'x', null],
}

/** Lists: of each, the first item above is wrong. */
const ITEMS = ['bootstrap', 'anchors', 'listen', 'announce', 'plugins']

describe('the configuration', () => {
  it('names the option of which a value is wrong, whatever is wrong with it', () => {
    for (const [option, values] of Object.entries(WRONG)) {
      for (const value of values) {
        expect([option, value, refusal(() => resolveConfig({ [option]: value }))]).toEqual([
          option,
          value,
          // Of a list, the item.
          `INVALID_CONFIG ${option}${Array.isArray(value) && ITEMS.includes(option) ? '[0]' : ''}`,
        ])
      }
    }
  })

  const listening = (addresses: object) => [{ peerId: 'alice', addresses } as unknown as PeerInfo]
  const PLACES: Record<string, (address: string) => object> = {
    bootstrap: (address) => ({ bootstrap: ['wss://good.example', address] }),
    anchors: (address) => ({ anchors: [address] }),
    announce: (address) => ({ announce: [address] }),
    'bootstrap websocket': (websocket) => ({ bootstrap: listening({ websocket }) }),
    'bootstrap http': (http) => ({ bootstrap: listening({ http }) }),
    'bootstrap others': (other) => ({ bootstrap: listening({ others: [other] }) }),
    'anchors relays': (relay) => ({ anchors: listening({ relays: [relay] }) }),
  }
  const NO_ADDRESSES = [
    'wss:/relay.example',
    'wss//relay.example',
    'relay.example:443',
    'relay.example/p2p',
    'wss://',
    'ws://a b',
    'wss://relay.example:99999',
  ]
  it.each(Object.entries(PLACES))('names the address that is none, in quotes: %s', (place, configOf) => {
    for (const address of NO_ADDRESSES) {
      for (const make of [(config: object) => resolveConfig(config), (config: object) => new P2PCoordinator(config)]) {
        const attempt = () => make(configOf(address))
        expect([place, address, refusal(attempt)]).toEqual([place, address, 'INVALID_ADDRESS'])
        expect(attempt).toThrow(`"${address}"`)
      }
    }
  })

  it('takes addresses of every scheme, peer ids, and names with a colon', () => {
    const id = new P2PCoordinator().peerId
    const named = [
      'wss://relay.example',
      'WSS://relay.example:8443/p2p',
      'https://relay.example',
      'memory://x',
      `circuit:${id}/bob`,
    ]
    for (const target of [...named, 'tab:a/b', 'bluetooth:a/b', 'alice', 'a:b', id]) {
      expect([target, refusal(() => resolveConfig({ bootstrap: [target], anchors: [target] }))]).toEqual([target, 'taken'])
    }
    expect(refusal(() => resolveConfig({ bootstrap: listening({ relays: [`wss://relay.example#${id}`, id] }) }))).toBe('taken')
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

  it('refuses an option that it does not know, and names the one that is meant', () => {
    expect(() => resolveConfig({ bootstarp: [] } as CoreConfig)).toThrow('bootstarp does not exist; perhaps you mean bootstrap')
    expect(() => new P2PCoordinator({ powdifficulty: 5 } as CoreConfig)).toThrow('powdifficulty does not exist')
    expect(refusal(() => resolveConfig({ colour: 'red' } as CoreConfig))).toBe('INVALID_CONFIG colour')
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

describe('limits', () => {
  const limited: Plugin = {
    name: 'limited',
    limits: { topicBurst: 7, topicSeen: 8 },
    attach: (kit) => ({ seen: { ...kit.limits } }),
  }
  const logger = { debug() {}, warn() {}, error() {} }

  it('are those of the core, and of the plugins that are configured or that listeners bring', () => {
    const listener = { plugins: [limited], listen: async () => {}, close: async () => {} } as unknown as CoordinatorListener
    for (const config of [{ plugins: [limited] }, { listen: [listener] }]) {
      const { limits } = resolveConfig({ ...config, limits: { topicBurst: 3, maxAddresses: 2 } })
      expect(limits).toMatchObject({ topicBurst: 3, topicSeen: 8, maxAddresses: 2, maxProtocols: 128 })
    }
    for (const limits of [{ topicBurst: 3 }, { nonsense: 3 }, { toString: 3 }]) {
      expect(refusal(() => resolveConfig({ limits: limits as object }))).toBe('INVALID_CONFIG')
    }
    expect(refusal(() => resolveConfig({ plugins: [limited], limits: { httpPollMs: 3 } }))).toBe('INVALID_CONFIG')
    expect(refusal(() => resolveConfig({ plugins: [limited], limits: { topicBurst: 0 } }))).toBe('INVALID_CONFIG')
  })

  it('of a plugin that comes later have their defaults', async () => {
    const coordinator = await new CoreCoordinator({ logger }).use(limited)
    expect((coordinator as unknown as { seen: object }).seen).toMatchObject({ topicBurst: 7, topicSeen: 8, maxProtocols: 128 })
    await coordinator.shutdown()
  })

  it('of a plugin that comes later are those of its coordinator alone', async () => {
    const seen: Limits[] = []
    const looking = (name: string, limits?: Partial<Limits>): Plugin => ({
      name,
      ...(limits && { limits }),
      attach: (kit) => {
        seen.push(kit.limits)
        return {}
      },
    })
    const later = { limits: { topicBurst: 7, maxProtocols: 1 } }
    const [one, other] = [
      new CoreCoordinator({ logger, plugins: [looking('before')] }),
      new CoreCoordinator({ logger, plugins: [looking('before')] }),
    ]
    await one.use(looking('later', later.limits))
    await other.use(looking('another', { topicSeen: 8 }))
    const fresh = new CoreCoordinator({ logger, plugins: [looking('fresh')] })
    const [ofOne, ofOther, inOne, inOther, ofFresh] = seen as [Limits, Limits, Limits, Limits, Limits]
    for (const limits of [ofOne, ofOther, ofFresh]) expect(limits).toEqual(CORE_LIMITS)
    // What is known already keeps its value, whatever the plugin says.
    expect(inOne).toEqual({ ...CORE_LIMITS, topicBurst: 7 })
    expect(inOther).toEqual({ ...CORE_LIMITS, topicSeen: 8 })
    later.limits.topicBurst = 9
    expect(inOne.topicBurst).toBe(7)
    for (const coordinator of [one, other, fresh]) await coordinator.shutdown()
  })

  it('cannot be written to, neither those of a coordinator nor a table', async () => {
    const tables: object[] = [DEFAULT_LIMITS, CORE_LIMITS]
    for (const file of readdirSync('src/base/limits')) {
      tables.push(...Object.values<object>(await import(`../../src/base/limits/${file.slice(0, -3)}.ts`)))
    }
    expect(tables.length).toBeGreaterThan(10)
    const changed = resolveConfig({ limits: { maxAddresses: 2 } }).limits
    const own: Plugin = { name: 'own', limits: { ...DEFAULT_LIMITS }, attach: () => ({}) }
    tables.push(changed, resolveConfig({ plugins: [limited] }).limits, resolveConfig({ plugins: [own] }).limits)
    for (const late of [false, true]) {
      const coordinator = new CoreCoordinator({ logger, plugins: late ? [] : [limited] })
      const look: Plugin = { name: 'look', limits: { httpPollMs: 5 }, attach: (kit) => Object(tables.push(kit.limits)) }
      await coordinator.use(look)
      await coordinator.shutdown()
    }
    for (const table of tables) {
      expect(Reflect.set(table, 'maxProtocols', 1)).toBe(false)
      expect(Reflect.set(table, 'topicBurst', 1)).toBe(false)
    }
  })

  it('of the full package may all be set, whatever is attached', async () => {
    const coordinator = new P2PCoordinator({ logger, webrtc: false, limits: { ...DEFAULT_LIMITS, topicBurst: 3 } })
    await coordinator.shutdown()
    expect(refusal(() => new P2PCoordinator({ logger, limits: { nonsense: 3 } as object }))).toBe('INVALID_CONFIG')
  })
})
