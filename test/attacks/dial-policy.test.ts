import dns from 'node:dns'
import { readdirSync, readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { mapAtOnce } from '../../src/base/at-once.js'
import { generateNoiseKeyPair } from '../../src/channel/x25519.js'
import { type P2PConfig, P2PCoordinator } from '../../src/coordinator.js'
import type { Plugin, PluginKit } from '../../src/core/plugin.js'
import { probe } from '../../src/core/probe.js'
import { withTransport } from '../../src/core/with-transport.js'
import { generateIdentity, identityFromSeed } from '../../src/identity/identity.js'
import { decodePeerId, encodePeerId } from '../../src/identity/peer-id.js'
import { cardKeyOf } from '../../src/mail/card.js'
import { mailbox } from '../../src/mail/plugin.js'
import { sealedDeposits } from '../../src/mail/sealed-deposits.js'
import { encode } from '../../src/message/codec.js'
import type { P2PMessage } from '../../src/message/message.js'
import { startRelay } from '../../src/node/relay.js'
import { webSocketServer } from '../../src/node/web-socket-server.js'
import { epochAt, hopKeyOf, ONION_PROTOCOL, readHopRecord } from '../../src/onion/messages.js'
import { createPacket } from '../../src/onion/packet.js'
import { onion } from '../../src/onion/plugin.js'
import { stateOf } from '../../src/plugins/persistence/state-format.js'
import { isContained } from '../../src/plugins/webrtc/signals.js'
import type { PeerInfo } from '../../src/protocol/peer-info.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import { innerServer } from '../address/inner-server.js'
import { quiet } from '../dht/network.js'
import { kitOf } from '../kit-of.js'

const cleanUps: (() => unknown)[] = []

/** Something inside that nobody outside is to reach; it notes whatever comes. */
async function inside() {
  const reached: string[] = []
  const { server, port } = await innerServer((what) => reached.push(what))
  cleanUps.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port, reached }
}

beforeEach(() => {
  // Names that somebody has made to resolve inside. All others are as ever.
  const lookup = dns.lookup
  vi.spyOn(dns, 'lookup').mockImplementation(((
    name: string,
    options: { all?: boolean },
    callback: (...given: unknown[]) => void,
  ) => {
    if (!name.endsWith('.example')) return (lookup as (...given: unknown[]) => void)(name, options, callback)
    if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }])
    else callback(null, '127.0.0.1', 4)
  }) as never)
})

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
  vi.restoreAllMocks()
})

/** The host of the inner server in all its disguises, with its port. */
const DISGUISES: Record<string, (port: number) => string> = {
  plain: (port) => `ws://127.0.0.1:${port}`,
  'with a path and a query': (port) => `ws://127.0.0.1:${port}/admin/reboot?now=1`,
  'by TLS': (port) => `wss://127.0.0.1:${port}`,
  localhost: (port) => `ws://localhost:${port}`,
  'localhost with a dot': (port) => `ws://localhost.:${port}`,
  'below localhost': (port) => `ws://relay.localhost:${port}`,
  'IPv6 loopback': (port) => `ws://[::1]:${port}`,
  'IPv4-mapped': (port) => `ws://[::ffff:127.0.0.1]:${port}`,
  'IPv4-compatible': (port) => `ws://[::127.0.0.1]:${port}`,
  '6to4': (port) => `ws://[2002:7f00:1::]:${port}`,
  NAT64: (port) => `ws://[64:ff9b::127.0.0.1]:${port}`,
  decimal: (port) => `ws://2130706433:${port}`,
  hexadecimal: (port) => `ws://0x7f.0.0.1:${port}`,
  octal: (port) => `ws://0177.0.0.1:${port}`,
  short: (port) => `ws://127.1:${port}`,
  'another of 127/8': (port) => `ws://127.9.9.9:${port}`,
  'the unspecified address': (port) => `ws://0.0.0.0:${port}`,
  'with a dot behind': (port) => `ws://127.0.0.1.:${port}`,
  'full-width': (port) => `ws://１２７。０。０。１:${port}`,
  'percent-encoded': (port) => `ws://%31%32%37.0.0.1:${port}`,
  'behind a user': (port) => `ws://relay.example@127.0.0.1:${port}`,
  'behind a backslash': (port) => `ws://127.0.0.1:${port}\\.relay.example`,
  'a name that resolves inside': (port) => `ws://inside.example:${port}`,
}

