import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fileStore } from '../../src/node/file-store.js'
import { keyValueStoreCompliance } from '../compliance/key-value-store.js'

let folder: string
let count = 0
const path = () => join(folder, 'a', 'b', `${count++}.json`)

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
