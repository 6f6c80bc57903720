import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { runInNewContext } from 'node:vm'
import ts from 'typescript'
import { afterEach, describe, expect, it } from 'vitest'
import type { PluginKit } from '../../src/core/plugin.js'
import { defineResource } from '../../src/definitions/define-resource.js'
import { DistributedHashTable } from '../../src/index.js'
import { statements } from '../../src/statements/plugin.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'
import { identityOf } from '../defence/table.js'

const root = fileURLToPath(new URL('../../src/', import.meta.url))

/** Members of the public API that take a listener, or that an application implements to be told: those of the names that are exported. */
function callbacks(): string[] {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  const sources = files.map((file) => ts.createSourceFile(file, readFileSync(root + file, 'utf8'), ts.ScriptTarget.Latest, true))
  const entries = new Set(['index.ts', 'core.ts', 'shared.ts', 'node/index.ts', 'statements/index.ts', 'testing/index.ts'])
  const names = new Set(
    sources
      .filter(({ fileName }) => entries.has(fileName.replaceAll('\\', '/')))
      .flatMap(({ text }) => [...text.matchAll(/\b[A-Z]\w+/g)].map(([name]) => name)),
  )
  const found = new Set<string>()
  const isListener = (text: string) => /Listener\b|=>/.test(text)
  for (const source of sources) {
    if (source.fileName.startsWith('node/conform')) continue
    for (const node of source.statements) {
      if (!(ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node)) || !names.has(node.name?.text ?? '')) continue
      for (const member of node.members) {
        const name = member.name?.getText() ?? ''
        if (
          name.startsWith('#') ||
          (ts.canHaveModifiers(member) && ts.getModifiers(member)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword))
        )
          continue
        if (/^on[A-Z]\w+$/.test(name) && !/unsubscribe/i.test(name)) found.add(`${node.name!.text}.${name}`)
        if (!(ts.isMethodDeclaration(member) || ts.isMethodSignature(member))) continue
        for (const { type, name: parameter } of member.parameters)
          if (
            type &&
            /^(listener|handler|hooks|read|work|callback)$/.test(parameter.getText()) &&
            isListener(`${type.getText()} Listener`)
          )
            found.add(`${node.name!.text}.${name}(${parameter.getText()})`)
      }
    }
  }
  return [...found].sort()
}

/** Ways in which what an application gives can fail, or not answer. */
const failing: [name: string, fails: () => unknown][] = [
  [
    'throws',
    () => {
      throw new Error('broken')
    },
  ],
  ['rejects', () => Promise.reject(new Error('broken'))],
  // Its promise is no `Promise` of ours.
  ['rejects in another realm', () => runInNewContext("Promise.reject(new Error('broken'))")],
]
const never = () => new Promise(() => {})

it('lists what takes a callback: a new one needs a line here, and a test below', () => {
  expect(callbacks()).toMatchInlineSnapshot(`
    [
      "Clock.setTimeout(callback)",
      "CoreCoordinator.off(listener)",
      "CoreCoordinator.on(listener)",
      "CoreCoordinator.once(listener)",
      "CoreCoordinator.registerProtocol(handler)",
      "DhtOptions.onError",
      "FrameSink.onClose",
      "FrameSink.onDrain",
      "FrameSink.onFrame",
      "FrameSink.onInterrupted",
      "IProtocolHandler.onPeerConnected",
      "IProtocolHandler.onPeerDisconnected",
      "IProtocolHandler.onRegister",
      "IProtocolHandler.onUnregister",
      "MailServerOptions.onMail",
      "MineOptions.onProgress",
      "PeerConnection.off(listener)",
      "PeerConnection.on(listener)",
      "PeerManager.off(listener)",
      "PeerManager.on(listener)",
      "PeerWatch.watchPeers(listener)",
      "PluginKit.onLifecycle",
      "PluginKit.onLifecycle(hooks)",
      "PluginKit.onPeer",
      "PluginKit.onPeer(listener)",
      "PluginKit.registerProtocol(handler)",
      "PluginKit.setWork(work)",
      "PluginKit.stats(read)",
      "ProtocolHost.check(work)",
      "RelayOptions.onDrain",
      "RelayOptions.onMail",
      "RequestOptions.onAnswer",
      "ResourceDiscovery.watchResources(listener)",
      "ResourceWatch.watchResources(listener)",
      "StatementRunOptions.onItems",
      "StatementRunOptions.onProgress",
      "StatementSessionOptions.onEquivocation",
      "StatementSessionOptions.onStatement",
      "Statements.onPeerConnected",
      "Statements.onPeerDisconnected",
      "Statements.onRegister",
      "Statements.onUnregister",
      "Topics.onPeerConnected",
      "Topics.onPeerDisconnected",
      "Topics.onRegister",
      "Topics.onUnregister",
      "Topics.subscribe(listener)",
      "TopicsOptions.onError",
      "TypedResourceClient.watch(listener)",
      "VirtualClock.setTimeout(callback)",
      "WebSocketServerOptions.onRequest",
      "WorkWorker.addEventListener(listener)",
    ]
  `)
})

