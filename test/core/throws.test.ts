// What each public call throws is a P2PError whose code stands in the call's doc comment: every call in every odd situation.
import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { afterEach, describe, expect, it } from 'vitest'
import { isP2PError, P2P_ERROR_CODES, type P2PCoordinator } from '../../src/index.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'
import { LONG } from '../long.js'

const FILES = [
  'src/core-coordinator.ts',
  'src/coordinator.ts',
  'src/plugins/dht/client/hash-table.ts',
  'src/plugins/topics/topics.ts',
  'src/plugins/circuit/peer-watch.ts',
  'src/plugins/discovery/resource-watch.ts',
]
/** The comments speak of the coordinator by its public name. */
const ALIASES: Record<string, string> = {
  CoreCoordinator: 'P2PCoordinator',
  FullCoordinator: 'P2PCoordinator',
  HashTable: 'DistributedHashTable',
}

/** The text behind each `@throws`, by class and member. */
function comments(): Map<string, string> {
  const texts = new Map<string, string>()
  for (const path of FILES) {
    const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true)
    const visit = (node: ts.Node): void => {
      const owner = node.parent
      const isMember = ts.isClassElement(node) || ts.isMethodSignature(node) || ts.isPropertySignature(node)
      if (isMember && node.name !== undefined && (ts.isClassLike(owner) || ts.isInterfaceDeclaration(owner))) {
        const of = owner.name?.text ?? ''
        const name = `${ALIASES[of] ?? of}.${node.name.getText()}`
        const tags = ts.getJSDocTags(node).filter(({ tagName }) => tagName.text === 'throws')
        const text = tags.map((tag) => ts.getTextOfJSDocComment(tag.comment) ?? '').join(' ')
        texts.set(name, `${texts.get(name) ?? ''} ${text}`)
      }
      ts.forEachChild(node, visit)
    }
    visit(file)
  }
  return texts
}

const TEXTS = comments()

/** The codes that a comment names, and those of the members that it refers to. */
function documented(name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name)) return new Set()
  seen.add(name)
  const text = TEXTS.get(name)
  if (text === undefined) throw new Error(`${name} has no doc comment.`)
  const words = new Set(text.match(/\w+/g))
  const codes = new Set<string>(P2P_ERROR_CODES.filter((code) => words.has(code)))
  for (const [, reference] of text.matchAll(/`([\w.]+)`/g)) {
    const full = reference!.includes('.') ? reference! : `${name.split('.')[0]}.${reference}`
    if (TEXTS.has(full)) for (const code of documented(full, seen)) codes.add(code)
  }
  return codes
}

type Wait = { timeoutMs?: number; signal?: AbortSignal }
interface Given {
  wallet: P2PCoordinator
  /** A peer, of the kind that the situation wants. */
  peer: unknown
  wait: Wait
  message: unknown
  /** The type, the id, the key or the topic. */
  name: string
  data: unknown
  /** Seconds. */
  ttl: number
  conditions: unknown
}

