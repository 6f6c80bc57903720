import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { resolveLimits } from '../../src/base/limits.js'
import type { Verified } from '../../src/base/verified.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { Deposits } from '../../src/plugins/dht/node/deposits.js'
import { createRecord, keptAs, type RecordEntry, wireRecord } from '../../src/plugins/dht/records/record.js'
import { RecordMerge } from '../../src/plugins/dht/records/record-merge.js'
import { RecordStore } from '../../src/plugins/dht/records/record-store.js'
import type { Records } from '../../src/plugins/dht/records/records.js'
import { TopicHistory } from '../../src/plugins/topics/topic-history.js'
import { type SignedTopicMessage, wireOf } from '../../src/plugins/topics/topic-messages.js'
import { evidenceOf } from '../../src/statements/equivocation.js'
import { type SignedStatement, signStatement } from '../../src/statements/statement.js'
import type { Held } from '../../src/statements/statement-board.js'
import { createTestNetwork } from '../../src/testing/test-network.js'
import { kitOf } from '../kit-of.js'
import { identityOf } from './table.js'

const root = fileURLToPath(new URL('../../src/', import.meta.url))

/** Where the mark of what is verified is given, and how often: after a check, or to what we have just made. */
const VERIFIERS: Record<string, number> = {
  'channel/hello.ts': 1,
  'plugins/dht/records/record-verifier.ts': 1,
  // Made here, signed or for this process alone; and a copy of what is verified.
  'plugins/dht/records/record.ts': 3,
  // Signed here; and checked here.
  'plugins/topics/topic-messages.ts': 2,
  'statements/statement.ts': 2,
  // Of two that are verified; and checked here.
  'statements/equivocation.ts': 2,
  // Read from an error that only verified evidence is put into.
  'statements/statement-session.ts': 1,
}

describe('the mark of what is verified', () => {
  it('is given by verifiers alone', () => {
    const casts: Record<string, number> = {}
    for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))) {
      const source = ts.createSourceFile(file, readFileSync(root + file, 'utf8'), ts.ScriptTarget.Latest)
      const visit = (node: ts.Node): void => {
        if (ts.isAsExpression(node) && /\b(Verified\w*|Mark)\b/.test(node.type.getText(source))) {
          const name = file.replaceAll('\\', '/')
          casts[name] = (casts[name] ?? 0) + 1
        }
        ts.forEachChild(node, visit)
      }
      visit(source)
    }
    expect(casts).toEqual(VERIFIERS)
  })

  it('is demanded, by type, by everything that keeps, shows or passes on', () => {
    const record = {} as RecordEntry
    const message = {} as SignedTopicMessage
    const statement = {} as SignedStatement
    // Types only: nothing of this runs.
    const refused = (store: Records, history: TopicHistory, deposits: Deposits) => {
      // @ts-expect-error
      store.put(record)
      // @ts-expect-error A copy loses the mark, whatever it was made of.
      store.put({ ...(record as Verified<RecordEntry>), sequence: 9 })
      // @ts-expect-error
      new RecordMerge().add(record)
      // @ts-expect-error
      deposits.keep(record)
      // @ts-expect-error
      wireRecord(record)
      // @ts-expect-error
      keptAs(record, {})
      // @ts-expect-error
      history.add(message)
      // @ts-expect-error
      wireOf(message)
      // @ts-expect-error
      evidenceOf(statement, statement)
      // @ts-expect-error
      const held: Held = { statement, index: 0, id: new Uint8Array(32) }
      return held
    }
    expect([refused, RecordStore, TopicHistory, Deposits]).toHaveLength(4)
  })

  it('is on what we sign ourselves, at once', async () => {
    const store = new RecordStore()
    const content = { key: 'offer', value: 1, sequence: 1, publishedAt: Date.now(), ttl: 60 }
    expect(store.put(await createRecord(content, { identity: identityOf(1) }, resolveLimits(), 'lotus'))).toBe(true)
    const statement = await signStatement(identityOf(1), {
      protocol: 'a',
      session: 'b',
      round: 0,
      slot: 'c',
      value: new Uint8Array(1),
    })
    expect(evidenceOf(statement, statement)).toBeUndefined()
  })
})