const random = (n: number) => identityFromSeed(new Uint8Array(32).fill(n)).publicKey

async function coordinator(config: P2PConfig): Promise<P2PCoordinator> {
  const made = new P2PCoordinator({
    webrtc: false,
    logger: quiet,
    limits: { dialTimeoutMs: 10_000, dialLookupMs: 200 },
    ...config,
  })
  cleanUps.push(() => made.shutdown())
  made.on('error', () => {})
  await made.start()
  return made
}

/** A peer that answers what it likes to the questions of some protocols, and claims to be a node of the DHT and a relay. */
function liar(
  answers: Record<string, (message: P2PMessage) => { type: string; payload: unknown }>,
): Plugin & { kit(): PluginKit } {
  let kit: PluginKit
  return {
    name: 'liar',
    kit: () => kit,
    attach(given) {
      kit = given
      for (const [protocolName, answer] of Object.entries(answers)) {
        kit.registerProtocol({ protocolName, handleMessage: async (message) => kit.reply(message, answer(message)) })
      }
      return {}
    },
  }
}

const serving = { host: '127.0.0.1', port: 0 }
/** Without the node of the DHT that it brings along. */
const listener = () => Object.create(webSocketServer(serving), { plugins: { value: [] } }) as ReturnType<typeof webSocketServer>
const dhtAnswers = (closer: () => unknown) => ({
  'lotus/dht': ({ type }: P2PMessage) =>
    type === 'find-node'
      ? { type: 'nodes', payload: { closer: closer() } }
      : type === 'ping'
        ? { type: 'pong', payload: null }
        : type === 'store'
          ? { type: 'stored', payload: { stored: true } }
          : { type: 'records', payload: { records: [], closer: closer() } },
  'lotus/dht-node': () => ({ type: 'none', payload: null }),
})

type Rules = Pick<P2PConfig, 'allowPrivate' | 'privacy'>
const relayOf = async (rules: Rules) => {
  const relay = await startRelay({ ...serving, ...rules, powDifficulty: 0, logger: quiet })
  cleanUps.push(() => relay.stop())
  return relay
}
const until = (holds: () => unknown) =>
  vi.waitFor(async () => expect(await holds()).toBe(true), { timeout: 10_000, interval: 10 })
const PAUSE_MS = 150
/** No step takes as long, on whatever machine: one that ended too soon would show nothing. */
const LONG_MS = 10_000
const DISGUISES_AT_ONCE = 12
const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
const described = (addresses: PeerInfo['addresses'], n = 7): PeerInfo => ({
  peerId: encodePeerId(random(n)),
  addresses,
  state: 'disconnected',
  lastSeen: 0,
})
/** The addresses that a peer has by the update that claims the protocol 'updated', at once: the peer's true updates follow it. */
const toldBy = (victim: P2PCoordinator, peerId: string) =>
  new Promise<PeerInfo['addresses']>((resolve) => {
    const described = (peer: PeerInfo) => {
      if (peer.peerId === peerId && peer.protocols?.includes('updated')) resolve(peer.addresses)
    }
    void victim.use({
      name: 'descriptions',
      attach: (kit) => {
        kit.onPeer({ described })
        return {}
      },
    })
  })
const tryTo = (connect: Promise<unknown>) => connect.catch(() => {})

/**
 * Every way by which an address comes from others. Each tells the address to a victim that then does what would lead it there. `files`
 * are those of src/ in which addresses of others are read, judged or dialled: one that is in no row fails the last test.
 */
