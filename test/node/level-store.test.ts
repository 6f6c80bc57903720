import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { P2PCoordinator } from '../../src/coordinator.js'
import { type LevelStore, levelStore } from '../../src/node/level-store.js'
import { webSocketServer } from '../../src/node/web-socket-server.js'
import { keyValueStoreCompliance } from '../compliance/key-value-store.js'

let folder: string
let count = 0
const stores = new Set<LevelStore>()

const made = (name = String(count++)): LevelStore => {
  const store = levelStore(join(folder, name))
  stores.add(store)
  return store
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lotus-level-'))
})

afterAll(async () => {
  for (const store of stores) await store.close()
  await rm(folder, { recursive: true })
})

keyValueStoreCompliance('levelStore', () => made())

describe('levelStore', () => {
  it('keeps everything over a close, and opens again by itself', async () => {
    const store = made('kept')
    await store.set('ban/lp1x', Uint8Array.of(1, 2))
    await store.close()
    expect(await store.get('ban/lp1x')).toEqual(Uint8Array.of(1, 2))
    await store.close()
    await store.close()
    const again = made('kept')
    expect(await again.keys('ban/')).toEqual(['ban/lp1x'])
    await again.close()
  })

  it('says that another has the folder open, and works once it is free', async () => {
    const [first, second] = [made('shared'), made('shared')]
    await first.set('a', Uint8Array.of(1))
    await expect(second.get('a')).rejects.toMatchObject({ code: 'STORAGE_FAILED', message: expect.stringContaining('open') })
    await first.close()
    expect(await second.get('a')).toEqual(Uint8Array.of(1))
    await second.close()
  })

  it('refuses a path that is none with INVALID_CONFIG, and one that cannot be made with STORAGE_FAILED', async () => {
    expect(() => levelStore('')).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
    await expect(levelStore('/dev/null/store').get('a')).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
  })

  it('lets a server remember over a restart whose a name is', async () => {
    const names = made('names')
    const codes: unknown[] = []
    for (let start = 0; start < 2; start++) {
      const listener = webSocketServer({ port: 0, host: '127.0.0.1' })
      const server = new P2PCoordinator({ listen: [listener], store: names })
      await server.start()
      const alice = new P2PCoordinator({ peerId: 'alice' })
      const dial = alice.connectToPeer(listener.addresses[0]!)
      codes.push(
        await dial.then(
          () => server.isConnected('alice'),
          (error) => error.code,
        ),
      )
      await alice.shutdown()
      await server.shutdown()
      await names.close()
    }
    expect(codes).toEqual([true, 'NAME_TAKEN'])
  })
})
