import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { afterEach, describe, expect, it } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { resolveLimits } from '../../src/base/limits.js'
import type { P2PCoordinator } from '../../src/coordinator.js'
import type { Plugin, PluginKit } from '../../src/core/plugin.js'
import { Defence } from '../../src/defence/defence.js'
import { CIRCUIT_HOP } from '../../src/plugins/circuit/frames.js'
import { ADDRESS_FAULTS, BLAME, type BlameReason, isBlamed } from '../../src/protocol/blame.js'
import type { ProtocolHost } from '../../src/protocol/handler.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import { createTestNetwork, type TestNetwork, VirtualClock } from '../../src/testing/index.js'
import type { Connection } from '../../src/transport/transport.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string) => readFileSync(root + path, 'utf8')

/** The rows of the table of blame in docs/threat-model.md: reason, what it is counted as. */
function documented(): [reason: string, cause: string][] {
  const [, section = ''] = read('docs/threat-model.md').split('<!-- blame -->')
  return [...section.matchAll(/^\| `([\w-]+)` \| ([a-z]+) \| [^|]{20,} \|$/gm)].map(([, reason, cause]) => [reason!, cause!])
}

describe('the table of blame', () => {
  it('stands in docs/threat-model.md, row by row, each with why only the peer can have caused it', () => {
    expect(documented()).toEqual(Object.entries(BLAME))
  })

  it('agrees with the column "blamed" of docs/wire-protocol.md', () => {
    const [, table = ''] = read('docs/wire-protocol.md').split('| condition | code | how | blamed |')
    const blamed = (whom: RegExp) =>
      [...table.matchAll(/^\| [^|]+ \| ([A-Z_, ]+) \| [^|]+ \| ([^|]+) \|$/gm)]
        .filter(([, , by]) => whom.test(by!))
        .flatMap(([, codes]) => codes!.split(/, ?/))
    const byKey = blamed(/key/)
    expect(byKey.length).toBeGreaterThan(8)
    expect(byKey.filter((code) => !isBlamed(code) && !['EQUIVOCATION'].includes(code))).toEqual([])
    expect(new Set(blamed(/^address/))).toEqual(ADDRESS_FAULTS)
  })

  it('is used up: every place that blames takes a reason of it by name, and each reason has a place', () => {
    const reasons = new Set<string>()
    const callers: string[] = []
    for (const file of readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))) {
      const source = ts.createSourceFile(file, read(`src/${file}`), ts.ScriptTarget.Latest, true)
      const visit = (node: ts.Node): void => {
        if (ts.isCallExpression(node) && /\.blame$/.test(node.expression.getText())) {
          callers.push(`${file.replaceAll('\\', '/')} ${node.arguments[1]?.getText()}`)
        }
        if (ts.isStringLiteral(node) && file !== 'protocol/blame.ts') reasons.add(node.text)
        ts.forEachChild(node, visit)
      }
      visit(source)
    }
    expect(callers.sort()).toEqual([
      'core/kit.ts reason',
      'defence/defence.ts error.code',
      'defence/defence.ts why',
      "mail/server/mail-server.ts 'INVALID_SIGNATURE'",
      "musig2/attempt.ts 'own-rules'",
      // Counted by the process that saw them.
      "node/backplane/shared-blame.ts 'PROTOCOL_VIOLATION'",
      "node/backplane/shared-blame.ts 'RATE_LIMITED'",
      "peer/connection/inbox.ts 'RATE_LIMITED'",
      "plugins/topics/topics.ts 'two-messages'",
      "statements/statement-run.ts 'phase-missed'",
      'statements/statement-run.ts cause',
      'statements/statement-run.ts why',
      "statements/statements.ts 'statement-not-shown'",
      "statements/statements.ts 'too-many-statements'",
      "statements/statements.ts 'two-statements'",
    ])
    expect(Object.keys(BLAME).filter((reason) => !reasons.has(reason))).toEqual([])
  })

  it('refuses other reasons by type', () => {
    const blame = (host: ProtocolHost, key: Uint8Array) => {
      host.blame(key, 'own-rules', 'A reason of the table.')
      // @ts-expect-error
      host.blame(key, 'looked-at-me', 'None of the table.')
      // @ts-expect-error
      host.blame(key, 'TIMEOUT', 'Others can cause it.')
    }
    expect(blame).toBeTypeOf('function')
  })

  it('has no code that the network, a race or a third peer can bring about', () => {
    const never = [
      'DECRYPT_FAILED',
      'TIMEOUT',
      'CONNECTION_LOST',
      'CLOCK_SKEW',
      'STALE_RECORD',
      'REPLAYED',
      'INVALID_RECORD',
      'NAME_TAKEN',
    ]
    expect(never.filter(isBlamed)).toEqual([])
    expect(never.filter((code) => ADDRESS_FAULTS.has(code))).toEqual([])
  })
})