const SOURCES: Record<string, { files: string[]; run(address: string, rules: Rules): Promise<void> }> = {
  'the hello of a stranger that claims to be a node of the DHT': {
    files: [
      'channel/description.ts',
      'peer/connection/peer-snapshot.ts',
      'plugins/dht/walk/kademlia.ts',
      'plugins/dht/node/address-proofs.ts',
    ],
    async run(address, rules) {
      const relay = await relayOf(rules)
      const plugin = liar(dhtAnswers(() => []))
      const stranger = await coordinator({ bootstrap: [relay.url], plugins: [plugin], announce: [address] })
      await tryTo(relay.coordinator.dht.get('offer'))
      await pause()
      await stranger.shutdown()
      await tryTo(relay.coordinator.dht.get('offer'))
    },
  },
  'an update of such a stranger': {
    files: ['peer/keep/peer-updates.ts'],
    async run(address, rules) {
      const relay = await relayOf(rules)
      const plugin = liar(dhtAnswers(() => []))
      const stranger = await coordinator({ bootstrap: [relay.url], plugins: [plugin], announce: ['wss://unknown.example'] })
      const payload = { protocols: ['updated', 'lotus/dht-node'], addresses: [address], metadata: undefined }
      const told = toldBy(relay.coordinator, stranger.peerId)
      await plugin.kit().sendTo(relay.peerId, { type: 'update', protocol: 'lotus/peer', payload })
      // What an application hands back of a description is what others have told.
      await tryTo(relay.coordinator.connectToPeer({ ...described({}), addresses: await told }))
    },
  },
  'nodes that a DHT server names': {
    files: [
      'plugins/dht/walk/contact.ts',
      'plugins/dht/walk/plugin.ts',
      'plugins/dht/walk/node-links.ts',
      'plugins/dht/eclipse/server-view.ts',
    ],
    async run(address, rules) {
      const hostile = await coordinator({
        listen: [listener()],
        announce: ['wss://unknown.example'],
        plugins: [liar(dhtAnswers(() => [[random(9), address]]))],
      })
      const wallet = await coordinator({ bootstrap: hostile.addresses.slice(), ...rules })
      await tryTo(wallet.dht.trace('offer', { timeoutMs: LONG_MS }))
    },
  },
  'a mailbox on the card of a peer that is away': {
    files: ['mail/host.ts', 'mail/sealed-deposits.ts'],
    async run(address, rules) {
      const relay = await relayOf(rules)
      const away = await coordinator({ bootstrap: [relay.url] })
      const card = {
        v: 1,
        generation: new Uint8Array(8).fill(1),
        prekey: [new Uint8Array(8).fill(1), generateNoiseKeyPair().publicKey, Date.now()],
        boxes: [[encodePeerId(random(9)), address, new Uint8Array(16).fill(1)]],
        bits: 1,
        max: 4,
      }
      const { servers } = await away.dht.announce({ key: cardKeyOf(decodePeerId(away.peerId)), value: card })
      expect(servers).toEqual([relay.peerId])
      await away.shutdown()
      const wallet = new P2PCoordinator({
        bootstrap: [relay.url],
        webrtc: false,
        logger: quiet,
        limits: { dialTimeoutMs: 10_000, dialLookupMs: 200, mailAfterMs: 10 },
        plugins: [mailbox(), sealedDeposits()],
        ...rules,
      })
      cleanUps.push(() => wallet.shutdown())
      wallet.on('error', () => {})
      for (const sealed of [false, true]) {
        await wallet.sendTo(away.peerId, { type: 'note', payload: 1, protocol: 'notes' }, { queue: true, sealed })
      }
      // Nothing tells that it has been tried: the mail waits for the mailbox in either case.
      for (let i = 0; i < 14; i++) await pause()
      await pause()
    },
  },
  'the record of a hop that a wallet takes for a guard': {
    files: ['onion/entry.ts'],
    async run(address, rules) {
      const bootstrap = [(await relayOf(rules)).url, (await relayOf(rules)).url]
      const hop = await coordinator({ bootstrap, identity: await generateIdentity() })
      const { publicKey } = generateNoiseKeyPair()
      const value = { v: 1, address, keys: [[epochAt(Date.now()), publicKey]], family: [], rate: 0, exit: [], bits: {}, up: 0 }
      await hop.dht.announce({ key: hopKeyOf(hop.peerId), value })
      const plugins = [onion({ hopAgeMs: 0, guardAgeMs: 0 })] as const
      const wallet = new P2PCoordinator({ bootstrap, webrtc: false, logger: quiet, plugins, ...rules })
      cleanUps.push(() => wallet.shutdown())
      wallet.on('error', () => {})
      await wallet.start()
      const { guards } = wallet.onion as unknown as { guards: { all(): unknown[] } }
      await until(() => guards.all().length > 0)
      for (let i = 0; i < 4; i++) await pause()
    },
  },
  'the record of a hop of the onion': {
    files: [],
    async run(address, rules) {
      const limits = { onionHopDirectoryMs: 50, onionHopDirectoryMinMs: 10 }
      const relay = await startRelay({ ...serving, ...rules, powDifficulty: 0, logger: quiet, onion: { loops: false }, limits })
      cleanUps.push(() => relay.stop())
      const hop = await coordinator({ bootstrap: [relay.url], identity: await generateIdentity() })
      const { publicKey } = generateNoiseKeyPair()
      const value = { v: 1, address, keys: [[epochAt(Date.now()), publicKey]], family: [], rate: 0, exit: [], bits: {}, up: 0 }
      await hop.dht.announce({ key: hopKeyOf(hop.peerId), value })
      await hop.shutdown()
      const sender = await coordinator({ bootstrap: [relay.url] })
      await until(async () => (await sender.dht.get(hopKeyOf(relay.peerId))) !== null && relay.getStats().onion?.hops === 2)
      const record = readHopRecord((await sender.dht.get(hopKeyOf(relay.peerId)))?.value)
      const path = [
        { id: decodePeerId(relay.peerId), key: record.keys[0]![1], delayMs: 0 },
        { id: decodePeerId(hop.peerId), key: publicKey, delayMs: 0 },
      ]
      const { packet } = await createPacket(path, { command: 'drop' }, new Uint8Array(0))
      await (await kitOf(sender)).sendTo(relay.peerId, { type: 'packet', payload: packet, protocol: ONION_PROTOCOL })
      await pause()
    },
  },
  'a peer record': {
    files: ['plugins/discovery/peer-records.ts'],
    run: (address, rules) => record({ addresses: [address], relays: [], protocols: [] }, rules),
  },
  'a relay in a peer record': {
    files: ['plugins/discovery/plugin.ts'],
    run: (address, rules) => record({ addresses: [], relays: [[encodePeerId(random(8)), address]], protocols: [] }, rules),
  },
  'a relay in a peer record that is named by an address': {
    files: [],
    run: (address, rules) => record({ addresses: [], relays: [[address, address]], protocols: [] }, rules),
  },
  'an introduction': {
    files: ['plugins/circuit/find-peers.ts', 'plugins/circuit/server/introducer.ts', 'plugins/circuit/proven-address.ts'],
    run: (address, rules) => introduced({ websocket: address }, rules),
  },
  'an introduction that was watched for': {
    files: ['plugins/circuit/watch-peers.ts', 'plugins/circuit/peer-watch.ts'],
    async run(address, rules) {
      const plugin = liar({
        'lotus/introduce': (message) => {
          const { watch } = message.payload as { watch: number }
          const payload = { watch, peers: [strangerAt({ websocket: address })], gone: [] }
          void plugin.kit().sendTo(message.from, { type: 'peers', protocol: 'lotus/introduce-watch', payload })
          return { type: 'none', payload: null }
        },
      })
      const hostile = await coordinator({ listen: [listener()], announce: ['wss://unknown.example'], plugins: [plugin] })
      const wallet = await coordinator({ bootstrap: hostile.addresses.slice(), ...rules })
      const found = new Promise<PeerInfo>((resolve) => wallet.watchPeers({ protocol: 'chat' }, (peer) => resolve(peer)))
      await tryTo(wallet.connectToPeer(await found, { timeoutMs: LONG_MS }))
    },
  },
  'the HTTP address in an introduction': {
    files: ['plugins/http/http.ts', 'plugins/http/http-requests.ts'],
    run: (address, rules) => introduced({ http: address.replace('ws', 'http') }, rules),
  },
  'an introduction, copied by the application': {
    files: ['peer/dial/dial-plan.ts', 'peer/pool/dialling.ts', 'protocol/peer-info.ts', 'peer/connection/peer-snapshot.ts'],
    run: (address, rules) => introduced({ websocket: address }, rules, (peer) => ({ ...peer, metadata: {} })),
  },
  'an anchor that the store remembers': {
    files: ['peer/keep/anchors.ts'],
    async run(address, rules) {
      const store = memoryStore()
      await store.set('anchors', encode([[encodePeerId(random(4)), address, Date.now() + 3_600_000, 0]]))
      await coordinator({ store, ...rules })
      await pause()
    },
  },
  'a wanted peer that the store remembers': {
    files: ['plugins/persistence/kept-peers.ts'],
    async run(address, rules) {
      const store = memoryStore()
      await store.set(`wanted/${encodePeerId(random(3))}`, stateOf(Date.now() + 600_000, address))
      await coordinator({ store, ...rules })
      await pause()
    },
  },
  'a transport that discovers': {
    files: ['transport/transport.ts', 'core/network.ts'],
    async run(address, rules) {
      const transport = {
        name: 'found',
        rank: 1,
        direct: true,
        canDial: () => false,
        dial: () => Promise.reject(new Error()),
        discover: (found: (address: string) => void) => {
          found(address)
          return () => {}
        },
      }
      await coordinator({ plugins: [withTransport(transport)], ...rules })
      await pause()
    },
  },
  'the dialler of plugins': {
    files: ['core/plugin.ts', 'core/upgrade-paths.ts', 'plugins/dht/node/plugin.ts'],
    async run(address, rules) {
      const plugin = liar({})
      await coordinator({ plugins: [plugin], ...rules })
      await tryTo(plugin.kit().dialer.dial(address, encodePeerId(random(5)), {}))
      await tryTo(probe(plugin.kit(), address, encodePeerId(random(5))))
    },
  },
  'the name of a peer, which is dialled again after a rest': {
    files: [],
    async run(address, rules) {
      const name = address.replace('://', ':').slice(0, 60)
      const victim = await coordinator({ listen: [listener()], ...rules })
      if (name.includes('/') || !/^[\w:.-]+$/.test(name)) return
      const stranger = await coordinator({ peerId: name, bootstrap: victim.addresses.slice() })
      await until(() => victim.isConnected(name))
      await victim.suspend()
      await stranger.shutdown()
      await victim.resume()
      await pause()
    },
  },
}

