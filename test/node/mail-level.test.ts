import { type ChildProcess, fork } from 'node:child_process'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MailStore } from '../../src/mail/server/mail-store.js'
import { levelMail } from '../../src/node/mail-level.js'
import { boundsAt, boxNamed, depositOf, mailStoreCompliance } from '../compliance/mail-store.js'

const NOW = 1_700_000_000_000
let folder: string
let count = 0
const stores = new Set<MailStore>()

const made = (name = String(count++)): MailStore => {
  const store = levelMail(join(folder, name))
  stores.add(store)
  return store
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lotus-mail-'))
})

afterAll(async () => {
  for (const store of stores) await store.close()
  await rm(folder, { recursive: true })
})

mailStoreCompliance('levelMail', async () => made())

describe('levelMail', () => {
  it('keeps everything over a close, and opens again by itself', async () => {
    const store = made('kept')
    const box = boxNamed(1)
    await store.putBox(box)
    for (let n = 0; n < 5; n++) await store.deposit(box.id, depositOf(n, { isStranger: n > 2 }), boundsAt())
    await store.addPrekeys(
      box.id,
      { batch: new Uint8Array(700), signature: new Uint8Array(64), generation: new Uint8Array(8), madeAt: NOW },
      4,
    )
    await store.takePrekey(box.id, 0, 0)
    await store.close()
    await store.close()
    const again = made('kept')
    expect(await again.getBox(box.id)).toEqual(box)
    expect(await again.usage(box.id)).toEqual({ letters: 5, bytes: 5_120, prekeys: 15 })
    expect(again.totals).toEqual({ boxes: 1, letters: 5, bytes: 5_120 })
    const strangers = boundsAt(NOW, { strangerLettersPerBox: 2 })
    expect(await again.deposit(box.id, depositOf(9, { isStranger: true }), strangers)).toEqual({ outcome: 'full' })
    expect(await again.takePrekey(box.id, 0, 0)).toMatchObject({ index: 1 })
  })

  it('is used by one process at a time, and says so', async () => {
    const first = made('locked')
    await first.putBox(boxNamed(1))
    const second = made('locked')
    await expect(second.getBox('0')).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      message: expect.stringContaining('Another process'),
    })
    await first.close()
    expect(await second.getBox(boxNamed(1).id)).toEqual(boxNamed(1))
  })

  it.each(['', undefined, 7])('refuses %j as a path', (path) => {
    expect(() => levelMail(path as string)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
  })

  it('writes what waited when it is closed', async () => {
    const store = made('closing')
    await store.putBox(boxNamed(1))
    const deposits = Array.from({ length: 50 }, (_, n) => store.deposit(boxNamed(1).id, depositOf(n), boundsAt()))
    await deposits[0]
    await store.close()
    const outcomes = await Promise.allSettled(deposits)
    const kept = outcomes.filter((outcome) => outcome.status === 'fulfilled').length
    expect((await made('closing').usage(boxNamed(1).id)).letters).toBeGreaterThanOrEqual(kept)
  })
})

describe('levelMail in a process that is killed', () => {
  it('has all that it has answered, once, and numbers that are those of what is there', async () => {
    const program = join(folder, 'writer.mjs')
    await symlink(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'))
    await build({
      stdin: { contents: WRITER, resolveDir: process.cwd() },
      outfile: program,
      ...{ bundle: true, platform: 'node', format: 'esm', packages: 'external', logLevel: 'error' },
    })
    const box = boxNamed(1).id
    const answered = new Set<number>()
    const dropped = new Set<string>()
    for (let life = 0; life < 4; life++) {
      const child: ChildProcess = fork(program, [join(folder, 'killed'), `${life}`])
      let told = 0
      await new Promise<void>((resolve, reject) => {
        child.on('message', ({ n, cursor }: { n?: number; cursor?: string }) => {
          if (n !== undefined) answered.add(n)
          if (cursor !== undefined) dropped.add(cursor)
          if (++told === 60 + 17 * life) child.kill('SIGKILL')
        })
        child.on('exit', () => (told < 60 ? reject(new Error('The writer ended by itself.')) : resolve()))
      })
      const store = made('killed')
      const { letters } = await store.letters(box, undefined, 4_194_304, NOW)
      const numbers = letters.map(([, letter]) => new DataView(letter.buffer, letter.byteOffset).getUint32(0))
      expect(new Set(numbers).size).toBe(numbers.length)
      expect(letters.filter(([cursor]) => dropped.has(cursor))).toEqual([])
      // What the writer drops are the letters of whole tens.
      expect([...answered].filter((n) => n % 10 !== 0 && !numbers.includes(n))).toEqual([])
      expect(await store.usage(box)).toMatchObject({ letters: numbers.length, bytes: numbers.length * 1_024 })
      expect(store.totals.letters).toBe(numbers.length)
      await store.close()
    }
    expect(answered.size).toBeGreaterThan(100)
  }, 60_000)
})

/** Deposits letters, drops each tenth, and tells what has been answered. */
const WRITER = `
import { levelMail } from './src/node/mail-level.js'
import { createHash } from 'node:crypto'
const [path, life] = process.argv.slice(2)
const store = levelMail(path)
const box = { id: '1'.padStart(32, '0'), access: new Uint8Array(32), bits: 20, max: 4, openedAt: ${NOW} }
const limits = { maxBoxLetters: 60000, maxBoxBytes: 1e9, strangerLettersPerBox: 32 }
await store.putBox(box)
for (let i = 0; ; i += 5) {
  await Promise.all([0, 1, 2, 3, 4].map(async (j) => {
    const n = Number(life) * 100000 + i + j
    const letter = new Uint8Array(1024)
    new DataView(letter.buffer).setUint32(0, n)
    const id = new Uint8Array(createHash('sha256').update(letter).digest().subarray(0, 16))
    await store.deposit(box.id, { id, letter, ttl: 3, isStranger: false }, { now: ${NOW}, maxBytes: 1e9, limits })
    process.send({ n })
  }))
  if (i % 10 !== 0) continue
  const { letters } = await store.letters(box.id, undefined, 4194304, ${NOW})
  const found = letters.find(([, letter]) => new DataView(letter.buffer, letter.byteOffset).getUint32(0) % 10 === 0)
  if (found === undefined) continue
  await store.drop(box.id, [found[0]])
  process.send({ cursor: found[0] })
}
`