describe('a callback', () => {
  let net: TestNetwork | undefined
  afterEach(async () => {
    await net?.stop()
    net = undefined
  })

  async function trio(plugins: Parameters<TestNetwork['createPeer']>[0] = {}) {
    net = createTestNetwork({ latencyMs: 5 })
    const relay = net.createPeer({ relay: true })
    await net.run(relay.start())
    const bootstrap = [net.addressOf(relay)]
    const alice = net.createPeer({ listening: false, bootstrap, identity: identityOf(1), ...plugins })
    const bob = net.createPeer({ listening: false, bootstrap, identity: identityOf(2), plugins: [statements()] })
    await net.run(Promise.all([alice.start(), bob.start()]))
    await net.clock.advance(500)
    const errors: string[] = []
    alice.on('error', ({ code }) => void errors.push(code))
    return { net, relay, alice, bob, errors }
  }

  it.each(failing)('that is a method of the logger, and %s, breaks nothing', async (_, fails) => {
    const method = fails as () => void
    const { net, relay, alice, bob } = await trio({ logger: { debug: method, warn: method, error: method } })
    // With a listener that fails too, the logger is the last that is told.
    for (const event of ['error', 'message', 'status'] as const) alice.on(event, fails as () => void)
    await net.run(bob.connectToPeer(alice.peerId))
    await net.run(bob.sendTo(alice.peerId, { type: 'x', payload: 1 }))
    await net.run(relay.shutdown())
    await net.clock.advance(10_000)
    await new Promise((resolve) => setTimeout(resolve))
    expect(alice.status).toBe('connecting')
    const told: string[] = []
    const table = new DistributedHashTable('alice', {
      logger: { debug: method, warn: method, error: method },
      onError: ({ code }) => {
        told.push(code)
        return fails() as undefined
      },
    })
    table.watch('offer', method)
    await table.announce({ key: 'offer', value: 1 })
    await new Promise((resolve) => setTimeout(resolve))
    expect(told).toEqual(['LISTENER_FAILED'])
    await net.run(alice.shutdown())
  })

  it.each(failing.slice(1))('onRegister that %s is told as an error, and the protocol stays', async (_, fails) => {
    const { net, alice, bob, errors } = await trio()
    const got: unknown[] = []
    alice.registerProtocol({
      protocolName: 'shop',
      onRegister: fails as () => void,
      handleMessage: async ({ payload }) => void got.push(payload),
    })
    await net.run(bob.connectToPeer(alice.peerId))
    await net.run(bob.sendTo(alice.peerId, { type: 'x', payload: 1, protocol: 'shop' }))
    await net.clock.advance(100)
    await new Promise((resolve) => setTimeout(resolve))
    expect([got, errors]).toEqual([[1], ['HANDLER_FAILED']])
  })

  it.each([...failing, ['never settles', never] as [string, () => unknown]])(
    'of an application that %s disturbs nobody, and is told as an error where it fails',
    async (name, fails) => {
      const lifecycle: string[] = []
      const hooked = {
        name: 'hooked',
        attach(kit: PluginKit) {
          kit.onPeer({ connected: fails as () => void, disconnected: fails as () => void })
          kit.onPeer({ connected: () => void lifecycle.push('connected') })
          kit.onLifecycle({
            start: fails as () => void,
            suspend: fails as () => void,
            stop: fails as () => void,
          })
          return {}
        },
      }
      const { net, alice, bob, errors } = await trio({ plugins: [hooked, statements()] as never })
      const heard: Record<string, number> = {}
      const told = (what: string) => () => {
        heard[what] = (heard[what] ?? 0) + 1
      }
      alice.registerProtocol({
        protocolName: 'shop',
        handleMessage: fails as () => Promise<void>,
        onPeerConnected: fails as () => Promise<void>,
        onPeerDisconnected: fails as () => Promise<void>,
        onUnregister: fails as () => void,
      })
      alice.registerProtocol({ protocolName: 'other', handleMessage: async () => told('other')() })
      for (const listener of [fails as () => void, told('message')]) alice.on('message', listener)
      alice.once('connected', fails as () => void)
      for (const listener of [fails as () => void, told('topic')]) alice.subscribe('offers', listener)
      for (const listener of [fails as () => void, told('resource')]) alice.watchResources('session', {}, listener)
      const anything = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const
      const typed = alice.for(defineResource({ type: 'session', data: anything }))
      for (const listener of [fails as () => void, told('typed')]) typed.watch({}, listener)
      for (const listener of [fails as () => void, told('record')]) alice.dht.watch('offer', listener)
      for (const listener of [fails as () => void, told('peer')]) alice.watchPeers({}, listener)
      const members = [identityOf(1).publicKey, identityOf(2).publicKey]
      const table = { protocol: 'dice', session: 'x', members }
      const wallets = [alice, bob] as unknown as { statements: import('../../src/statements/statements.js').Statements }[]
      const [ours, theirs] = wallets.map(({ statements }) => statements.join({ ...table, onStatement: fails as () => void }))
      await net.clock.advance(500)
      await net.run(bob.connectToPeer(alice.peerId))
      await net.run(bob.publish('offers', 1))
      await net.run(bob.announceResource('session', 's1', 1))
      await net.run(bob.dht.announce({ key: 'offer', value: 1, ttl: 60 }))
      for (const protocol of ['shop', 'other', undefined])
        await net.run(bob.sendTo(alice.peerId, { type: 'x', payload: 1, ...(protocol && { protocol }) }))
      await net.run(theirs!.say({ round: 0, slot: 'a', value: new Uint8Array(1) }))
      await net.clock.advance(2_000)
      await new Promise((resolve) => setTimeout(resolve))
      expect(heard).toMatchObject({ message: expect.any(Number), other: 1, topic: 1, resource: 1, typed: 1, record: 1 })
      expect([ours!.statements(0).length, lifecycle.length > 0]).toEqual([1, true])
      alice.suspend()
      await net.run(alice.resume())
      alice.unregisterProtocol('shop')
      await net.run(alice.shutdown())
      await new Promise((resolve) => setTimeout(resolve))
      if (name === 'never settles') expect(errors).toEqual([])
      else expect(new Set(errors)).toEqual(new Set(['LISTENER_FAILED', 'HANDLER_FAILED']))
    },
  )
})
