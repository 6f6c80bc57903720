import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { MailStore } from '../../src/mail/server/mail-store.js'
import { NatsClient } from '../../src/node/backplane/nats-link.js'
import { natsMail } from '../../src/node/backplane/nats-mail.js'
import { boundsAt, boxNamed, depositOf, mailStoreCompliance } from '../compliance/mail-store.js'
import { NatsServer } from './nats-server.js'

let server: NatsServer
beforeAll(async () => {
  server = await NatsServer.start()
})
afterAll(() => server.stop())

const open: { store: MailStore; link: NatsClient }[] = []
afterEach(async () => {
  for (const { store, link } of open.splice(0)) {
    await store.close()
    await link.close()
  }
})

let clusters = 0

function storeOfAProcess(cluster: string): MailStore {
  const link = new NatsClient({ servers: server.url, cluster })
  const store = natsMail(link)
  open.push({ store, link })
  return store
}

// Each cluster has mail of its own. `npm run bench:cluster` leaves 10,000 letters there.
mailStoreCompliance('natsMail', async () => storeOfAProcess(`c${++clusters}`), 4_000)

describe('mail in JetStream, at several processes', () => {
  const numbers = ({ letters }: { letters: readonly [string, Uint8Array][] }) =>
    letters.map(([, letter]) => new DataView(letter.buffer, letter.byteOffset).getUint32(0))
  const NOW = boundsAt().now

  const several = async (count: number) => {
    const cluster = `c${++clusters}`
    const stores = Array.from({ length: count }, () => storeOfAProcess(cluster))
    // The first makes streams and bucket, the others find them.
    for (const store of stores) await store.getBox(boxNamed(1).id)
    await stores[0]!.putBox(boxNamed(1))
    return { cluster, stores, box: boxNamed(1).id }
  }

  it('keeps a letter once that is left at several at the same moment, and never more than there may be', async () => {
    const { stores, box } = await several(3)
    const same = await Promise.all(stores.map((store) => store.deposit(box, depositOf(1), boundsAt())))
    expect(same.map(({ outcome }) => outcome).sort()).toEqual(['known', 'known', 'stored'])
    const bounds = boundsAt(NOW, { maxBoxLetters: 10 })
    const many = await Promise.all(Array.from({ length: 30 }, (_, n) => stores[n % 3]!.deposit(box, depositOf(100 + n), bounds)))
    expect(many.filter(({ outcome }) => outcome === 'stored')).toHaveLength(9)
    for (const store of stores) {
      expect(numbers(await store.letters(box, undefined, 1e6, NOW))).toHaveLength(10)
      await expect.poll(() => store.totals).toEqual({ boxes: 1, letters: 10, bytes: 10_240 })
    }
  })

  it('tells the process that serves the owner of letters that another one has taken', async () => {
    const { stores, box } = await several(2)
    let told = 0
    stores[1]!.watch(box, () => told++)
    await stores[0]!.deposit(box, depositOf(1), boundsAt())
    await expect.poll(() => told).toBe(1)
    await stores[0]!.deposit(box, depositOf(1), boundsAt())
    await stores[0]!.deposit(box, depositOf(2), boundsAt())
    await expect.poll(() => told).toBe(2)
    // What the owner drops there is gone here, and the same letter is another one when it comes again.
    const { letters } = await stores[1]!.letters(box, undefined, 1e6, NOW)
    await stores[1]!.drop(
      box,
      letters.map(([cursor]) => cursor),
    )
    expect(numbers(await stores[0]!.letters(box, undefined, 1e6, NOW))).toEqual([])
    expect(await stores[0]!.deposit(box, depositOf(1), boundsAt())).toMatchObject({ outcome: 'stored' })
    expect(numbers(await stores[1]!.letters(box, undefined, 1e6, NOW))).toEqual([1])
  })

  it('gives away each prekey once, whichever process is asked', async () => {
    const { stores, box } = await several(2)
    const batch = { batch: new Uint8Array(700), signature: new Uint8Array(64), generation: new Uint8Array(8), madeAt: NOW }
    await stores[0]!.addPrekeys(box, batch, 4)
    const taken = await Promise.all(Array.from({ length: 24 }, (_, n) => stores[n % 2]!.takePrekey(box, 0, 0)))
    const places = taken.flatMap((prekey) => prekey?.index ?? [])
    expect([...places].sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, n) => n))
  })

  it('knows nothing of a box at any process once one has deleted it', async () => {
    const { stores, box } = await several(2)
    await stores[0]!.deposit(box, depositOf(1), boundsAt())
    await stores[1]!.deleteBox(box)
    expect(await stores[0]!.deposit(box, depositOf(2), boundsAt())).toEqual({ outcome: 'no-box' })
    expect(await stores[0]!.getBox(box)).toBeUndefined()
    await expect.poll(() => stores[0]!.totals).toEqual({ boxes: 0, letters: 0, bytes: 0 })
    await stores[0]!.putBox(boxNamed(1))
    await expect.poll(() => stores[1]!.totals.boxes).toBe(1)
    expect(numbers(await stores[1]!.letters(box, undefined, 1e6, NOW))).toEqual([])
  })

  it('keeps what it has answered when the server is killed and comes back, and refuses in between', async () => {
    const { cluster, stores, box } = await several(1)
    const [store] = stores as [MailStore]
    for (let n = 0; n < 20; n++) await store.deposit(box, depositOf(n), boundsAt())
    await server.kill()
    await expect.poll(() => open[0]!.link.state, { timeout: 10_000 }).toBe('down')
    await expect(store.deposit(box, depositOf(99), boundsAt())).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      details: { retryAfterMs: 2_000 },
    })
    await server.run()
    await expect.poll(() => open[0]!.link.state, { timeout: 20_000 }).toBe('up')
    await expect
      .poll(async () => numbers(await store.letters(box, undefined, 1e6, NOW).catch(() => ({ letters: [] }))), {
        timeout: 20_000,
      })
      .toEqual(Array.from({ length: 20 }, (_, n) => n))
    expect(await store.deposit(box, depositOf(99), boundsAt())).toMatchObject({ outcome: 'stored' })
    const another = storeOfAProcess(cluster)
    expect((await another.letters(box, undefined, 1e6, NOW)).letters).toHaveLength(21)
    expect(another.totals).toEqual({ boxes: 1, letters: 21, bytes: 21_504 })
  }, 60_000)

  it('refuses what has no room at the server, keeps what it has taken, and goes on once there is room', async () => {
    const config = 'port: 0\njetstream { store_dir: "FOLDER/js", max_mem: 1MB, max_file: 400KB }\n'
    const small = await NatsServer.start(config, {}, true)
    try {
      const link = new NatsClient({ servers: small.url, cluster: 'c1' })
      const store = natsMail(link)
      open.push({ store, link })
      const box = boxNamed(1).id
      await store.putBox(boxNamed(1))
      const outcomeOf = (n: number) =>
        store.deposit(box, depositOf(n, { bytes: 16_384 }), boundsAt()).then(
          ({ outcome }) => outcome,
          ({ code }: { code: string }) => code,
        )
      const outcomes: string[] = []
      while (outcomes.at(-1) !== 'STORAGE_FAILED' && outcomes.length < 100) outcomes.push(await outcomeOf(outcomes.length))
      const stored = outcomes.flatMap((outcome, n) => (outcome === 'stored' ? [n] : []))
      expect([stored.length > 10, outcomes.at(-1)]).toEqual([true, 'STORAGE_FAILED'])
      const waiting = await store.letters(box, undefined, 1e7, NOW)
      expect(numbers(waiting)).toEqual(stored)
      await store.drop(
        box,
        waiting.letters.map(([cursor]) => cursor),
      )
      await expect.poll(() => outcomeOf(500), { timeout: 20_000 }).toMatch(/stored|known/)
      expect(numbers(await store.letters(box, undefined, 1e7, NOW))).toEqual([500])
    } finally {
      await small.stop()
    }
  }, 60_000)
})
