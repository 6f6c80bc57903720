import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'vitest'
import type { FuzzTarget } from './target.js'
import * as channel from './targets/channel.js'
import * as codec from './targets/codec.js'
import * as frames from './targets/frames.js'
import * as handlers from './targets/handlers.js'
import * as handshake from './targets/handshake.js'
import * as messages from './targets/messages.js'

const targets: Record<string, FuzzTarget> = { channel, codec, frames, handlers, handshake, messages }

describe.each(Object.entries(targets))('what the fuzzer of %s begins with, and has ever found', (name, { fuzz, seeds }) => {
  const kept = fileURLToPath(new URL(`regressions/${name}/`, import.meta.url))

  it('passes', async () => {
    const inputs = [...(await seeds())]
    if (existsSync(kept)) for (const file of readdirSync(kept)) inputs.push(new Uint8Array(readFileSync(`${kept}${file}`)))
    for (const input of inputs) await fuzz(input)
  })
})