/** Each public call that may fail, by the member that documents it. */
const CALLS: [member: string, call: (given: Given) => unknown][] = [
  ['start', ({ wallet, wait }) => wallet.start(wait)],
  ['suspend', ({ wallet }) => wallet.suspend()],
  ['resume', ({ wallet, wait }) => wallet.resume(wait)],
  ['waitFor', ({ wallet, wait }) => wallet.waitFor('suspended', { timeoutMs: 50, ...wait })],
  ['reconnect', ({ wallet }) => wallet.reconnect()],
  ['use', ({ wallet, name }) => wallet.use({ name, attach: () => ({}) })],
  ['registerProtocol', ({ wallet, name }) => wallet.registerProtocol({ protocolName: name, handleMessage: async () => {} })],
  ['unregisterProtocol', ({ wallet, name }) => wallet.unregisterProtocol(name)],
  ['configure', ({ wallet, data }) => wallet.configure({ metadata: data as never })],
  ['configure', ({ wallet, peer }) => wallet.configure({ bootstrap: [peer as never] })],
  ['connectToPeer', ({ wallet, peer, wait }) => wallet.connectToPeer(peer as string, wait)],
  ['disconnectFromPeer', ({ wallet, peer }) => wallet.disconnectFromPeer(peer as string)],
  ['dropPath', ({ wallet, peer }) => wallet.dropPath(peer as string)],
  ['sendTo', ({ wallet, peer, message, wait }) => wallet.sendTo(peer as string, message as never, wait)],
  [
    'sendTo',
    ({ wallet, peer, message, wait, ttl }) => wallet.sendTo(peer as string, message as never, { queue: true, ttl, ...wait }),
  ],
  [
    'reply',
    ({ wallet, peer, message }) =>
      wallet.reply({ type: 'x', from: peer as string, payload: 1, timestamp: 0, messageId: 'x' }, message as never),
  ],
  ['broadcast', ({ wallet, message, wait }) => wallet.broadcast(message as never, wait)],
  ['request', ({ wallet, peer, message, wait }) => wallet.request(peer as string, message as never, { timeoutMs: 500, ...wait })],
  ['findPeers', ({ wallet, wait }) => wallet.findPeers(wait)],
  [
    'announceResource',
    ({ wallet, name, data, wait, ttl }) => wallet.announceResource(name, name, data as never, { ttl, ...wait }),
  ],
  ['withdrawResource', ({ wallet, name, wait }) => wallet.withdrawResource(name, name, wait)],
  ['discoverResources', ({ wallet, name, conditions, wait }) => wallet.discoverResources(name, conditions as never, wait)],
  ['getResource', ({ wallet, name, wait }) => wallet.getResource(name, name, wait)],
  ['ResourceWatch.watchResources', ({ wallet, name, conditions }) => wallet.watchResources(name, conditions as never, () => {})],
  ['ban', ({ wallet, peer, ttl }) => wallet.ban(peer as string, { durationMs: ttl })],
  ['unban', ({ wallet, peer }) => wallet.unban(peer as string)],
  ['reputationOf', ({ wallet, peer }) => wallet.reputationOf(peer as string)],
  ['on', ({ wallet, name }) => wallet.on(name as never, () => {})],
  ['getStats', ({ wallet }) => wallet.getStats()],
  ['getPeer', ({ wallet, peer }) => wallet.getPeer(peer as string)],
  ['isConnected', ({ wallet, peer }) => wallet.isConnected(peer as string)],
  ['subscribe', ({ wallet, name }) => wallet.subscribe(name, () => {})],
  ['publish', ({ wallet, name, data, wait }) => wallet.publish(name, data as never, wait)],
  [
    'DistributedHashTable.announce',
    ({ wallet, name, data, wait, ttl }) => wallet.dht.announce({ key: name, value: data, ttl, ...wait }),
  ],
  ['DistributedHashTable.withdraw', ({ wallet, name, wait }) => wallet.dht.withdraw(name, wait)],
  ['DistributedHashTable.get', ({ wallet, name, wait }) => wallet.dht.get(name, wait)],
  [
    'DistributedHashTable.query',
    ({ wallet, name, conditions, wait }) => wallet.dht.query({ key: name, filters: conditions as never, ...wait }),
  ],
  ['DistributedHashTable.watch', ({ wallet, name }) => wallet.dht.watch(name, () => {})],
]

