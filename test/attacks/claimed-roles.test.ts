import { readdirSync, readFileSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Plugin } from '../../src/core/plugin.js'
import type { P2PMessage } from '../../src/message/message.js'
import { Topics } from '../../src/plugins/topics/topics.js'
import type { ProtocolHost } from '../../src/protocol/handler.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'

let net: TestNetwork
afterEach(async () => {
  await net?.stop()
  vi.restoreAllMocks()
})

/** Every protocol by which a peer claims to serve others. */
const ROLES = ['lotus/dht', 'lotus/dht-node', 'lotus/circuit-hop', 'lotus/introduce']
/** All at once, but for nodes: the relay, which is one, has to do with nodes, and ends a connection with one that answers as these do. */
const ALL = ROLES.filter((role) => role !== 'lotus/dht-node')
const SETTLE_MS = 30_000

/** Claims roles, answers every question so that it would be believed, and notes what it is asked. */
function claiming(roles: readonly string[], asked: string[]): Plugin {
  const answers: Record<string, [type: string, payload: unknown]> = {
    get: ['records', { records: [], closer: [] }],
    query: ['records', { records: [], closer: [] }],
    watch: ['records', { records: [], closer: [] }],
    store: ['stored', { stored: true }],
    find: ['found', { peers: [] }],
    'find-node': ['nodes', { closer: [] }],
  }
  return {
    name: 'claims',
    attach(kit) {
      for (const protocolName of roles) {
        const handleMessage = async (message: P2PMessage) => {
          asked.push(`${protocolName} ${message.type}`)
          const [type, payload] = answers[message.type] ?? ['none', null]
          await kit.reply(message, { type, payload })
        }
        kit.registerProtocol({ protocolName, handleMessage })
      }
      return {}
    },
  }
}

/** Notes what comes to a peer that claims to be a router: those are the listening servers of the DHT. */
function watchRouting(names: readonly string[], asked: string[]): void {
  const handle = Topics.prototype.handleMessage
  vi.spyOn(Topics.prototype, 'handleMessage').mockImplementation(async function (this: Topics, message, from) {
    const { peerId } = (this as unknown as { protocolHost: ProtocolHost }).protocolHost
    if (names.includes(peerId) && from.peerId === 'wallet') asked.push(`lotus/topics ${message.type}`)
    return handle.call(this, message, from)
  })
}

/** What a wallet asks of those that serve. Each is done while the strangers are connected, with and without a relay. */
const ASKED: Record<string, (wallet: Wallet) => unknown> = {
  'a record': (wallet) => wallet.dht.get('offer'),
  'records of a kind': (wallet) => wallet.dht.query({ key: 'offer*' }),
  'a watch of records': (wallet) => wallet.dht.watch('offer*', () => {}),
  'a place for a record': (wallet) => wallet.dht.announce({ key: 'mine', value: 1 }),
  'a resource': (wallet) => wallet.discoverResources('offer'),
  'a place for a resource': (wallet) => wallet.announceResource('offer', '1', 1),
  'an introduction': (wallet) => wallet.findPeers({ protocol: 'chat' }),
  'a watch of peers': (wallet) => wallet.watchPeers({ protocol: 'chat' }, () => {}),
  'a subscription': (wallet) => wallet.subscribe('news', () => {}),
  'a publication': (wallet) => wallet.publish('news', { text: 'hello' }),
  'a circuit to a peer that nobody knows': (wallet) => wallet.connectToPeer('nobody', { timeoutMs: 2_000 }),
}
type Wallet = ReturnType<typeof walletOf>

function walletOf(config: Parameters<TestNetwork['createPeer']>[0] = {}) {
  return net.createPeer({ host: 'wallet', peerId: 'wallet', listening: false, ...config })
}

/** A wallet with a relay, and three strangers that have come to it by circuits. */
async function world(roles: readonly string[]) {
  net = createTestNetwork({ latencyMs: 5 })
  const asked: string[] = []
  const relay = net.createPeer({ host: 'relay', peerId: 'relay', relay: true })
  await net.run(relay.start())
  const wallet = walletOf({ bootstrap: ['memory://relay'] })
  await net.run(wallet.start())
  await net.clock.advance(500)
  const names = ['one', 'two', 'three']
  if (roles.includes('lotus/dht')) watchRouting(names, asked)
  for (const name of names) {
    const stranger = net.createPeer({
      host: name,
      peerId: name,
      listening: false,
      bootstrap: ['memory://relay'],
      plugins: [claiming(roles, asked)],
    })
    await net.run(stranger.start())
    await net.clock.advance(500)
    await net.run(stranger.connectToPeer(wallet.peerId))
  }
  await net.clock.advance(500)
  expect(wallet.getConnectedPeers().length).toBe(4)
  return { relay, wallet, asked }
}

