import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir, uptime } from 'node:os'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { whileLocked } from '../../src/node/file-lock.js'
import { fileStore } from '../../src/node/file-store.js'
import { keyValueStoreCompliance } from '../compliance/key-value-store.js'

let folder: string
let count = 0
const path = () => join(folder, `${count}`, 'b', `${count++}.json`)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lotus-file-store-'))
})

afterAll(() => rm(folder, { recursive: true }))

keyValueStoreCompliance('fileStore', () => fileStore(path()))

describe('fileStore', () => {
  it('keeps everything over a restart, for its owner only', async () => {
    const file = path()
    const store = fileStore(file)
    await Promise.all(Array.from({ length: 100 }, (_, i) => store.set(`key${i}`, Uint8Array.of(i))))
    await store.delete('key5')
    await store.close()
    const again = fileStore(file)
    expect(await again.keys('')).toHaveLength(99)
    expect(await again.get('key7')).toEqual(Uint8Array.of(7))
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  it('loses nothing of what another store of the same path writes, at once or before', async () => {
    const file = path()
    const [ours, theirs] = [fileStore(file), fileStore(file)]
    await ours.set('a', Uint8Array.of(1))
    await theirs.get('a')
    await ours.set('b', Uint8Array.of(2))
    await theirs.set('c', Uint8Array.of(3))
    await Promise.all(
      [ours, theirs].flatMap((store, who) => Array.from({ length: 20 }, (_, i) => store.set(`${who}/${i}`, Uint8Array.of(i)))),
    )
    await theirs.delete('a')
    expect((await fileStore(file).keys('')).sort()).toEqual((await theirs.keys('')).sort())
    expect(await theirs.keys('')).toHaveLength(42)
    expect(await readdir(dirname(file))).not.toContainEqual(expect.stringContaining('.tmp'))
  })

  it('takes keys such as __proto__ for what they are', async () => {
    const file = path()
    await fileStore(file).set('__proto__', Uint8Array.of(1))
    expect(await fileStore(file).get('__proto__')).toEqual(Uint8Array.of(1))
    expect(await fileStore(file).get('constructor')).toBeUndefined()
  })

  it.each(['', 'not JSON', '[]', '{"a":1}', 'null'])('never overwrites a file that holds %j', async (text) => {
    const file = join(folder, `odd${count++}`)
    await writeFile(file, text)
    const store = fileStore(file)
    await expect(store.get('a')).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    await expect(store.set('a', new Uint8Array(1))).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    expect(await readFile(file, 'utf8')).toBe(text)
  })

  it('says why it cannot write, and goes on when it can', async () => {
    const blocked = join(folder, 'blocked')
    await writeFile(blocked, 'a file, not a folder')
    const store = fileStore(join(blocked, 'store.json'))
    await expect(store.set('a', new Uint8Array(1))).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    await rm(blocked)
    await store.set('a', Uint8Array.of(2))
    expect(await fileStore(join(blocked, 'store.json')).get('a')).toEqual(Uint8Array.of(2))
  })
})

describe('a file store of several processes', () => {
  let program: string
  beforeAll(async () => {
    program = join(folder, 'writer.mjs')
    await build({
      entryPoints: [new URL('file-store-process.ts', import.meta.url).pathname],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
    })
  })

  const writer = (file: string, name: string, count: number): ChildProcess => fork(program, [file, name, `${count}`])

  it('loses nothing of what they write in the same milliseconds', async () => {
    const file = path()
    const count = 60
    const names = ['a', 'b', 'c']
    const children = names.map((name) => writer(file, name, count))
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]))
    expect(codes).toEqual([0, 0, 0])
    const keys = await fileStore(file).keys('')
    expect(keys.sort()).toEqual(names.flatMap((name) => Array.from({ length: count }, (_, n) => `${name}/${n}`)).sort())
    expect(await readdir(dirname(file))).toEqual([file.slice(dirname(file).length + 1)])
  }, 60_000)

  it('goes on after processes that were killed as they wrote, at any moment', async () => {
    const file = path()
    for (let round = 0; round < 6; round++) {
      const killed = [writer(file, `x${round}`, 1e6), writer(file, `y${round}`, 1e6)]
      await Promise.all(killed.map((child) => once(child, 'message')))
      for (const child of killed) child.kill('SIGKILL')
      await Promise.all(killed.map((child) => once(child, 'exit')))
      await fileStore(file).set(`own/${round}`, Uint8Array.of(round))
    }
    expect(await fileStore(file).keys('own/')).toHaveLength(6)
    expect((await readdir(dirname(file))).filter((name) => name.endsWith('.lock'))).toEqual([])
  }, 60_000)

  it('breaks the lock of a process that is gone, one that had our number included, and waits for one that lives', async () => {
    const child = writer(path(), 'gone', 1)
    await once(child, 'exit')
    const lockOf = (pid: number, since: number) => JSON.stringify({ token: 'f00d', pid, host: hostname(), since })
    for (const [pid, since] of [
      [child.pid!, Date.now()],
      [process.pid, Date.now() - 86_400_000],
      // Before the machine started: another program has the number now.
      [process.ppid, Date.now() - uptime() * 1_000 - 60_000],
    ] as const) {
      const file = path()
      await mkdir(dirname(file), { recursive: true })
      await writeFile(`${file}.lock`, lockOf(pid, since))
      await fileStore(file).set('a', Uint8Array.of(1))
      expect(await fileStore(file).keys('')).toEqual(['a'])
    }
    const file = path()
    await mkdir(dirname(file), { recursive: true })
    await writeFile(`${file}.lock`, lockOf(process.ppid, Date.now()))
    const writing = fileStore(file).set('a', Uint8Array.of(1))
    await once(writer(path(), 'meanwhile', 1), 'exit')
    expect(await readdir(dirname(file))).not.toContain(file.slice(dirname(file).length + 1))
    await rm(`${file}.lock`)
    await writing
    expect(await fileStore(file).keys('')).toEqual(['a'])
  }, 60_000)

  it.each(['', 'not JSON', 'null', '[]', '{"token":1}', '{"token":"../x","pid":1,"host":"h","since":0}'])(
    'breaks a lock that names nobody, as a machine that lost its power leaves one: %j',
    async (text) => {
      const file = path()
      await mkdir(dirname(file), { recursive: true })
      await writeFile(`${file}.lock`, text)
      await utimes(`${file}.lock`, new Date(), new Date(Date.now() - 60_000))
      await fileStore(file).set('a', Uint8Array.of(1))
      expect(await fileStore(file).keys('')).toEqual(['a'])
      expect(await readdir(dirname(file))).toEqual([file.slice(dirname(file).length + 1)])
    },
  )

  it('fails where something that is no file stands in the place of its lock, and waits for nothing', async () => {
    const file = path()
    await mkdir(`${file}.lock`, { recursive: true })
    await expect(fileStore(file).set('a', Uint8Array.of(1))).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
  })

  it('leaves a lock to whoever has made it, where its own was taken away', async () => {
    const lock = `${path()}.lock`
    const theirs = JSON.stringify({ token: 'feed', pid: process.ppid, host: hostname(), since: Date.now() })
    await whileLocked(lock, async () => {
      await rm(lock)
      await writeFile(lock, theirs)
    })
    expect(await readFile(lock, 'utf8')).toBe(theirs)
  })
})
