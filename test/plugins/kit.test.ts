import { afterEach, describe, expect, it } from 'vitest'
import type { LifecycleHooks } from '../../src/core/plugin.js'
import { P2PCoordinator, type Plugin } from '../../src/core.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'

let net: TestNetwork
afterEach(() => net?.stop())

const silent = { debug() {}, warn() {}, error() {} }
const code = (make: () => unknown) => {
  try {
    make()
    return undefined
  } catch (error) {
    return (error as { code: string }).code
  }
}

/** A plugin that notes its life. */
function diary(name: string, notes: string[], needs: string[] = []): Plugin {
  const note = (what: string) => () => void notes.push(`${name} ${what}`)
  return {
    name,
    needs,
    attach(kit) {
      notes.push(`${name} attach`)
      const hooks: LifecycleHooks = { start: note('start'), suspend: note('suspend'), stop: note('stop'), trim: note('trim') }
      kit.onLifecycle(hooks)
      kit.onPeer({ connected: (peer) => void notes.push(`${name} met ${peer.peerId}`) })
      return {}
    },
  }
}

describe('the plugin kit', () => {
  it('gives the coordinator the members, events and statistics of its plugins, with their types', async () => {
    const counter = (): Plugin<{ counter: { add(): number } }, { counted: [count: number] }, { counter: { count: number } }> => ({
      name: 'counter',
      attach(kit) {
        let count = 0
        kit.stats('counter', () => ({ count }))
        return {
          counter: {
            add() {
              kit.emit('counted', ++count)
              return count
            },
          },
        }
      },
    })
    const wallet = new P2PCoordinator({ logger: silent, plugins: [counter()] })
    const heard: number[] = []
    wallet.on('counted', (count) => heard.push(count))
    expect(wallet.counter.add()).toBe(1)
    expect(wallet.getStats().counter.count).toBe(1)
    expect(heard).toEqual([1])

    const bare = new P2PCoordinator({ logger: silent })
    expect('counter' in bare).toBe(false)
    const later = await bare.use(counter())
    expect(later.counter.add()).toBe(1)
    expect(later).toBe(bare)
    await Promise.all([wallet.shutdown(), bare.shutdown()])
  })

  it('says which plugin is missing, taken, unnamed or in the way', () => {
    const plain = (name: string, needs: string[] = [], api = {}): Plugin => ({ name, needs, attach: () => api })
    const make = (...plugins: Plugin[]) => code(() => new P2PCoordinator({ logger: silent, plugins }))
    expect(make(plain('a', ['b']))).toBe('INVALID_CONFIG')
    expect(make(plain('a', ['b']), plain('b'))).toBe('INVALID_CONFIG')
    expect(make(plain('b'), plain('a', ['b']))).toBeUndefined()
    expect(make(plain('a'), plain('a'))).toBe('INVALID_CONFIG')
    expect(make(plain('dht'))).toBe('INVALID_CONFIG')
    expect(make(plain(''))).toBe('INVALID_CONFIG')
    expect(make(plain('x'.repeat(65)))).toBe('INVALID_CONFIG')
    expect(make(plain('a', [], { sendTo: () => {} }))).toBe('INVALID_CONFIG')
    expect(make(plain('a', [], { core: 1 }))).toBe('INVALID_CONFIG')
  })

  it('attaches what listeners bring, unless the application brings the same, or two listeners do', () => {
    const notes: string[] = []
    const listener = { transport: 'memory', addresses: [], listen: async () => {}, close: async () => {} }
    const bringing = (...plugins: Plugin[]) => ({ ...listener, plugins })
    new P2PCoordinator({
      logger: silent,
      listen: [bringing(diary('node', notes), diary('extra', notes))],
      plugins: [diary('node', notes)],
    })
    expect(notes).toEqual(['extra attach', 'node attach'])
    new P2PCoordinator({ logger: silent, listen: [bringing(diary('node', notes)), bringing(diary('node', notes))] })
    expect(notes).toEqual(['extra attach', 'node attach', 'node attach'])
  })

  it('tells plugins of starts, peers, suspension and the end, in the order in which they were attached', async () => {
    net = createTestNetwork()
    const notes: string[] = []
    const bob = net.createPeer({ host: 'bob', peerId: 'bob' })
    const alice = net.createPeer({ host: 'alice', plugins: [diary('first', notes), diary('second', notes, ['first'])] })
    await net.run(bob.start())
    await net.run(alice.connectToPeer(net.addressOf(bob)))
    alice.suspend()
    await net.run(alice.resume())
    await alice.use(diary('late', notes))
    alice.trim()
    await net.run(alice.shutdown())
    const lives = notes.filter((note) => !note.includes('met'))
    expect(lives).toEqual([
      'first attach',
      'second attach',
      'first start',
      'second start',
      'first suspend',
      'second suspend',
      'first start',
      'second start',
      'late attach',
      'late start',
      'first trim',
      'second trim',
      'late trim',
      'first stop',
      'second stop',
      'late stop',
    ])
    expect(notes).toContain('first met bob')
  })

  it('reports what a plugin fails with, synchronously or later, and harms nobody else', async () => {
    net = createTestNetwork()
    const notes: string[] = []
    const broken = (name: string, fail: () => unknown): Plugin => ({
      name,
      attach(kit) {
        kit.onLifecycle({ start: fail, suspend: fail, stop: fail, trim: fail, described: fail, wake: fail })
        kit.onPeer({ connected: fail, disconnected: fail, pathChanged: fail })
        return {}
      },
    })
    const alice = net.createPeer({
      host: 'alice',
      plugins: [
        broken('throws', () => {
          throw new Error('at once')
        }),
        broken('rejects', async () => {
          throw new Error('later')
        }),
        diary('healthy', notes),
      ],
    })
    const errors: string[] = []
    alice.on('error', (error) => errors.push(error.code))
    const bob = net.createPeer({ host: 'bob', peerId: 'bob' })
    await net.run(bob.start())
    await net.run(alice.connectToPeer(net.addressOf(bob)))
    await net.clock.advance(10)
    expect(alice.isConnected('bob')).toBe(true)
    expect(notes).toEqual(['healthy attach', 'healthy start', 'healthy met bob'])
    expect(errors.length).toBeGreaterThanOrEqual(4)
    expect(new Set(errors)).toEqual(new Set(['LISTENER_FAILED']))
  })

  it('attaches all of a plugin or nothing, so that it can be tried again', async () => {
    net = createTestNetwork()
    const notes: string[] = []
    const alice = net.createPeer({ host: 'alice', peerId: 'alice' })
    const bob = net.createPeer({ host: 'bob', peerId: 'bob' })
    await net.run(bob.start())
    await net.run(alice.connectToPeer(net.addressOf(bob)))
    let broken = true
    const fragile = (api: object): Plugin => ({
      name: 'fragile',
      attach(kit) {
        kit.registerProtocol({ protocolName: 'fragile', async handleMessage() {} })
        kit.addTransport({ name: 'fragile', rank: 1, direct: true, canDial: () => false, dial: () => Promise.reject() })
        kit.addResolver(async () => [])
        kit.stats('fragile', () => ({}))
        kit.onLifecycle({ start: () => void notes.push('start'), trim: () => void notes.push('trim') })
        kit.onPeer({ connected: ({ peerId }) => void notes.push(`met ${peerId}`) })
        if (broken) throw new Error('not yet')
        return api
      },
    })
    await expect(alice.use(fragile({}))).rejects.toThrow('not yet')
    broken = false
    // The second member is there already: the first must not stay either.
    await expect(alice.use(fragile({ one: 1, sendTo: 2 }))).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
    expect('one' in alice).toBe(false)
    expect(alice.getStats()).not.toHaveProperty('fragile')
    notes.length = 0
    alice.trim()
    expect(notes).toEqual([])
    await alice.use(fragile({ one: 1 }))
    alice.trim()
    expect(notes).toEqual(['met bob', 'start', 'trim'])
  })

  it('refuses what is no plugin, and members that cannot be', async () => {
    const wallet = new P2PCoordinator({ logger: silent })
    const use = (plugin: unknown) => wallet.use(plugin as Plugin)
    for (const wrong of [
      null,
      {},
      { name: 'x' },
      { name: 'x', attach: async () => ({}) },
      { name: 'x', attach: async () => Promise.reject(new Error('later')) },
      { name: 'x', attach: () => Object.fromEntries([['then', () => {}]]) },
    ]) {
      await expect(use(wrong)).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
    }
    await wallet.shutdown()
  })

  it('reads the statistics of the others where a reader fails, and never lets one replace those of the core', () => {
    const errors: unknown[] = []
    const odd: Plugin = {
      name: 'odd',
      attach(kit) {
        kit.stats('peers', () => ({}))
        kit.stats('broken', () => {
          throw new Error('no')
        })
        kit.stats('whole', () => ({ fine: true }))
        return {}
      },
    }
    const wallet = new P2PCoordinator({ logger: silent, plugins: [odd] })
    wallet.on('error', (error) => errors.push(error.code))
    expect(wallet.getStats()).toMatchObject({ peers: { connectedPeers: 0 }, whole: { fine: true } })
    expect(errors).toEqual(['LISTENER_FAILED'])
  })

  it('signs under tags of its own alphabet only', async () => {
    let sign: ((tag: string) => Promise<Uint8Array>) | undefined
    const signer: Plugin = {
      name: 'signer',
      attach(kit) {
        sign = (tag) => kit.sign(tag, new Uint8Array(1))
        return {}
      },
    }
    new P2PCoordinator({ logger: silent, plugins: [signer] })
    expect(await sign!('escrow/1')).toHaveLength(64)
    for (const tag of ['', '../message', 'Escrow', 'a b', 'x'.repeat(65), '/x']) {
      await expect(sign!(tag)).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
    }
  })

  it('refuses plugins after the shutdown', async () => {
    const wallet = new P2PCoordinator({ logger: silent })
    await wallet.shutdown()
    await expect(wallet.use({ name: 'late', attach: () => ({}) })).rejects.toMatchObject({ code: 'SHUT_DOWN' })
  })
})
