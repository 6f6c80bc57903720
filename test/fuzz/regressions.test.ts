import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'vitest'
import type { FuzzTarget } from './target.js'
import * as channel from './targets/channel.js'
import * as circuit from './targets/circuit.js'
import * as codec from './targets/codec.js'
import * as dht from './targets/dht.js'
import * as frames from './targets/frames.js'
import * as handlers from './targets/handlers.js'
import * as handshake from './targets/handshake.js'
import * as messages from './targets/messages.js'
import * as musig2 from './targets/musig2.js'
import * as records from './targets/records.js'
import * as statements from './targets/statements.js'
import * as topics from './targets/topics.js'

const targets: Record<string, FuzzTarget> = {
  channel,
  circuit,
  codec,
  dht,
  frames,
  handlers,
  handshake,
  messages,
  musig2,
  records,
  statements,
  topics,
}

describe.each(Object.entries(targets))('what the fuzzer of %s begins with, and has ever found', (name, { fuzz, seeds }) => {
  const kept = fileURLToPath(new URL(`regressions/${name}/`, import.meta.url))

  it('passes', async () => {
    const inputs = [...(await seeds())]
    if (existsSync(kept)) for (const file of readdirSync(kept)) inputs.push(new Uint8Array(readFileSync(`${kept}${file}`)))
    for (const input of inputs) await fuzz(input)
  })
})