/** Somebody publishes a peer record of itself at an honest relay, and is gone when it is looked for. */
async function record(value: unknown, rules: Rules): Promise<void> {
  const relay = await relayOf({})
  const publisher = await coordinator({ bootstrap: [relay.url], identity: await generateIdentity() })
  const wallet = await coordinator({ bootstrap: [relay.url], ...rules })
  const key = `peer:${publisher.peerId}`
  // Its own record, which says the truth, is out by then.
  await until(async () => (await relay.coordinator.dht.get(key)) !== null)
  await publisher.dht.announce({ key, value, ttl: 600 })
  await publisher.shutdown()
  await until(() => !relay.coordinator.isConnected(publisher.peerId))
  await tryTo(wallet.connectToPeer(publisher.peerId, { timeoutMs: LONG_MS }))
}

/** A peer as introductions tell of it. */
function strangerAt(addresses: object) {
  const publicKey = random(6)
  return { peerId: encodePeerId(publicKey), publicKey, addresses, protocols: ['chat'], lastSeen: 1, reserved: false }
}

/** A hostile relay introduces a peer, and the application connects to it. */
async function introduced(addresses: object, rules: Rules, copy = (peer: PeerInfo) => peer): Promise<void> {
  const peer = strangerAt(addresses)
  const hostile = await coordinator({
    listen: [listener()],
    announce: ['wss://unknown.example'],
    plugins: [liar({ 'lotus/introduce': () => ({ type: 'found', payload: { peers: [peer] } }) })],
  })
  const wallet = await coordinator({ bootstrap: hostile.addresses.slice(), ...rules })
  for (const found of await wallet.findPeers({ protocol: 'chat' }).catch(() => [])) {
    await tryTo(wallet.connectToPeer(copy(found), { timeoutMs: LONG_MS }))
  }
}

