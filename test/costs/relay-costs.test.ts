import { afterEach, expect, it, vi } from 'vitest'
import { hexOf } from '../../src/base/bytes.js'
import { P2PCoordinator } from '../../src/coordinator.js'
import { ProcessorTime } from '../../src/defence/processor-time.js'
import { startRelay, webSocketServer } from '../../src/node/index.js'

const ending: (() => Promise<unknown>)[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  for (const end of ending.splice(0)) await end()
})

async function relay(): Promise<string> {
  const started = await startRelay({ port: 0, host: '127.0.0.1' })
  ending.push(() => started.stop())
  return started.addresses[0]!
}

/** A node of an application that listens: what it has of a relay comes with its listener. */
async function listener(): Promise<string> {
  const node = new P2PCoordinator({ listen: [webSocketServer({ port: 0, host: '127.0.0.1' })] })
  await node.start()
  ending.push(() => node.shutdown())
  return node.addresses[0]!
}

it.each([
  ['a relay', relay],
  ['a coordinator that listens', listener],
])('%s accounts what a peer costs, and what it is answered, to the peer', async (_, start) => {
  const charged = vi.spyOn(ProcessorTime.prototype, 'charge')
  const sent = vi.spyOn(ProcessorTime.prototype, 'sent')
  const wallet = new P2PCoordinator()
  ending.push(() => wallet.shutdown())
  await wallet.connectToPeer(await start())
  expect(await wallet.dht.get('key')).toBeNull()
  const key = hexOf(wallet.publicKey)
  expect(charged.mock.calls.map(([peer]) => peer)).toContain(key)
  expect(sent.mock.calls.filter(([peer, , isAnswer]) => peer === key && isAnswer)).not.toEqual([])
})
