import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { base64, base64url, bech32m } from '@scure/base'
import { afterEach, expect, it } from 'vitest'
import { hexOf } from '../../src/base/bytes.js'
import { P2PCoordinator } from '../../src/coordinator.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { levelStore, startRelay } from '../../src/node/index.js'
import { RawPeer } from './raw-peer.js'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

/** Whatever is in a value, errors, causes and bytes included, as one text. */
function textOf(value: unknown, seen = new Set<unknown>()): string {
  if (value instanceof Uint8Array) return `${hexOf(value)} ${String.fromCharCode(...value)}`
  if (typeof value !== 'object' || value === null || seen.has(value)) return String(value)
  seen.add(value)
  const own = Object.getOwnPropertyNames(value).map((name) => `${name}: ${textOf((value as never)[name], seen)}`)
  return value instanceof Map ? [...value].map((entry) => textOf(entry, seen)).join('\n') : own.join('\n')
}

it('no log, event, error, statistic, answer or stored byte of a session holds a seed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lotus-secrets-'))
  cleanUps.push(() => rm(folder, { recursive: true }))
  const seeds = [1, 2, 3].map((n) => Uint8Array.from({ length: 32 }, (_, i) => (i * 37 + n * 101) & 255))
  const said: string[] = []
  const note = (...args: unknown[]) => void said.push(args.map((arg) => textOf(arg)).join(' '))
  const logger = { debug: note, warn: note, error: note }
  const store = levelStore(join(folder, 'store'))
  const relay = await startRelay({
    port: 0,
    host: '127.0.0.1',
    identity: identityFromSeed(seeds[0]!),
    store,
    logger,
    metrics: true,
  })
  const wallets = await Promise.all(
    seeds.slice(1).map(async (seed, i) => {
      const stored = levelStore(join(folder, `wallet${i}`))
      const wallet = new P2PCoordinator({
        identity: identityFromSeed(seed),
        bootstrap: [relay.url],
        requireSignatures: true,
        store: stored,
        logger,
        webrtc: false,
      })
      await wallet.start()
      return { wallet, stored }
    }),
  )
  const [alice, bob] = wallets.map(({ wallet }) => wallet) as [P2PCoordinator, P2PCoordinator]
  for (const peer of [alice, bob, relay.coordinator]) {
    for (const event of ['error', 'message', 'connected', 'disconnected', 'peer-banned', 'status'] as const) peer.on(event, note)
  }
  await alice.connectToPeer(bob.peerId)
  await alice.sendTo(bob.peerId, { type: 'x', payload: 'hello' })
  await alice.announceResource('thing', 'one', { price: 1 })
  note(await bob.getResource('thing', 'one'))
  await alice.publish('topic', 'hello')
  for (const failing of [
    () => alice.sendTo('nobody', { type: 'x', payload: 1 }),
    () => alice.request(bob.peerId, { type: 'x', payload: 1, protocol: 'none' }),
    () => alice.connectToPeer('ws://127.0.0.1:1'),
    () => alice.sendTo(bob.peerId, { type: 'x', payload: (() => 1) as unknown }),
  ]) {
    await failing().catch(note)
  }
  const raw = await new RawPeer().connect(relay.url)
  raw.unsealed()
  await raw.closed
  relay.coordinator.ban(bob.peerId)
  for (const peer of [alice, bob, relay.coordinator]) note(peer.getStats(), peer.listBans(), peer.getConnectedPeers())
  const http = relay.url.replace('ws', 'http')
  for (const path of ['/info', '/metrics', '/healthz', '/nothing']) note(await (await fetch(http + path)).text())
  await alice.shutdown()
  await bob.shutdown()
  await relay.stop()
  await store.close()
  for (const { stored } of wallets) await stored.close()
  for (const name of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (name.isFile()) note(await readFile(join(name.parentPath, name.name), 'latin1'))
  }
  const everything = said.join('\n')
  expect(everything.length).toBeGreaterThan(20_000)
  expect(everything).toContain(alice.peerId)
  for (const seed of seeds) {
    const forms = [
      hexOf(seed),
      base64.encode(seed).replace(/=+$/, ''),
      base64url.encode(seed).replace(/=+$/, ''),
      bech32m.encode('lp', bech32m.toWords(seed)).slice(3, 40),
      String.fromCharCode(...seed),
      [...seed].join(','),
      [...seed].join(', '),
    ]
    for (const form of forms) expect(everything.includes(form)).toBe(false)
  }
})