describe.each(Object.entries(SOURCES))('%s', (name, { run }) => {
  it('leads to nothing inside, whatever its disguise', { timeout: 120_000 }, async () => {
    const led = await mapAtOnce(Object.entries(DISGUISES), DISGUISES_AT_ONCE, async ([disguise, address]) => {
      const { port, reached } = await inside()
      await run(address(port), {})
      return { disguise, reached }
    })
    // What is on its way gets there before all have left.
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
    expect(led.filter(({ reached }) => reached.length > 0)).toEqual([])
  })

  // So that the test above shows something: the same steps do lead there once they may. A relay or a discovery without an id never may.
  const never = /without an id|named by an address|discovers|the name of a peer/.test(name)
  it(
    never ? 'leads nowhere, even where private addresses may be learnt' : 'leads there where private addresses may be learnt',
    async () => {
      const { port, reached } = await inside()
      await run(DISGUISES.plain!(port), { allowPrivate: true })
      if (never) expect(reached).toEqual([])
      // However slow the machine: the steps are over before the last dial of some of them has arrived.
      else await until(() => reached.length > 0)
    },
  )

  // Of these the victim listens: a relay, or somebody who was dialled. A guard is dialled by the onion whatever the setting: it is the relay
  // that hides us from all others.
  const isWallet = !/claims to be a node|an update of|the name of a peer|the record of a hop/.test(name)
  it.runIf(isWallet)("leads nowhere while privacy is 'relayed', wherever private addresses may be learnt", async () => {
    const { port, reached } = await inside()
    await run(DISGUISES.plain!(port), { allowPrivate: true, privacy: 'relayed' })
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
    expect(reached).toEqual([])
  })
})

