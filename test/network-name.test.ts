import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { afterEach, describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS as limits } from '../src/base/limits.js'
import type { PluginKit } from '../src/core/plugin.js'
import { type EnvelopeTag, signEnvelope, verifyEnvelope } from '../src/identity/envelope.js'
import { type Identity, identityFromSeed } from '../src/identity/identity.js'
import { createRecord, decodeRecord, supersedes, wireRecord } from '../src/plugins/dht/records/record.js'
import { signTopicMessage } from '../src/plugins/topics/topic-messages.js'
import { statements } from '../src/statements/plugin.js'
import { signStatement, statementId, verifyStatement } from '../src/statements/statement.js'
import { StatementBoard } from '../src/statements/statement-board.js'
import { createTestNetwork, type TestNetwork } from '../src/testing/test-network.js'

const NETWORKS = ['lotus', 'test'] as const
const known = (n: number) => identityFromSeed(new Uint8Array(32).fill(n))
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

let net: TestNetwork | undefined
afterEach(async () => {
  await net?.stop()
  net = undefined
})

describe('coordinators of another network than "lotus"', () => {
  it('name it in all that they sign, and none of it is worth anything without', async () => {
    net = createTestNetwork({ latencyMs: 5 })
    const signed: { publicKey: Uint8Array; bytes: Uint8Array; signature: Uint8Array }[] = []
    const recorder = (n: number): Identity => {
      const { publicKey, sign } = known(n)
      return {
        publicKey,
        sign: async (bytes) => {
          const own = bytes.slice()
          const signature = await sign(bytes)
          signed.push({ publicKey, bytes: own, signature })
          return signature
        },
      }
    }
    let kit: PluginKit | undefined
    const attach = (given: PluginKit) => {
      kit = given
      return {}
    }
    const config = { network: 'test', requireSignatures: true }
    const relay = net.createPeer({ ...config, host: 'relay', relay: true, powDifficulty: 4, identity: recorder(1) })
    await net.run(relay.start())
    const tab = async (n: number) => {
      const peer = net!.createPeer({
        ...config,
        listening: false,
        identity: recorder(n),
        bootstrap: ['memory://relay'],
        plugins: [statements(), { name: 'signer', attach }],
      })
      await net!.run(peer.start())
      return peer as typeof peer & ReturnType<ReturnType<typeof statements>['attach']>
    }
    const [alice, bob] = [await tab(2), await tab(3)]
    await net.clock.advance(1_000)
    await net.run(alice.connectToPeer(bob.peerId))
    const got: unknown[] = []
    bob.on('message', ({ payload }) => void got.push(payload))
    await net.run(alice.sendTo(bob.peerId, { type: 'hi', payload: 'to bob' }))
    await net.run(alice.broadcast({ type: 'hi', payload: 'to all' }))
    bob.subscribe('t', ({ payload }) => void got.push(payload))
    bob.watchResources('offer', {}, ({ data }) => void got.push(data))
    await net.clock.advance(500)
    await net.run(alice.publish('t', 'published'))
    await net.run(alice.announceResource('offer', '1', 'announced', { whileConnected: true }))
    const members = [known(2).publicKey, known(3).publicKey]
    const game = { protocol: 'dice', session: 'table-7', members }
    bob.statements.join({ ...game, onStatement: ({ value }) => void got.push(value[0]) })
    await net.run(alice.statements.join(game).say({ round: 0, slot: 'roll', value: Uint8Array.of(6) }))
    await net.run(kit!.sign('own', Uint8Array.of(1)))
    await net.clock.advance(2_000)
    expect(got).toEqual(expect.arrayContaining(['to bob', 'to all', 'published', 'announced', 6]))

    const tags = new Set<string>()
    for (const { publicKey, bytes, signature } of signed) {
      const [, tag, payload] = /^lotus-p2p\/(.+)\/2\0test\0(.*)$/s.exec(Buffer.from(bytes).toString('latin1')) ?? []
      tags.add(tag ?? hex(bytes))
      const envelope = { publicKey, payload: new Uint8Array(Buffer.from(payload ?? '', 'latin1')), signature }
      expect(await verifyEnvelope(tag as EnvelopeTag, envelope, 'test')).toBe(true)
      expect(await verifyEnvelope(tag as EnvelopeTag, envelope)).toBe(false)
    }
    expect([...tags].sort()).toEqual(['app/own', 'channel', 'message', 'record', 'statement', 'topic', 'work-salt'])
  })
})