describe('a forged copy', () => {
  const forgeries: [name: string, change: (wire: Uint8Array[]) => Uint8Array[]][] = [
    ['with 64 other bytes for its signature', ([key, payload]) => [key!, payload!, new Uint8Array(64).fill(7)]],
    ['with the signature of another record', ([key, payload, signature]) => [key!, payload!, signature!.slice().reverse()]],
  ]

  it.each(forgeries)(
    '%s of a record that a relay has newer is neither kept nor served, and nobody honest is blamed',
    async (_, change) => {
      const net = createTestNetwork({ latencyMs: 25 })
      const first = net.createPeer({ relay: true })
      await net.run(first.start())
      const second = net.createPeer({ relay: true, bootstrap: [net.addressOf(first)] })
      await net.run(second.start())
      const mallory = net.createPeer({ listening: false, bootstrap: [net.addressOf(first)] })
      const author = identityFromSeed(new Uint8Array(32).fill(77))
      const alice = net.createPeer({ listening: false, identity: author, bootstrap: [net.addressOf(first)] })
      await net.run(Promise.all([mallory.start(), alice.start()]))
      await net.clock.advance(1_000)
      await net.run(alice.dht.announce({ key: 'offer', value: 'true', ttl: 3_600 }))
      const stale = { key: 'offer', value: 'false', sequence: 1, publishedAt: net.clock.now(), ttl: 3_600 }
      const wire = change(wireRecord(await createRecord(stale, { identity: author }, resolveLimits(), 'lotus'))!)
      for (let round = 0; round < 12; round++) {
        for (const cache of [true, undefined]) {
          const payload = { record: wire, ...(cache && { cache }) }
          const answer = await net.run(
            (await kitOf(mallory)).request(first.peerId, { type: 'store', protocol: 'lotus/dht', payload }),
          )
          expect(answer.payload).toMatchObject({ stored: false, code: 'STALE_RECORD' })
        }
        const found = await net.run(second.dht.query({ key: 'offer' }))
        expect(found.map(({ value }) => value)).toEqual(['true'])
        await net.clock.advance(10_000)
      }
      for (const [one, other] of [
        [first, second],
        [second, first],
      ] as const) {
        expect(one.reputationOf(other.peerId)).toMatchObject({ faults: {} })
        expect(one.listBans()).toEqual([])
        expect(one.isConnected(other.peerId)).toBe(true)
      }
      await net.stop()
    },
  )

  it('of a record that nobody knows is a fault of whoever brings it, as a copy too', async () => {
    const net = createTestNetwork({ latencyMs: 25 })
    const relay = net.createPeer({ relay: true })
    await net.run(relay.start())
    const mallory = net.createPeer({ listening: false, bootstrap: [net.addressOf(relay)] })
    await net.run(mallory.start())
    const content = { key: 'offer', value: 1, sequence: 1, publishedAt: net.clock.now(), ttl: 60 }
    const [key, payload] = wireRecord(await createRecord(content, { identity: identityOf(3) }, resolveLimits(), 'lotus'))!
    const record = [key, payload, new Uint8Array(64).fill(1)]
    const store = { type: 'store', protocol: 'lotus/dht', payload: { record, cache: true } }
    const answer = await net.run((await kitOf(mallory)).request(relay.peerId, store))
    expect(answer.payload).toMatchObject({ stored: false, code: 'INVALID_SIGNATURE' })
    await net.clock.advance(100)
    expect(relay.reputationOf(mallory.peerId)).toMatchObject({ faults: { offence: 1 } })
    await net.stop()
  })
})
