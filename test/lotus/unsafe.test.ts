import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

it('multiplications that are not constant in time are in files that verify alone, and those meet no secret', () => {
  const files = ['lotus', 'musig2'].flatMap((folder) => readdirSync(`src/${folder}`).map((file) => `${folder}/${file}`))
  const unsafe = files.filter((file) =>
    /\b(?:multiplyUnsafe|mulAddUnsafe|multiplyAndAddUnsafe)\b/.test(readFileSync(`src/${file}`, 'utf8')),
  )
  expect(unsafe.length).toBeGreaterThan(2)
  for (const file of unsafe) {
    expect(file).toMatch(/(?:^|[\\/])verify-[a-z-]+\.ts$/)
    expect([file, readFileSync(`src/${file}`, 'utf8').match(/secret|nonceOf|SecretNonce/i)]).toEqual([file, null])
  }
})
