import { hexToBytes as bytes } from '@noble/hashes/utils.js'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import channel from '../docs/vectors/channel.json' with { type: 'json' }
import { P2PCoordinator } from '../src/index.js'
import { webSocketServer } from '../src/node/index.js'
import { KIND } from './vectors/handshake.js'
import { RawInitiator, RawProcess, unpack } from './vectors/raw-initiator.js'

// The vectors of docs/vectors/channel.json, said to a coordinator over a socket by a peer that is made of docs/wire-protocol.md alone.

const listener = webSocketServer()
const coordinator = new P2PCoordinator({ listen: [listener] })
let delivered: unknown[] = []
let expected: (() => void) | undefined

const deliver = (payload: unknown) => {
  delivered.push(payload)
  expected?.()
}

beforeAll(async () => {
  coordinator.registerProtocol({ protocolName: 'chat', handleMessage: async ({ payload }) => deliver(payload) })
  coordinator.on('message', ({ protocol, payload }) => protocol === undefined && deliver(payload))
  coordinator.on('error', () => {})
  await coordinator.start()
})
afterAll(() => coordinator.shutdown())
beforeEach(() => {
  delivered = []
  expected = undefined
})

async function connected(process = new RawProcess(), changes = 0): Promise<RawInitiator> {
  const peer = await new RawInitiator(process).connect(listener.addresses[0]!)
  await peer.describe(changes)
  return peer
}

const closedWith = async (peer: RawInitiator) => unpack((await peer.until(KIND.CLOSE)).body).code

test.each(channel.invalidPlaintexts)('ends the channel: $why', async ({ plaintext, code }) => {
  const peer = await connected()
  peer.send(bytes(plaintext))
  expect(await closedWith(peer)).toBe(code)
})

test.each(channel.scenarios)('$what', async ({ paths, delivered: wanted, code }) => {
  const process = new RawProcess()
  const enough = new Promise<void>((resolve) => {
    expected = () => delivered.length >= (wanted?.length ?? Number.POSITIVE_INFINITY) && resolve()
  })
  let peer!: RawInitiator
  for (const [changes, entries] of paths.entries()) {
    peer = await connected(process, changes)
    peer.send(...entries.map(bytes))
    // What was said on a path has come before the next one speaks.
    if (code === undefined || changes < paths.length - 1) await peer.until(KIND.ACK)
  }
  if (code !== undefined) expect(await closedWith(peer)).toBe(code)
  else {
    await enough
    expect(delivered).toEqual(wanted)
  }
  peer.cut()
})