const defenceOf = (clock: VirtualClock) => {
  const limits = resolveLimits({})
  const told: P2PError[] = []
  const defence = new Defence({
    clock,
    limits,
    store: memoryStore(),
    served: () => [],
    limitsOf: () => undefined,
    shareChanged: () => {},
    disconnect: (_, error) => void told.push(error),
    onBanned: () => {},
    onError: () => {},
  })
  return { defence, limits, told }
}

describe('an error that ends a connection', () => {
  it.each(['TIMEOUT', 'HANDLER_FAILED', 'STALE_RECORD', 'DECRYPT_FAILED'] as const)('by %s is held against nobody', (code) => {
    const { defence, told } = defenceOf(new VirtualClock())
    const key = new Uint8Array(32).fill(1)
    for (let i = 0; i < 100; i++) defence.faulted(key, { outbound: true } as Connection, new P2PError(code, 'x'))
    expect([defence.standingOf(key), told]).toEqual([{ score: 0, faults: {} }, []])
  })

  it('of a code of the table counts as the table says', () => {
    const { defence } = defenceOf(new VirtualClock())
    for (const [reason, cause] of Object.entries(BLAME)) {
      const key = new Uint8Array(32).fill(reason.length).fill(cause.length, 16).fill(reason.charCodeAt(0), 20)
      defence.blame(key, reason as BlameReason, 'x')
      expect([reason, defence.standingOf(key).faults[cause]]).toEqual([reason, expect.any(Number)])
    }
  })
})

describe('a group of addresses', () => {
  const from = (remoteAddress: string) => ({ remoteAddress, outbound: false }) as Connection
  const fail = (code: ConstructorParameters<typeof P2PError>[0]) => new P2PError(code, 'x')

  it('of which many fail is not banned: its diallers have to work, honest ones among them, for a while', async () => {
    const clock = new VirtualClock()
    const { defence, limits } = defenceOf(clock)
    for (let net = 0; net < 64; net++)
      for (let i = 0; i < limits.addressFaultsPerMin; i++)
        defence.strangerFailed(from(`2001:db8:${net}::1`), fail('HANDSHAKE_FAILED'))
    const honest = from('2001:db8:ffff::7')
    expect(defence.refusalAt(honest)).toBeUndefined()
    expect(defence.retryBits(honest)).toBeGreaterThan(limits.retryMinBits)
    expect(defence.retryBits(honest)).toBeLessThanOrEqual(limits.retryMaxBits)
    expect(defence.retryBits(from('2001:db9::7'))).toBe(0)
    await clock.advance(limits.addressBanMs + 1)
    expect(defence.retryBits(honest)).toBe(0)
  })

  it.each(['CLOCK_SKEW', 'WRONG_NETWORK', 'DECRYPT_FAILED', 'NAME_TAKEN', 'CONNECTION_LOST', 'PROOF_OF_WORK_REQUIRED'] as const)(
    'and an address answer for no %s',
    (code) => {
      const { defence, limits } = defenceOf(new VirtualClock())
      const connection = from('203.0.113.7')
      for (let i = 0; i < 4 * limits.addressFaultsPerMin * limits.addressGroupFactor; i++)
        defence.strangerFailed(connection, fail(code))
      expect([defence.refusalAt(connection), defence.retryBits(connection)]).toEqual([undefined, 0])
    },
  )
})