const STRANGER = 'lp1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqvw5w4x'
const SITUATIONS: [name: string, changes: Partial<Given> | ((given: Given) => unknown)][] = [
  ['in order', {}],
  ['after the end', ({ wallet }) => wallet.shutdown()],
  ['while suspended', ({ wallet }) => wallet.suspend()],
  [
    'for itself',
    (given) => {
      given.peer = given.wallet.peerId
    },
  ],
  ['with a signal that has fired', { wait: { signal: AbortSignal.abort() } }],
  ['with no time left', { wait: { timeoutMs: 0.001 } }],
  ['with a timeout that is no number', { wait: { timeoutMs: 'soon' as never } }],
  ...['', undefined, null, 7, {}, 'nobody', STRANGER, `${STRANGER}x`, 'ws://', 'gopher://x', 'x'.repeat(300), ' '].map(
    (peer): [string, Partial<Given>] => [`for the peer ${JSON.stringify(peer)}`, { peer }],
  ),
  ...[undefined, null, 5, {}, { type: '' }, { type: 5 }, { type: 'x'.repeat(300) }, { type: 'x', from: 'carol' }].map(
    (message): [string, Partial<Given>] => [`with the message ${JSON.stringify(message)?.slice(0, 40)}`, { message }],
  ),
  ['with a protocol of the SDK', { message: { type: 'x', payload: 1, protocol: 'lotus/dht' }, name: 'lotus/x' }],
  ...[() => {}, Symbol('x'), new Map(), new Uint8Array(20_000_000), circular(), Number.NaN, 'x'.repeat(70_000), deep()].map(
    (data): [string, Partial<Given>] => [
      `with the payload ${Object.prototype.toString.call(data)} ${typeof data}`,
      { data, message: { type: 'x', payload: data } },
    ],
  ),
  ...['', 'x'.repeat(2_000), '\ud800', '*', 'a*b', 'conected', 'app'].map((name): [string, Partial<Given>] => [
    `by the name ${JSON.stringify(name.slice(0, 20))}`,
    { name },
  ]),
  ...[-1, 0, Number.NaN, 1e12].map((ttl): [string, Partial<Given>] => [`for ${ttl} s`, { ttl }]),
  ...[{ a: { $gte: 1 } }, { a: { eq: 6 } }, 5, null, { a: () => {} }].map((conditions): [string, Partial<Given>] => [
    `with the conditions ${JSON.stringify(conditions)}`,
    { conditions },
  ]),
]

function circular(): object {
  const one: Record<string, unknown> = {}
  one.self = one
  return one
}

function deep(): unknown {
  let value: unknown = 1
  for (let i = 0; i < 200; i++) value = [value]
  return value
}

let net: TestNetwork
afterEach(() => net.stop())

describe('every failure of a public call is a P2PError with a code that its doc comment names', () => {
  // `npm test` takes a third of them, of each kind some.
  it.each(SITUATIONS.filter((_, i) => LONG || i % 3 === 0))('%s', async (_, changes) => {
    const faults: string[] = []
    net = createTestNetwork({ latencyMs: 5 })
    await net.run(net.createPeer({ host: 'relay', relay: true }).start())
    const bob = net.createPeer({ peerId: 'bob', host: 'bob' })
    bob.on('message', (message) => message.protocol === 'app' && bob.reply(message, { type: 'ok', payload: 1 }))
    await net.run(bob.start())
    const connected = async () => {
      const wallet = net.createPeer({ listening: false, bootstrap: ['memory://relay'] })
      wallet.on('error', () => {})
      await net.run(wallet.connectToPeer('memory://bob'))
      return wallet
    }
    let wallet = await connected()
    for (const [member, call] of CALLS) {
      // The call before has closed or suspended it, or has lost it its peer.
      if (!wallet.isConnected('bob')) wallet = await connected()
      const given: Given = {
        wallet,
        peer: 'bob',
        wait: {},
        message: { type: 'x', payload: 1, protocol: 'app' },
        name: 'app',
        data: { a: 1 },
        ttl: 60,
        conditions: { a: 1 },
      }
      if (typeof changes === 'function') await net.run(Promise.resolve(changes(given)))
      else Object.assign(given, changes)
      const name = member.includes('.') ? member : `P2PCoordinator.${member}`
      const error = await net.run(
        (async () => call(given))().then(
          () => undefined,
          (reason: unknown) => reason,
        ),
      )
      if (error !== undefined && !isP2PError(error)) faults.push(`${member}: ${String(error)} is no P2PError`)
      else if (isP2PError(error) && !documented(name).has(error.code)) faults.push(`${member}: ${error.code} (${error.message})`)
    }
    expect(faults).toEqual([])
  })
})
