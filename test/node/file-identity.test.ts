import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fileIdentity } from '../../src/node/file-identity.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lotus-identity-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('fileIdentity', () => {
  it('makes the file once, for its owner only, and finds the same identity again', async () => {
    const path = join(folder, 'new', 'relay.key')
    const first = await fileIdentity(path)
    expect(first.publicKey).toHaveLength(32)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readFile(path, 'utf8')).toMatch(/^[0-9a-f]{64}\n$/)
    expect((await fileIdentity(path)).publicKey).toEqual(first.publicKey)
    expect(await readdir(join(folder, 'new'))).toEqual(['relay.key'])
  })

  it('settles on one identity when several start at once', async () => {
    const path = join(folder, 'race.key')
    const all = await Promise.all(Array.from({ length: 10 }, () => fileIdentity(path)))
    expect(new Set(all.map(({ publicKey }) => publicKey.toString())).size).toBe(1)
    expect((await readdir(folder)).filter((name) => name.includes('tmp'))).toEqual([])
  })

  it.each(['', 'ab', `${'g'.repeat(64)}\n`, `${'a'.repeat(65)}\n`])(
    'refuses a corrupt file (%j) and leaves it as it is',
    async (content) => {
      const path = join(folder, 'corrupt.key')
      await writeFile(path, content)
      await expect(fileIdentity(path)).rejects.toMatchObject({ code: 'IDENTITY_FAILED' })
      expect(await readFile(path, 'utf8')).toBe(content)
    },
  )

  it('says so where the place cannot be used, and never shows the seed', async () => {
    await writeFile(join(folder, 'file'), 'x')
    await expect(fileIdentity(join(folder, 'file', 'relay.key'))).rejects.toMatchObject({ code: 'IDENTITY_FAILED' })
    await expect(fileIdentity(folder)).rejects.toMatchObject({ code: 'IDENTITY_FAILED' })
    const path = join(folder, 'secret.key')
    await writeFile(path, `${'a'.repeat(63)}z`)
    await chmod(path, 0o600)
    const error = await fileIdentity(path).catch((reason) => reason)
    expect(`${error.message} ${JSON.stringify(error.details)}`).not.toContain('aaaa')
  })
})
