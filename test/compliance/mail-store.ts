import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAIL_LIMITS } from '../../src/base/limits/mail.js'
import type { TtlClass } from '../../src/mail/box.js'
import type { Box, MailBounds, MailStore } from '../../src/mail/server/mail-store.js'
import type { SignedBatch } from '../../src/mail/server/prekey-pile.js'

const NOW = 1_700_000_000_000
const HOUR = 3_600_000

export const boxNamed = (n: number): Box => ({
  id: n.toString(16).padStart(32, '0'),
  access: new Uint8Array(32).fill(n),
  bits: 20,
  max: 4,
  openedAt: NOW,
})

export const letterOf = (n: number, bytes = 1_024): Uint8Array => {
  const letter = new Uint8Array(bytes)
  new DataView(letter.buffer).setUint32(0, n)
  return letter
}

export const depositOf = (n: number, given: { bytes?: number; ttl?: TtlClass; isStranger?: boolean } = {}) => {
  const letter = letterOf(n, given.bytes)
  const id = new Uint8Array(createHash('sha256').update(letter).digest().subarray(0, 16))
  return { id, letter, ttl: given.ttl ?? 0, isStranger: given.isStranger ?? false } as const
}

export const boundsAt = (now = NOW, limits: Partial<MailBounds['limits']> = {}, maxBytes = 2 ** 32): MailBounds => ({
  now,
  maxBytes,
  limits: { ...MAIL_LIMITS, ...limits },
})

const batchOf = (n: number, generation = 1, madeAt = NOW): SignedBatch => ({
  batch: new Uint8Array(700).fill(n),
  signature: new Uint8Array(64).fill(n),
  generation: new Uint8Array(8).fill(generation),
  madeAt,
})

const numbers = (letters: readonly [string, Uint8Array][]) =>
  letters.map(([, letter]) => new DataView(letter.buffer, letter.byteOffset).getUint32(0))

/**
 * What every MailStore must do. `create` makes an empty store that takes letters of all sizes and times.
 *
 * @param many letters that it holds at once in a hundred boxes; fewer where each is a question to a server.
 */