describe.each([...ROLES.map((role) => [role]), ALL])('strangers on circuits that claim %s', (...roles) => {
  it('are asked for nothing, whatever the wallet does', { timeout: 60_000 }, async () => {
    const { wallet, asked } = await world(roles)
    for (const [what, ask] of Object.entries(ASKED)) {
      void Promise.resolve()
        .then(() => ask(wallet))
        .catch(() => {})
      await net.clock.advance(3_000)
      expect([what, asked]).toEqual([what, []])
    }
    await net.clock.advance(SETTLE_MS)
    expect(asked).toEqual([])
  })
})

describe('strangers with every claim', () => {
  it('do not stand between a wallet and what its relay has', async () => {
    const { relay, wallet } = await world(ALL)
    await net.run(relay.dht.announce({ key: 'offer', value: 'there' }))
    expect((await net.run(wallet.dht.get('offer')))?.value).toBe('there')
  })

  it('are asked for nothing once the relay is gone', async () => {
    const { relay, wallet, asked } = await world(ALL)
    await net.run(relay.shutdown())
    await net.clock.advance(1_000)
    for (const ask of Object.values(ASKED)) {
      void Promise.resolve()
        .then(() => ask(wallet))
        .catch(() => {})
      await net.clock.advance(3_000)
    }
    expect(asked).toEqual([])
  })

  // So that the tests above show something: the same claims are asked where the wallet has dialled the peer.
  it.each(['lotus/dht', 'lotus/circuit-hop', 'lotus/introduce'])(
    'are asked by %s once the wallet has dialled them',
    async (role) => {
      net = createTestNetwork({ latencyMs: 5 })
      const asked: string[] = []
      const chosen = net.createPeer({
        host: 'chosen',
        peerId: 'chosen',
        listening: true,
        dht: { mode: 'client' },
        plugins: [claiming([role], asked)],
      })
      watchRouting(['chosen'], asked)
      await net.run(chosen.start())
      const wallet = walletOf({ bootstrap: ['memory://chosen'] })
      await net.run(wallet.start())
      for (const ask of Object.values(ASKED)) {
        void Promise.resolve()
          .then(() => ask(wallet))
          .catch(() => {})
        await net.clock.advance(3_000)
      }
      expect(asked.some((what) => what.startsWith(`${role} `))).toBe(true)
      if (role === 'lotus/dht') expect(asked.some((what) => what.startsWith('lotus/topics'))).toBe(true)
    },
  )
})

describe('the places where a role is asked something', () => {
  const src = new URL('../../src/', import.meta.url)
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.startsWith('node/conform/'),
  )

  /** Files that read what a peer says of its protocols otherwise than by `serves`, and why no role is granted there. */
  const CLAIMS: Record<string, string> = {
    'core-coordinator.ts': 'what a peer is listed as, and the servers among those that we have dialled',
    'mail/host.ts': 'whether a peer itself takes mail over its connection',
    'musig2/musig2.ts': 'whether a cosigner itself takes requests',
    'node/exit-actions.ts': 'whether a peer itself takes anonymous letters',
    'node/onion-relay.ts': 'a reason to read the directory again, and no more',
    'plugins/circuit/find-peers.ts': 'what an introduced peer is listed as',
    'plugins/circuit/frames.ts': 'what a peer is listed as',
    'plugins/circuit/server/admission.ts': 'a relay asks whether a peer takes circuits',
    'plugins/circuit/server/introducer.ts': 'a relay answers who speaks a protocol',
    'plugins/dht/node/plugin.ts': 'whether a node that does not answer is connected all the same',
    'plugins/dht/client/connected-servers.ts': 'which of the chosen servers are nodes',
    'plugins/dht/walk/kademlia.ts': 'a node takes its neighbours; their addresses are proven before others hear of them',
    'plugins/topics/topics.ts': 'who subscribes; a claim to route is checked where it is read',
    'plugins/webrtc/endpoint.ts': 'whether the peer itself can be called',
    'protocol/peer-info.ts': 'serves',
    'statements/statements.ts': 'whether a member itself takes statements',
  }

  it('grant it by `serves` alone', () => {
    const reads = /protocols\)?\??\.includes\(/
    const found = files.filter((file) => reads.test(readFileSync(new URL(file, src), 'utf8')))
    expect(found.filter((file) => !(file in CLAIMS))).toEqual([])
    expect(Object.keys(CLAIMS).filter((file) => !found.includes(file))).toEqual([])
  })
})
