import { expect, test } from 'vitest'
import { MAILBOX_LIMITS } from '../../src/base/limits/mailbox.js'
import { limitsOf } from '../../src/base/limits.js'
import { seededRandom } from '../../src/base/random.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import type { MailHost } from '../../src/mail/host.js'
import { PrekeyKind } from '../../src/mail/letter.js'
import type { MailSettings } from '../../src/mail/mail-options.js'
import { oneTimePrekey, signBatch } from '../../src/mail/prekey-batch.js'
import { Prekeys } from '../../src/mail/prekeys.js'
import { mailRecovery } from '../../src/mail/recovery.js'
import { MailState } from '../../src/mail/state.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

const DAY_MS = 86_400_000
const limits = limitsOf(MAILBOX_LIMITS) as never
const identity = identityFromSeed(new Uint8Array(32).fill(1))
const network = 'lotus'

function wallet(store = memoryStore(), clock = new VirtualClock(), recovery?: Uint8Array) {
  const random = seededRandom(clock.now())
  const state = new MailState(store, random, (error) => {
    throw error
  })
  const host = { kit: { clock, random, identity, network } } as unknown as MailHost
  const settings = { recovery: recovery && mailRecovery(recovery) } as MailSettings
  const prekeys = new Prekeys({ host, limits, state, settings })
  return { prekeys, store, clock, again: () => wallet(store, clock, recovery) }
}

test('a signed prekey is replaced after two days; its secret lives for 18 more, and the newest for ever', async () => {
  const { prekeys, clock, again } = wallet()
  await prekeys.load()
  expect(await prekeys.rotate()).toBe(true)
  const first = prekeys.newest
  await clock.advance(2 * DAY_MS - 1)
  expect(await prekeys.rotate()).toBe(false)
  await clock.advance(1)
  expect(await prekeys.rotate()).toBe(true)
  const second = prekeys.newest
  expect(second.id).not.toEqual(first.id)
  await clock.advance(18 * DAY_MS - 1)
  // A process that begins then knows them all.
  const later = again().prekeys
  await later.load()
  expect(later.find(PrekeyKind.SIGNED, first.id)?.publicKey).toEqual(first.key)
  await clock.advance(1)
  await later.rotate()
  expect(later.find(PrekeyKind.SIGNED, first.id)).toBeUndefined()
  expect(later.find(PrekeyKind.SIGNED, second.id)?.publicKey).toEqual(second.key)
  const { store } = again()
  expect((await store.keys('mail/prekey/')).length).toBe(2)
})

test('a one-time prekey is in the store before it is published, and gone once it is spent', async () => {
  const { prekeys, store, clock, again } = wallet()
  await prekeys.load()
  await prekeys.rotate()
  const batch = await prekeys.makeBatch()
  const found = await oneTimePrekey(batch, 5, { owner: identity.publicKey, generation: prekeys.generation }, clock.now(), network)
  const next = again().prekeys
  await next.load()
  expect(next.generation).toEqual(prekeys.generation)
  expect(next.find(PrekeyKind.ONE_TIME, found.id)?.publicKey).toEqual(found.key)
  // Under no other kind.
  expect(next.find(PrekeyKind.SIGNED, found.id)).toBeUndefined()
  expect(next.find(7, found.id)).toBeUndefined()
  await store.batch(next.spend(found.id))
  const last = again().prekeys
  await last.load()
  expect(last.find(PrekeyKind.ONE_TIME, found.id)).toBeUndefined()
  await clock.advance(18 * DAY_MS)
  await last.rotate()
  // The signed one, and its successor.
  expect(await store.keys('mail/prekey/')).toHaveLength(2)
})

test('a batch that another has signed, of another generation, or of another time is refused', async () => {
  const { prekeys, clock } = wallet()
  await prekeys.load()
  const { batch, signature } = await prekeys.makeBatch()
  const card = { owner: identity.publicKey, generation: prekeys.generation }
  const now = clock.now()
  const take = (given = { batch, signature }, index = 0, about = card, at = now) =>
    oneTimePrekey(given, index, about, at, network)
  await expect(take()).resolves.toBeDefined()
  const mallory = identityFromSeed(new Uint8Array(32).fill(9))
  const forged = await signBatch({ identity: mallory, network }, prekeys.generation, now, keysOf(batch))
  await expect(take(forged)).rejects.toMatchObject({ code: 'INVALID_SIGNATURE' })
  const swapped = batch.slice()
  swapped[40]! ^= 1
  await expect(take({ batch: swapped, signature })).rejects.toBeDefined()
  await expect(take(undefined, 0, { ...card, generation: new Uint8Array(8) })).rejects.toMatchObject({ code: 'INVALID_RECORD' })
  await expect(take(undefined, 16)).rejects.toMatchObject({ code: 'INVALID_RECORD' })
  await expect(take(undefined, 0, card, now + 4 * DAY_MS)).resolves.toBeDefined()
  await expect(take(undefined, 0, card, now + 4 * DAY_MS + 1)).rejects.toMatchObject({ code: 'INVALID_RECORD' })
})

test('the recovery prekey comes from its secret alone', async () => {
  const secret = new Uint8Array(32).fill(5)
  const one = wallet(memoryStore(), new VirtualClock(), secret).prekeys
  const two = wallet(memoryStore(), new VirtualClock(5), secret).prekeys
  await one.load()
  await two.load()
  expect(one.recovery).toEqual(two.recovery)
  expect(one.generation).not.toEqual(two.generation)
  expect(two.find(PrekeyKind.RECOVERY, one.recovery![0])?.publicKey).toEqual(one.recovery![1])
})

function keysOf(batch: Uint8Array): [Uint8Array, Uint8Array][] {
  return Array.from({ length: 16 }, (_, i) => [batch.slice(i, i + 8), batch.slice(i, i + 32)])
}
