// A relay with LevelDB under load, in a process of its own. `npm run bench:mail` runs it whole: 1,000 boxes with 100 letters of 4 KiB each.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { P2PCoordinator } from '../../src/coordinator.js'
import type { TestNetwork } from '../../src/testing/test-network.js'
import { letterOf, MailPeer, Owner } from '../mail/mail-peers.js'
import { RelayChild } from './relay-child.js'

const WHOLE = process.env.MAIL_LOAD === 'whole'
const [BOXES, LETTERS, SENDERS] = WHOLE ? [Number(process.env.MAIL_BOXES ?? 1_000), 100, 8] : [20, 20, 4]
const WARM_BOXES = WHOLE ? 10 : 1
/** A machine that does much else at once may take its time. */
const SLACK = WHOLE ? 1 : 25
const MB = 1_000_000

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

const percentile = (times: number[], p: number) => times.sort((a, b) => a - b)[Math.floor((times.length - 1) * p)]!

it(`${BOXES} boxes with ${LETTERS} letters of 4 KiB each are taken and given in time, in little memory`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lotus-mail-load-'))
  cleanUps.push(() => rm(folder, { recursive: true }))
  const many = {
    newBoxesPerHour: 1e6,
    depositsPerMin: 1e9,
    depositBurst: 1e6,
    mailRequestsPerS: 1e6,
    maxBoxLetters: 1_000,
    maxBoxBytes: 2 ** 23,
  }
  const child = await RelayChild.start({ mailAt: join(folder, 'mail'), limits: many })
  cleanUps.push(() => child.stop())
  const peers: P2PCoordinator[] = []
  cleanUps.push(() => Promise.all(peers.map((peer) => peer.shutdown())))
  const net = {
    createPeer: ({ plugins }: { plugins: never[] }) => {
      const peer = new P2PCoordinator({ plugins, allowPrivate: true })
      peers.push(peer)
      return peer
    },
    run: <T>(promise: Promise<T>) => promise,
    addressOf: () => child.url,
  } as unknown as TestNetwork
  const relay = { peerId: child.peerId, start: async () => {} } as P2PCoordinator
  const first = await new Owner(net, relay, 1).connect()
  const owners = Array.from({ length: BOXES }, (_, n) => {
    const owner = new Owner(net, relay, 1, undefined, n)
    owner.kit = first.kit
    return owner
  })
  for (const owner of owners) await owner.open()
  const senders: MailPeer[] = []
  for (let n = 0; n < SENDERS; n++) senders.push(await new MailPeer(net, relay).connect())
  // What a process and its allocator take for the first letters, whatever becomes of them, is no part of what those take that wait.
  for (const owner of owners.slice(0, WARM_BOXES)) {
    await Promise.all(
      senders.map(async (sender, s) => {
        for (let n = 0; n < LETTERS; n++)
          await sender.deposit(owner.box, letterOf(1e6 + 1e4 * s + n, 4_096), { access: owner.access }, 3)
      }),
    )
    await owner.open()
    await owner.ask('fetch', {})
    await owner.ask('close', null)
    await owner.open()
  }
  await child.tell({ do: 'collect' })
  const before = await child.tell({ do: 'collect' })

  const deposits: number[] = []
  const jobs = Array.from({ length: BOXES * LETTERS }, (_, n) => n)
  const began = performance.now()
  await Promise.all(
    senders.map(async (sender) => {
      for (let n = jobs.pop(); n !== undefined; n = jobs.pop()) {
        const { box, access } = owners[n % BOXES]!
        const letter = letterOf(n, 4_096)
        const from = performance.now()
        await sender.deposit(box, letter, { access }, 3)
        deposits.push(performance.now() - from)
      }
    }),
  )
  const tookS = (performance.now() - began) / 1_000
  await child.tell({ do: 'collect' })
  const after = await child.tell({ do: 'collect' })

  const fetches: number[] = []
  for (const owner of owners) {
    await owner.open()
    const from = performance.now()
    const { letters, more } = await owner.ask('fetch', {})
    fetches.push(performance.now() - from)
    expect([letters.length, more]).toEqual([LETTERS, false])
  }
  const p99 = percentile(deposits, 0.99)
  const fetched = percentile(fetches, 0.99)
  const grown = after.anonymous - before.anonymous
  process.stdout.write(
    `\nmail: ${deposits.length} deposits by ${SENDERS} senders at once in ${tookS.toFixed(1)} s, p50 ${percentile(deposits, 0.5).toFixed(1)} ms, ` +
      `p99 ${p99.toFixed(1)} ms; fetch of ${LETTERS}: p50 ${percentile(fetches, 0.5).toFixed(1)} ms, p99 ${fetched.toFixed(1)} ms; ` +
      `memory ${(grown / MB).toFixed(1)} MB more (with pages of files ${((after.rss - before.rss) / MB).toFixed(1)} MB, as the ceiling counts ${((after.memory.usedBytes - before.memory.usedBytes) / MB).toFixed(1)} MB)\n`,
  )
  expect(after.mail).toMatchObject({ letters: BOXES * LETTERS, bytes: BOXES * LETTERS * 4_096 })
  expect(p99).toBeLessThan(20 * SLACK)
  expect(fetched).toBeLessThan(100 * SLACK)
  expect(grown).toBeLessThan(WHOLE ? 20 * MB : 40 * MB)
}, 600_000)
