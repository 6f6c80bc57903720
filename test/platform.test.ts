import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

it('no key is exported as JWK: in Node 20 that call deadlocks the process when a garbage collection falls into it', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  expect(sources.length).toBeGreaterThan(50)
  for (const name of sources) expect(readFileSync(join('src', name), 'utf8'), name).not.toMatch(/\.export\(\{ format: 'jwk'/)
})
