import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { learnt } from '../../src/address/dial-policy.js'

describe('an address with letters beyond ASCII', () => {
  it('is read the same however often addresses were read before', () => {
    for (let i = 0; i < 20_000; i++) learnt(`wss://relay${i % 7}.example`, {})
    expect(learnt('wss://bücher.example', {})).toBe('wss://xn--bcher-kva.example')
  })

  it('is read by no function that forgets them once it is compiled', () => {
    const root = new URL('../../src/', import.meta.url)
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
    expect(files.filter((name) => /URL\.canParse\(/.test(readFileSync(new URL(name, root), 'utf8')))).toEqual([])
  })
})