describe('an honest peer between a hostile third and us, 25 ms away', () => {
  let net: TestNetwork | undefined
  afterEach(async () => {
    await net?.stop()
    net = undefined
  })

  /** A peer whose messages are made by hand. */
  function hand(): { kit: () => PluginKit; plugin: Plugin } {
    let kit: PluginKit | undefined
    const plugin: Plugin = {
      name: 'hand',
      attach(given) {
        kit = given
        return {}
      },
    }
    return { kit: () => kit!, plugin }
  }

  const innocent = (one: P2PCoordinator, other: P2PCoordinator) => {
    const { faults } = one.reputationOf(other.peerId)
    expect({ faults, bans: one.listBans(), connected: one.isConnected(other.peerId) }).toEqual({
      faults: {},
      bans: [],
      connected: true,
    })
  }

  it('is not blamed by its relay for frames of circuits that the other end closes and opens again under them', async () => {
    net = createTestNetwork({ latencyMs: 25 })
    const relay = net.createPeer({ relay: true })
    await net.run(relay.start())
    const bootstrap = [net.addressOf(relay)]
    const { kit, plugin } = hand()
    const victim = net.createPeer({ listening: false, bootstrap })
    const accomplice = net.createPeer({ listening: false, bootstrap })
    const mallory = net.createPeer({ listening: false, bootstrap, plugins: [plugin] })
    await net.run(Promise.all([victim.start(), accomplice.start(), mallory.start()]))
    await net.clock.advance(500)
    const open = async (target: string) => {
      const payload = { target, frame: Uint8Array.of(1, 2, 3) }
      const answer = await net!.run(
        kit()
          .request(relay.peerId, { type: 'open', payload, protocol: CIRCUIT_HOP })
          .catch(() => undefined),
      )
      return (answer?.payload as { circuit?: number } | undefined)?.circuit
    }
    for (let round = 0; round < 24; round++) {
      const circuit = await open(victim.peerId)
      // The victim's answers to it are under way.
      if (circuit !== undefined)
        kit()
          .sendTo(relay.peerId, { type: 'close', payload: [circuit], protocol: CIRCUIT_HOP })
          .catch(() => {})
      await open(accomplice.peerId)
      for (const id of [circuit ?? 1, 1, 2, 0xffff_ffff]) {
        kit()
          .sendTo(relay.peerId, { type: 'data', payload: [id, new Uint8Array(32)], protocol: CIRCUIT_HOP })
          .catch(() => {})
        kit()
          .sendTo(relay.peerId, { type: 'ack', payload: [id, 32], protocol: CIRCUIT_HOP })
          .catch(() => {})
      }
      await net.clock.advance(500)
    }
    await net.clock.advance(5_000)
    innocent(relay, victim)
    innocent(victim, relay)
    innocent(relay, accomplice)
  })

  it('is not blamed for records and topic messages of a hostile publisher that it passes on', async () => {
    net = createTestNetwork({ latencyMs: 25 })
    const [first, second] = [net.createPeer({ relay: true }), net.createPeer({ relay: true })]
    await net.run(first.start())
    await net.run(second.start())
    await net.run(second.connectToPeer(net.addressOf(first)))
    const { kit, plugin } = hand()
    const mallory = net.createPeer({ listening: false, bootstrap: [net.addressOf(first)], plugins: [plugin] })
    const reader = net.createPeer({ listening: false, bootstrap: [net.addressOf(second)] })
    await net.run(Promise.all([mallory.start(), reader.start()]))
    const heard: unknown[] = []
    reader.subscribe('offers', ({ payload }) => void heard.push(payload))
    await net.clock.advance(1_000)
    const garbage = [
      [new Uint8Array(32), new Uint8Array(10), new Uint8Array(64), 0],
      [mallory.publicKey.slice(), Uint8Array.of(0x95, 0xa6, 1, 2), new Uint8Array(64), 0],
      [],
      null,
    ]
    for (const payload of garbage) {
      kit()
        .sendTo(first.peerId, { type: 'message', payload, protocol: 'lotus/topics' })
        .catch(() => {})
      kit()
        .sendTo(first.peerId, { type: 'store', payload: { record: payload, cache: true }, protocol: 'lotus/dht' })
        .catch(() => {})
    }
    await net.clock.advance(1_000)
    innocent(second, first)
    innocent(first, second)
    innocent(reader, second)
    innocent(second, reader)
    expect(first.reputationOf(mallory.peerId).faults).not.toEqual({})
    expect(heard).toEqual([])
  })
})
