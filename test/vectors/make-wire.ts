/**
 * Makes docs/vectors/*.json and docs/wire/vectors.md: the bytes of docs/wire-protocol.md, all from fixed keys.
 *
 * npm run docs:vectors
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { channelVectors } from './channel.js'
import { vectorsDocument } from './document.js'
import { encodingVectors } from './encoding.js'
import { badHandshakeVectors, handshakeVectors } from './handshake.js'
import { identityVectors } from './identity.js'
import { circuitVectors, dhtVectors, statementVectors, topicVectors } from './payloads.js'
import { signingVectors } from './signing.js'

export async function makeWireVectors() {
  return {
    encoding: encodingVectors(),
    identity: await identityVectors(),
    handshake: { ...handshakeVectors(), invalid: badHandshakeVectors() },
    channel: channelVectors(),
    circuits: circuitVectors(),
    dht: dhtVectors(),
    topics: topicVectors(),
    statements: statementVectors(),
    signing: signingVectors(),
  }
}

export type WireVectors = Awaited<ReturnType<typeof makeWireVectors>>

/** The files, as paths from the root, with what they hold. */
export async function vectorFiles(): Promise<Record<string, string>> {
  const vectors = await makeWireVectors()
  const files: Record<string, string> = { 'docs/wire/vectors.md': vectorsDocument(vectors) }
  for (const [name, content] of Object.entries(vectors)) {
    files[`docs/vectors/${name}.json`] = `${JSON.stringify(content, undefined, 2)}\n`
  }
  return files
}

if (process.argv.includes('--write')) {
  for (const [path, text] of Object.entries(await vectorFiles())) {
    let before: string | undefined
    try {
      before = readFileSync(path, 'utf8')
    } catch {
      // The file is new.
    }
    if (before !== text) writeFileSync(path, text)
  }
}