describe('a name made by hashing', () => {
  const differs = async (name: (network: string) => Uint8Array | string | Promise<Uint8Array | string>) => {
    const names = await Promise.all(NETWORKS.map(async (network) => String(await name(network))))
    expect(new Set(names).size).toBe(2)
  }
  const said = { protocol: 'dice', session: 'table-7', round: 0, slot: 'roll', value: Uint8Array.of(1) }
  const board = (network: string) => new StatementBoard({ ...said, network, members: [known(1).publicKey], limits })

  it('is another one in another network', async () => {
    await differs(async (network) => statementId(await signStatement(known(1), said), network))
    await differs((network) => board(network).tag)
    await differs((network) => board(network).digest(0))
    await differs(async (network) => {
      const publication = { run: new Uint8Array(16), sequence: 1, publishedAt: 0 }
      return (await signTopicMessage(known(1), 't', 1, publication, limits, network)).id
    })
  })

  it('has 32 bytes, that of a round in which nobody has spoken too', () => {
    const { tag } = board('lotus')
    expect([tag.length, board('lotus').digest(5).length]).toEqual([32, 32])
    expect(hex(board('lotus').digest(5))).toBe(hex(board('lotus').digest(6)))
  })

  it('settles equal sequences of a record otherwise in another network', async () => {
    const verdicts = async (network: string) => {
      const record = (value: number) =>
        createRecord({ key: 'k', value, sequence: 1, publishedAt: 1, ttl: 60 }, { identity: known(1) }, limits, network)
      const entries = await Promise.all(Array.from({ length: 12 }, (_, value) => record(value)))
      return entries.slice(1).map((entry, i) => supersedes(entry, entries[i]!))
    }
    expect(await verdicts('lotus')).not.toEqual(await verdicts('test'))
  })
})

describe('what was signed in one network', () => {
  it('is believed in no other: records and statements', async () => {
    const content = { key: 'k', value: 1, sequence: 1, publishedAt: 1, ttl: 60 }
    const wire = wireRecord(await createRecord(content, { identity: known(1) }, limits, 'test'))!
    const { publicKey, payload, signature } = decodeRecord(wire, limits, 'lotus')
    expect(await verifyEnvelope('record', { publicKey: publicKey!, payload, signature: signature! })).toBe(false)
    const said = { protocol: 'p', session: 's', round: 0, slot: 'x', value: new Uint8Array(1) }
    const statement = await signStatement(known(1), said, { network: 'test' })
    expect(await verifyStatement(statement, { network: 'test' })).toMatchObject(said)
    await expect(verifyStatement(statement)).rejects.toMatchObject({ code: 'INVALID_SIGNATURE' })
  })

  it('is believed there where nobody names the network "lotus"', async () => {
    const envelope = await signEnvelope(known(1), 'record', Uint8Array.of(1))
    expect(await verifyEnvelope('record', envelope, 'lotus')).toBe(true)
  })
})

describe('the SDK itself', () => {
  const src = fileURLToPath(new URL('../src/', import.meta.url))
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const read = (file: string) => readFileSync(`${src}${file}`, 'utf8')
  /** Public functions that have a default, and how many arguments they have with the network; 0: it is in an object. */
  const DEFAULTED: Readonly<Record<string, number>> = {
    signEnvelope: 4,
    verifyEnvelope: 3,
    signStatement: 3,
    verifyStatement: 2,
    verifyEvidence: 2,
    mineProofOfWork: 0,
    verifyProofOfWork: 0,
    workBlock: 0,
    DistributedHashTable: 0,
  }

  it('never leaves the network out where there is a default for applications', () => {
    const forgotten: string[] = []
    for (const file of files) {
      const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true)
      const visit = (node: ts.Node): void => {
        if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
          const count = DEFAULTED[node.expression.getText()]
          const args = node.arguments ?? []
          const isIn = args.some((arg) => !ts.isObjectLiteralExpression(arg) || /\bnetwork\b/.test(arg.getText()))
          if (count !== undefined && (args.length < count || !isIn)) forgotten.push(`${file}: ${node.getText()}`)
        }
        ts.forEachChild(node, visit)
      }
      visit(source)
    }
    expect(forgotten).toEqual([])
  })

  it('has that default in these places only', () => {
    const places = files.filter((file) => read(file).includes('DEFAULT_NETWORK')).sort()
    expect(places).toEqual([
      'core/config.ts',
      'identity/envelope.ts',
      'node/conform/command.ts',
      'node/relay-options.ts',
      'plugins/dht/client/hash-table.ts',
      'plugins/proof-of-work/proof-of-work.ts',
      'statements/equivocation.ts',
      'statements/statement.ts',
    ])
  })
})
