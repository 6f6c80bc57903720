import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { afterEach, expect, it } from 'vitest'
import { hexOf } from '../../src/base/bytes.js'
import { P2PCoordinator } from '../../src/coordinator.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { mailbox } from '../../src/mail/index.js'
import { startRelay } from '../../src/node/relay.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import type { TestNetwork } from '../../src/testing/test-network.js'
import { filled, letterOf, MailPeer, numberOf, Owner } from '../mail/mail-peers.js'
import { RelayChild } from './relay-child.js'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function folderOf(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lotus-relay-mail-'))
  cleanUps.push(() => rm(folder, { recursive: true }))
  return folder
}

/** What peers by hand need of a network, over real sockets. */
const net = (url: string) =>
  ({
    createPeer: ({ plugins }: { plugins: never[] }) => {
      const peer = new P2PCoordinator({ plugins, allowPrivate: true })
      cleanUps.push(() => peer.shutdown())
      return peer
    },
    run: <T>(promise: Promise<T>) => promise,
    addressOf: () => url,
  }) as unknown as TestNetwork
const known = (peerId: string) => ({ peerId, start: async () => {} }) as P2PCoordinator

it('a relay tells that it keeps mail, its limits at /info, and what waits at /metrics', async () => {
  const relay = await startRelay({ port: 0, host: '127.0.0.1', mail: true, limits: { maxBoxes: 7 }, metrics: true })
  cleanUps.push(() => relay.stop())
  const bob = await new Owner(net(relay.url), relay.coordinator, 1).connect()
  expect(bob.coordinator.getPeer(relay.peerId)?.protocols).toContain('lotus/mail')
  expect(await bob.open()).toMatchObject({ max: 0, ttl: 1 })
  const alice = await new MailPeer(net(relay.url), relay.coordinator).connect()
  await alice.deposit(bob.box, letterOf(1), { access: bob.access })
  const http = (path: string) => fetch(relay.url.replace('ws', 'http') + path)
  expect(await (await http('/info')).json()).toMatchObject({ limits: { maxBoxes: 7, strangerLettersPerBox: 32 } })
  const metrics = await (await http('/metrics')).text()
  expect(metrics).toContain('lotus_p2p_mail_letters 1')
  expect(metrics).toContain('lotus_p2p_mail_bytes 1024')
  expect(relay.getStats().mail).toMatchObject({ boxes: 1, letters: 1, attached: 1, deposited: 1 })
})

it('a relay without mail has no limits of it, and tells nothing', async () => {
  const refused = startRelay({ port: 0, host: '127.0.0.1', limits: { maxBoxes: 7 } })
  await expect(refused).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
  const relay = await startRelay({ port: 0, host: '127.0.0.1' })
  cleanUps.push(() => relay.stop())
  expect(relay.getStats()).not.toHaveProperty('mail')
})

it('letters that were answered are there after the relay was killed', async () => {
  const folder = await folderOf()
  const first = await RelayChild.start({ mailAt: join(folder, 'mail') })
  const [bob, alice] = [new Owner(net(first.url), known(first.peerId), 1), new MailPeer(net(first.url), known(first.peerId))]
  await bob.connect()
  await bob.open()
  await alice.connect()
  for (let n = 0; n < 5; n++) await alice.deposit(bob.box, letterOf(n, 4_096), { access: bob.access }, 2)
  first.kill()
  await first.stop()
  const second = await RelayChild.start({ mailAt: join(folder, 'mail') })
  cleanUps.push(() => second.stop())
  const again = await new Owner(net(second.url), known(second.peerId), 1).connect()
  expect(await again.open()).toMatchObject({ letters: 5 })
  expect((await again.ask('fetch', {})).letters.map(numberOf)).toEqual([0, 1, 2, 3, 4])
}, 30_000)

it.skipIf(process.platform !== 'linux')(
  'neither the memory of a relay nor its disk holds what a letter says, and its disk not who wrote it',
  async () => {
    const folder = await folderOf()
    const relay = await RelayChild.start({ mailAt: join(folder, 'mail') })
    cleanUps.push(() => relay.kill())
    const stores = [memoryStore(), memoryStore()] as const
    const walletOf = async (n: 0 | 1) => {
      const wallet = new P2PCoordinator({
        identity: identityFromSeed(filled(32, 60 + n)),
        store: stores[n],
        bootstrap: [relay.url],
        allowPrivate: true,
        limits: { mailAfterMs: 200 } as never,
        plugins: [mailbox({ count: 1, strangers: { bits: 2 } })],
      })
      cleanUps.push(() => wallet.shutdown())
      await wallet.start()
      return wallet
    }
    const until = async (holds: () => unknown) => {
      for (let n = 0; n < 200 && !holds(); n++) await new Promise((resolve) => setTimeout(resolve, 25))
      expect(holds()).toBeTruthy()
    }
    const [alice, bob] = [await walletOf(0), await walletOf(1)]
    await until(() => bob.mail.card() !== undefined)
    await alice.connectToPeer(bob.peerId)
    await new Promise((resolve) => setTimeout(resolve, 300))
    const bobId = bob.peerId
    await bob.shutdown()
    const secret = 'the-elephant-sings-at-noon'
    const { outcome } = await alice.sendTo(bobId, { type: 'note', payload: secret.repeat(3) }, { queue: true })
    expect(await outcome).toBe('mailed')
    const disk = await filesOf(join(folder, 'mail'))
    const memory = memoryOf(relay.pid)
    // The scan finds what is there: the owner's id, which its card names.
    expect(disk.includes(bobId)).toBe(true)
    expect(memory.some((part) => part.includes(bobId))).toBe(true)
    for (const text of [secret, Buffer.from(secret, 'utf16le')]) {
      expect(disk.includes(text)).toBe(false)
      expect(memory.some((part) => part.includes(text))).toBe(false)
    }
    // Of the sender, the letters tell nothing; her own box has a card that names her.
    const key = identityFromSeed(filled(32, 60)).publicKey
    const letters = await lettersAt(join(folder, 'mail'), relay)
    expect(letters.length).toBe(1)
    for (const sender of [Buffer.from(key), hexOf(key), encodePeerId(key)]) expect(letters[0]!.includes(sender)).toBe(false)
  },
  60_000,
)

async function filesOf(folder: string): Promise<Buffer> {
  const names = await readdir(folder)
  return Buffer.concat(await Promise.all(names.map((name) => readFile(join(folder, name)))))
}

/** What is stored with each letter, once the relay has ended. */
async function lettersAt(folder: string, relay: RelayChild): Promise<Buffer[]> {
  await relay.stop()
  const database = new ClassicLevel<string, Buffer>(folder, { valueEncoding: 'buffer' })
  const entries = await database.iterator({ gt: 'letter/', lt: 'letter/~' }).all()
  await database.close()
  return entries.map(([key, value]) => Buffer.concat([Buffer.from(key), value]))
}

/** All that a process may write to, in its memory. */
function memoryOf(pid: number): Buffer[] {
  const maps = readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')
  const file = openSync(`/proc/${pid}/mem`, 'r')
  const parts: Buffer[] = []
  for (const line of maps) {
    const [, from = '', to = ''] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? []
    const length = Number.parseInt(to, 16) - Number.parseInt(from, 16)
    if (!(length > 0 && length < 2 ** 29)) continue
    const part = Buffer.alloc(length)
    try {
      readSync(file, part, 0, length, Number.parseInt(from, 16))
      parts.push(part)
    } catch {
      // Pages that nobody has touched.
    }
  }
  closeSync(file)
  return parts
}
