import { afterEach, describe, expect, it } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { withTransport } from '../../src/core/with-transport.js'
import { P2PCoordinator } from '../../src/core.js'
import { webSocketServer } from '../../src/node/web-socket-server.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'
import type { Listener, Transport } from '../../src/transport/transport.js'

let net: TestNetwork | undefined
afterEach(async () => {
  await net?.stop()
  net = undefined
})

const silent = { debug() {}, warn() {}, error() {} }
const never = () => new Promise<never>(() => {})
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (error) => error.code ?? error.message,
  )

/** A listener that notes what is done to it. */
function noted(listen: Listener['listen'], close: Listener['close'] = async () => {}) {
  const notes: string[] = []
  const listener: Listener = {
    transport: 'memory',
    addresses: [],
    listen: (accept) => {
      notes.push('listen')
      return listen(accept)
    },
    close: () => {
      notes.push('close')
      return close()
    },
  }
  return { listener, notes }
}

describe('listeners', () => {
  it('are all closed where one of them cannot open, and can be tried again', async () => {
    let free = false
    const good = noted(async () => {})
    const taken = noted(async () => {
      if (!free) throw new P2PError('ADDRESS_IN_USE', 'Taken.')
    })
    const wallet = new P2PCoordinator({ logger: silent, listen: [good.listener, taken.listener] })
    expect(await code(wallet.start())).toBe('ADDRESS_IN_USE')
    expect(good.notes).toEqual(['listen', 'close'])
    free = true
    expect(await code(wallet.start())).toBe('done')
    expect(good.notes).toEqual(['listen', 'close', 'listen'])
    await wallet.shutdown()
    expect(good.notes.at(-1)).toBe('close')
  })

  it('of real sockets open once the port is free again', async () => {
    const first = new P2PCoordinator({ logger: silent, listen: [webSocketServer()] })
    await first.start()
    const port = Number(new URL(first.addresses[0]!).port)
    const second = new P2PCoordinator({ logger: silent, listen: [webSocketServer(), webSocketServer({ port })] })
    expect(await code(second.start())).toBe('ADDRESS_IN_USE')
    await first.shutdown()
    expect(await code(second.start())).toBe('done')
    expect(second.addresses).toHaveLength(2)
    await second.shutdown()
  })

  it('that throw at once, or fail to close, are told with a code, and end no other', async () => {
    const thrower = noted(
      () => {
        throw new Error('at once')
      },
      () => {
        throw new Error('at once')
      },
    )
    const good = noted(async () => {})
    const wallet = new P2PCoordinator({ logger: silent, listen: [thrower.listener, good.listener] })
    expect(await code(wallet.start())).toBe('at once')
    expect(good.notes).toEqual(['listen', 'close'])
    expect(await code(wallet.shutdown())).toBe('done')
  })

  it('that never settle hold up a shutdown no longer than its grace, and are closed where they open after it', async () => {
    net = createTestNetwork()
    let open = () => {}
    const slow = noted(
      () =>
        new Promise((resolve) => {
          open = resolve
        }),
    )
    const stuck = noted(never, never)
    const wallet = net.createPeer({ host: 'wallet', listening: false })
    const other = new P2PCoordinator({ clock: net.clock, logger: silent, listen: [slow.listener, stuck.listener] })
    void other.start().catch(() => {})
    await net.clock.advance(10)
    expect(await net.run(code(other.shutdown()))).toBe('done')
    const closes = () => slow.notes.filter((note) => note === 'close').length
    expect(closes()).toBe(1)
    open()
    await net.clock.advance(10)
    expect(closes()).toBe(2)
    await net.run(wallet.shutdown())
  })

  it('accept nobody while the coordinator is suspended, even where it was suspended as it opened', async () => {
    net = createTestNetwork({ latencyMs: 5 })
    const bob = net.createPeer({ host: 'bob' })
    const start = code(bob.start())
    bob.suspend()
    expect(await net.run(start)).toBe('SUSPENDED')
    const carol = net.createPeer({ host: 'carol', listening: false })
    expect(await net.run(code(carol.connectToPeer('memory://bob', { timeoutMs: 2_000 })))).not.toBe('done')
    expect([bob.status, bob.getConnectedPeers()]).toEqual(['suspended', []])
    await net.run(bob.resume())
    expect(await net.run(code(carol.connectToPeer('memory://bob')))).toBe('done')
  })
})

describe('a transport of the application', () => {
  const plain: Transport = { name: 'plain', rank: 1, direct: true, canDial: () => false, dial: () => Promise.reject() }

  it('that fails to discover, or to stop, or at a change of the network, harms nobody', async () => {
    net = createTestNetwork()
    const fail = () => {
      throw new Error('broken')
    }
    const errors: string[] = []
    const alice = net.createPeer({
      host: 'alice',
      plugins: [
        withTransport({ ...plain, name: 'one', discover: fail }),
        withTransport({ ...plain, name: 'two', discover: () => fail, networkChanged: fail }),
      ],
    })
    alice.on('error', ({ code }) => errors.push(code))
    expect(await net.run(code(alice.start()))).toBe('done')
    alice.suspend()
    expect(await net.run(code(alice.resume()))).toBe('done')
    expect(new Set(errors)).toEqual(new Set(['LISTENER_FAILED']))
  })

  it('discovers while the coordinator runs, once', async () => {
    net = createTestNetwork()
    let running = 0
    const most: number[] = []
    const finder: Transport = {
      ...plain,
      discover: () => {
        most.push(++running)
        return () => void running--
      },
    }
    const alice = net.createPeer({ host: 'alice' })
    await net.run(alice.start())
    alice.suspend()
    await alice.use(withTransport(finder))
    expect(most).toEqual([])
    await net.run(alice.resume())
    expect(most).toEqual([1])
    await net.run(alice.shutdown())
    expect(running).toBe(0)
  })
})