describe('a described peer that the application writes itself', () => {
  it.each(['websocket', 'http', 'others', 'relays'])(
    'is dialled as it says (%s): the application has chosen the address',
    async (kind) => {
      const { port, reached } = await inside()
      const address = kind === 'http' ? DISGUISES.plain!(port).replace('ws', 'http') : DISGUISES.plain!(port)
      const addresses = kind === 'websocket' || kind === 'http' ? { [kind]: address } : { [kind]: [address] }
      await tryTo((await coordinator({})).connectToPeer(described(addresses)))
      expect(reached.length).toBeGreaterThan(0)
    },
  )
})

describe('ICE candidates', () => {
  const port = 9_000
  it.each([
    '127.0.0.1',
    '127.9.9.9',
    '0.0.0.0',
    '::1',
    '::',
    '::ffff:127.0.0.1',
    '::127.0.0.1',
    '169.254.169.254',
    '224.0.0.1',
    'localhost',
  ])('at %s are not tried', (address) => {
    for (const transport of ['udp', 'tcp', 'UDP']) {
      expect(isContained(`candidate:1 1 ${transport} 2122 ${address} ${port} typ host`)).toBe(false)
    }
  })

  it('in private networks are tried by UDP alone, where wallets of one house meet', () => {
    const at = (transport: string, address: string) =>
      isContained(`candidate:1 1 ${transport} 2122 ${address} ${port} typ host tcptype passive`)
    for (const address of ['192.168.1.4', '10.0.0.1', 'fd00::1', '0e8a-11.local']) {
      expect([address, at('udp', address), at('tcp', address)]).toEqual([address, true, false])
    }
    expect([at('udp', '8.8.8.8'), at('tcp', '8.8.8.8')]).toEqual([true, true])
  })
})

describe('the places where addresses of others come in', () => {
  const src = new URL('../../src/', import.meta.url)
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const code = (file: string) => readFileSync(new URL(file, src), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/ .*/g, '')

  it('have all a row in the table above', () => {
    const rows = new Set(Object.values(SOURCES).flatMap(({ files }) => files))
    // A shape of a web address, something that makes or takes an address that was learnt, or something that dials.
    const reads = /\^wss\?|\^https\?|dial-policy|DialOptions['"]|learnt\b|provenAddress|readPeers|dialer\b/
    const other = /^(address\/|platform\/|plugins\/(tabs|circuit\/endpoint|webrtc\/endpoint)|node\/|testing\/)/
    // They dial what the table's files give them, or configure it.
    const none = new Set([
      'channel/secure-channel.ts',
      'onion/onion-transport.ts',
      'core/config.ts',
      'core/core.ts',
      'core/kit.ts',
      'peer/pool/peer-manager.ts',
      'plugins/circuit/server/relay-services.ts',
      'plugins/dht/eclipse/plugin.ts',
      'plugins/http/web-fallback.ts',
      'plugins/webrtc/signals.ts',
      'protocol/handler.ts',
      'transport/public-fetch.node.ts',
      'transport/websocket.ts',
      'shared.ts',
    ])
    const found = files.filter((file) => reads.test(code(file)) && !other.test(file) && !none.has(file))
    expect(found.filter((file) => !rows.has(file))).toEqual([])
    expect([...rows].filter((file) => !files.includes(file))).toEqual([])
  })

  it('dial through the one that asks the policy', () => {
    // The tester of other implementations dials what its user names, and is in no bundle with a coordinator.
    const ours = files.filter((file) => !file.startsWith('node/conform/'))
    const dialling = ours.filter((file) => /\.forAddress\(|SecureChannel\.dial\(|new WebSocket\(|[^.]\bfetch\(/.test(code(file)))
    // A request by that name reads a mailbox.
    expect(dialling.filter((file) => file !== 'mail/server/mail-server.ts').sort()).toEqual([
      'core/probe.ts',
      'peer/pool/dialling.ts',
    ])
    // The application's own addresses are made in one place.
    expect(files.filter((file) => /new NamedAddress\(/.test(code(file)))).toEqual(['core/network.ts'])
  })
})