export function mailStoreCompliance(name: string, create: () => Promise<MailStore>, many = 10_000): void {
  const withBox = async (box = boxNamed(1)) => {
    const store = await create()
    await store.putBox(box)
    return { store, box: box.id }
  }

  describe(`${name} as a MailStore`, () => {
    it('has no box that was never made, and takes nothing for it', async () => {
      const store = await create()
      const { id } = boxNamed(1)
      expect(await store.getBox(id)).toBeUndefined()
      expect(await store.deposit(id, depositOf(1), boundsAt())).toEqual({ outcome: 'no-box' })
      expect(await store.letters(id, undefined, 1e6, NOW)).toEqual({ letters: [], more: false })
      expect(await store.usage(id)).toEqual({ letters: 0, bytes: 0, prekeys: 0 })
      await store.drop(id, ['0'])
      await store.deleteBox(id)
      await store.addPrekeys(id, batchOf(1), 4)
      expect(await store.takePrekey(id, 0, 0)).toBeUndefined()
      await store.sweep(NOW, NOW)
    })

    it('keeps what is known of a box, and what changes of it', async () => {
      const { store, box } = await withBox()
      expect(await store.getBox(box)).toEqual(boxNamed(1))
      const card = { peerId: 'lp1x', publishedAt: NOW, expiresAt: NOW + HOUR, record: Uint8Array.of(1, 2) }
      const changed = { ...boxNamed(1), bits: null, wake: 'push', card }
      await store.putBox(changed)
      expect(await store.getBox(box)).toEqual(changed)
      expect(store.totals.boxes).toBe(1)
    })

    it('gives letters in the order in which they came, in pages, and leaves them until they are dropped', async () => {
      const { store, box } = await withBox()
      for (let n = 0; n < 10; n++) await store.deposit(box, depositOf(n), boundsAt())
      const first = await store.letters(box, undefined, 4_096, NOW)
      expect([numbers(first.letters), first.more]).toEqual([[0, 1, 2, 3], true])
      const rest = await store.letters(box, first.letters.at(-1)![0], 1e6, NOW)
      expect([numbers(rest.letters), rest.more]).toEqual([[4, 5, 6, 7, 8, 9], false])
      await store.drop(
        box,
        first.letters.map(([cursor]) => cursor),
      )
      expect(numbers((await store.letters(box, undefined, 1e6, NOW)).letters)).toEqual([4, 5, 6, 7, 8, 9])
      expect(await store.usage(box)).toMatchObject({ letters: 6, bytes: 6_144 })
      expect(store.totals).toEqual({ boxes: 1, letters: 6, bytes: 6_144 })
    })

    it('gives one letter in any case, however little is asked for', async () => {
      const { store, box } = await withBox()
      await store.deposit(box, depositOf(1, { bytes: 262_144 }), boundsAt())
      await store.deposit(box, depositOf(2), boundsAt())
      const { letters, more } = await store.letters(box, undefined, 1, NOW)
      expect([numbers(letters), more, letters[0]![1].length]).toEqual([[1], true, 262_144])
    })

    it('never gives a cursor twice, also where the box was empty between', async () => {
      const { store, box } = await withBox()
      const seen = new Set<string>()
      for (let n = 0; n < 5; n++) {
        await store.deposit(box, depositOf(n), boundsAt())
        const [[cursor]] = (await store.letters(box, undefined, 1e6, NOW)).letters as [[string, Uint8Array]]
        seen.add(cursor)
        await store.drop(box, [cursor])
      }
      expect(seen.size).toBe(5)
    })

    it('keeps the bytes that it was given, whatever becomes of the array, and gives others', async () => {
      const { store, box } = await withBox()
      const deposit = depositOf(7)
      await store.deposit(box, deposit, boundsAt())
      deposit.letter.fill(9)
      const [[, letter]] = (await store.letters(box, undefined, 1e6, NOW)).letters as [[string, Uint8Array]]
      expect(letter).toEqual(letterOf(7))
    })

    it('keeps the same letter once, with the time that it had first', async () => {
      const { store, box } = await withBox()
      const first = await store.deposit(box, depositOf(1, { ttl: 1 }), boundsAt())
      expect(first).toEqual({ outcome: 'stored', until: NOW + 24 * HOUR })
      const again = await Promise.all(
        Array.from({ length: 4 }, () => store.deposit(box, depositOf(1, { ttl: 3 }), boundsAt(NOW + 5))),
      )
      for (const outcome of again) expect(outcome).toEqual({ outcome: 'known', until: NOW + 24 * HOUR })
      const many = await Promise.all(Array.from({ length: 8 }, () => store.deposit(box, depositOf(2), boundsAt())))
      expect(many.map(({ outcome }) => outcome).sort()).toEqual([...Array(7).fill('known'), 'stored'])
      expect(await store.usage(box)).toMatchObject({ letters: 2 })
    })

    it('gives no letter after its time, counts it until the sweep, and takes it anew', async () => {
      const { store, box } = await withBox()
      await store.deposit(box, depositOf(1), boundsAt())
      await store.deposit(box, depositOf(2, { ttl: 1 }), boundsAt())
      const late = NOW + HOUR
      expect(numbers((await store.letters(box, undefined, 1e6, late)).letters)).toEqual([2])
      expect(await store.deposit(box, depositOf(1), boundsAt(late))).toEqual({ outcome: 'stored', until: late + HOUR })
      await store.sweep(late, 0)
      expect(numbers((await store.letters(box, undefined, 1e6, late)).letters)).toEqual([2, 1])
      expect(await store.deposit(box, depositOf(1), boundsAt(late))).toEqual({ outcome: 'known', until: late + HOUR })
      await store.sweep(late + 24 * HOUR, 0)
      expect(await store.usage(box)).toEqual({ letters: 0, bytes: 0, prekeys: 0 })
      expect(store.totals).toEqual({ boxes: 1, letters: 0, bytes: 0 })
    })

    it('refuses a letter of a kind of which there are enough, and keeps those that are there', async () => {
      const { store, box } = await withBox()
      const bounds = boundsAt(NOW, { maxBoxLetters: 2 })
      for (let n = 0; n < 2; n++) await store.deposit(box, depositOf(n), bounds)
      expect(await store.deposit(box, depositOf(3), bounds)).toEqual({ outcome: 'full' })
      expect(await store.deposit(box, depositOf(1), bounds)).toMatchObject({ outcome: 'known' })
      // Another size, another time to live.
      expect(await store.deposit(box, depositOf(4, { bytes: 4_096 }), bounds)).toMatchObject({ outcome: 'stored' })
      expect(await store.deposit(box, depositOf(5, { ttl: 1 }), bounds)).toMatchObject({ outcome: 'stored' })
      expect(numbers((await store.letters(box, undefined, 1e6, NOW)).letters)).toEqual([0, 1, 4, 5])
    })

    it('bounds the bytes of a box, and of the store', async () => {
      const { store, box } = await withBox()
      await store.putBox(boxNamed(2))
      const tight = boundsAt(NOW, { maxBoxBytes: 5_120 })
      expect(await store.deposit(box, depositOf(1, { bytes: 4_096 }), tight)).toMatchObject({ outcome: 'stored' })
      expect(await store.deposit(box, depositOf(2), tight)).toMatchObject({ outcome: 'stored' })
      expect(await store.deposit(box, depositOf(3), tight)).toEqual({ outcome: 'full' })
      expect(await store.deposit(boxNamed(2).id, depositOf(3), boundsAt(NOW, {}, 6_143))).toEqual({ outcome: 'full' })
    })

    it('has the last tenth of its room for contacts, and for boxes with less than their share', async () => {
      const { store, box } = await withBox()
      const other = boxNamed(2)
      await store.putBox(other)
      const bounds = boundsAt(NOW, {}, 20_480)
      for (let n = 0; n < 18; n++) {
        expect(await store.deposit(box, depositOf(n, { isStranger: true }), bounds)).toMatchObject({ outcome: 'stored' })
      }
      expect(await store.deposit(other.id, depositOf(1, { isStranger: true }), bounds)).toEqual({ outcome: 'full' })
      // More than its share.
      expect(await store.deposit(box, depositOf(19), bounds)).toEqual({ outcome: 'full' })
      expect(await store.deposit(other.id, depositOf(1), bounds)).toMatchObject({ outcome: 'stored' })
    })

    it('bounds the letters of strangers, while contacts go on', async () => {
      const { store, box } = await withBox()
      const bounds = boundsAt(NOW, { strangerLettersPerBox: 2 })
      for (let n = 0; n < 2; n++) await store.deposit(box, depositOf(n, { isStranger: true }), bounds)
      expect(await store.deposit(box, depositOf(2, { isStranger: true }), bounds)).toEqual({ outcome: 'full' })
      expect(await store.deposit(box, depositOf(3), bounds)).toMatchObject({ outcome: 'stored' })
      const { letters } = await store.letters(box, undefined, 1e6, NOW)
      await store.drop(box, [letters[0]![0]])
      expect(await store.deposit(box, depositOf(2, { isStranger: true }), bounds)).toMatchObject({ outcome: 'stored' })
    })

    it('has nothing of one box in another: letters, cursors, prekeys', async () => {
      const { store, box } = await withBox()
      const other = boxNamed(2)
      await store.putBox(other)
      await store.deposit(box, depositOf(1), boundsAt())
      await store.addPrekeys(box, batchOf(1), 4)
      const [[cursor]] = (await store.letters(box, undefined, 1e6, NOW)).letters as [[string, Uint8Array]]
      await store.drop(other.id, [cursor, '~', '0', ':'])
      expect((await store.letters(other.id, undefined, 1e6, NOW)).letters).toEqual([])
      expect(await store.takePrekey(other.id, 0, 0)).toBeUndefined()
      await store.deleteBox(other.id)
      expect(await store.usage(box)).toEqual({ letters: 1, bytes: 1_024, prekeys: 16 })
    })

    it('deletes a box with all that is in it, and makes another one under its name', async () => {
      const { store, box } = await withBox({
        ...boxNamed(1),
        card: { peerId: 'lp1x', publishedAt: NOW, expiresAt: NOW + HOUR, record: Uint8Array.of(1) },
      })
      for (let n = 0; n < 3; n++) await store.deposit(box, depositOf(n), boundsAt())
      await store.addPrekeys(box, batchOf(1), 4)
      await store.deleteBox(box)
      expect(await store.getBox(box)).toBeUndefined()
      expect(await store.cardOf('lp1x', NOW)).toBeUndefined()
      expect(store.totals).toEqual({ boxes: 0, letters: 0, bytes: 0 })
      await store.putBox(boxNamed(1))
      expect(await store.usage(box)).toEqual({ letters: 0, bytes: 0, prekeys: 0 })
      await store.deposit(box, depositOf(9), boundsAt(NOW + HOUR / 2))
      // When the letters of the first would have expired.
      await store.sweep(NOW + HOUR, 0)
      expect(numbers((await store.letters(box, undefined, 1e6, NOW + HOUR)).letters)).toEqual([9])
    })

    it('deletes boxes that nobody has opened for long', async () => {
      const { store, box } = await withBox()
      await store.putBox({ ...boxNamed(2), openedAt: NOW + HOUR })
      await store.deposit(box, depositOf(1, { ttl: 3 }), boundsAt())
      await store.sweep(NOW + 2 * HOUR, NOW + 1)
      expect(await store.getBox(box)).toBeUndefined()
      expect(await store.getBox(boxNamed(2).id)).toBeDefined()
      expect(store.totals).toEqual({ boxes: 1, letters: 0, bytes: 0 })
    })

    it('finds the card of a peer, until it expires or another box has it', async () => {
      const card = { peerId: 'lp1x', publishedAt: NOW, expiresAt: NOW + HOUR, record: Uint8Array.of(1) }
      const { store } = await withBox({ ...boxNamed(1), card })
      expect(await store.cardOf('lp1x', NOW)).toEqual(card)
      expect(await store.cardOf('lp1x', NOW + HOUR)).toBeUndefined()
      expect(await store.cardOf('lp1y', NOW)).toBeUndefined()
      await store.putBox({ ...boxNamed(2), card: { ...card, record: Uint8Array.of(2) } })
      expect((await store.cardOf('lp1x', NOW))?.record).toEqual(Uint8Array.of(2))
      await store.putBox(boxNamed(2))
      expect(await store.cardOf('lp1x', NOW)).toBeUndefined()
    })

    it('gives away each prekey once, also to many at once', async () => {
      const { store, box } = await withBox()
      await store.addPrekeys(box, batchOf(1), 4)
      await store.addPrekeys(box, batchOf(1), 4)
      await store.addPrekeys(box, batchOf(2), 4)
      expect((await store.usage(box)).prekeys).toBe(32)
      const taken = await Promise.all(Array.from({ length: 40 }, () => store.takePrekey(box, 0, 0)))
      const names = taken.flatMap((prekey) => (prekey === undefined ? [] : [`${prekey.batch[0]} ${prekey.index}`]))
      expect([names.length, new Set(names).size]).toEqual([32, 32])
      expect(names[0]).toBe('1 0')
      expect((await store.usage(box)).prekeys).toBe(0)
    })

    it('has a reserve of prekeys, none of an older generation, and none that is too old', async () => {
      const { store, box } = await withBox()
      for (let n = 1; n <= 6; n++) await store.addPrekeys(box, batchOf(n), 4)
      expect((await store.usage(box)).prekeys).toBe(64)
      expect((await store.takePrekey(box, 8, 0))?.batch[0]).toBe(3)
      await store.addPrekeys(box, batchOf(7, 2, NOW + HOUR), 4)
      expect((await store.usage(box)).prekeys).toBe(16)
      for (let n = 0; n < 9; n++) expect(await store.takePrekey(box, 8, 0)).toBeDefined()
      expect(await store.takePrekey(box, 8, 0)).toBeUndefined()
      expect(await store.takePrekey(box, 0, NOW + HOUR + 1)).toBeUndefined()
      expect(await store.takePrekey(box, 0, NOW + HOUR)).toMatchObject({ index: 9 })
    })

    it('tells those who watch a box of each letter in it, and of nothing else', async () => {
      const { store, box } = await withBox()
      await store.putBox(boxNamed(2))
      let told = 0
      const stop = store.watch(box, () => told++)
      await store.deposit(box, depositOf(1), boundsAt())
      await store.deposit(box, depositOf(1), boundsAt())
      await store.deposit(boxNamed(2).id, depositOf(2), boundsAt())
      expect(told).toBe(1)
      stop()
      stop()
      await store.deposit(box, depositOf(3), boundsAt())
      expect(told).toBe(1)
    })

    it(`holds ${many} letters in a hundred boxes, and its numbers are those of what is there`, async () => {
      const store = await create()
      for (let n = 0; n < 100; n++) await store.putBox(boxNamed(n))
      const bounds = boundsAt()
      await Promise.all(Array.from({ length: many }, (_, n) => store.deposit(boxNamed(n % 100).id, depositOf(n), bounds)))
      expect(store.totals).toEqual({ boxes: 100, letters: many, bytes: many * 1_024 })
      for (const n of [0, 57, 99]) {
        const { letters, more } = await store.letters(boxNamed(n).id, undefined, 1e6, NOW)
        expect([new Set(numbers(letters)).size, more]).toEqual([many / 100, false])
      }
      await store.sweep(NOW + HOUR, 0)
      expect(store.totals).toEqual({ boxes: 100, letters: 0, bytes: 0 })
    }, 60_000)

    it('does what a list does, by any sequence of calls', async () => {
      const step = fc.oneof(
        fc.record({ call: fc.constant('deposit' as const), n: fc.nat(6), ttl: fc.constantFrom<TtlClass>(0, 1) }),
        fc.record({ call: fc.constant('drop' as const), n: fc.nat(8) }),
        fc.record({ call: fc.constant('wait' as const), n: fc.nat(4) }),
        fc.record({ call: fc.constant('sweep' as const) }),
      )
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
          const { store, box } = await withBox()
          let now = NOW
          let model: { n: number; until: number }[] = []
          for (const each of steps) {
            if (each.call === 'wait') now += each.n * (HOUR / 3)
            if (each.call === 'sweep') await store.sweep(now, 0)
            model = model.filter(({ until }) => until > now)
            const { letters } = await store.letters(box, undefined, 1e6, now)
            expect(numbers(letters)).toEqual(model.map(({ n }) => n))
            if (each.call === 'drop' && letters[each.n] !== undefined) {
              await store.drop(box, [letters[each.n]![0]])
              model.splice(each.n, 1)
            }
            if (each.call === 'deposit') {
              const { outcome } = await store.deposit(box, depositOf(each.n, { ttl: each.ttl }), boundsAt(now))
              const isKnown = model.some(({ n }) => n === each.n)
              expect(outcome).toBe(isKnown ? 'known' : 'stored')
              if (!isKnown) model.push({ n: each.n, until: now + (each.ttl === 0 ? HOUR : 24 * HOUR) })
            }
          }
        }),
        { numRuns: 20 },
      )
    }, 60_000)
  })
}
