import { afterEach, describe, expect, it } from 'vitest'
import { isP2PError } from '../../src/base/errors.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import type { Onion } from '../../src/onion/index.js'
import { dropper, type OnionNet, onionNetwork, onionWallet, passing, readyWallet } from './wallets.js'

let open: OnionNet | undefined

afterEach(async () => {
  await open?.net.stop()
  open = undefined
})

const MINUTE_MS = 60_000

/** The guards of a wallet: the first one is used. */
const guardsOf = (onion: Onion) => (onion as unknown as { guards: { all(): { id: string }[] } }).guards.all().map(({ id }) => id)

describe('what goes wrong', () => {
  it('a third of the hops drops a third of the packets: 99 of 100 requests succeed, and the droppers are left out in ten minutes', async () => {
    const droppers = [1, 4, 7]
    open = await onionNetwork({
      relays: 9,
      operators: 9,
      pluginsOf: (i) => (droppers.includes(i) ? [dropper(0.3, i)] : []),
    })
    const { net, relays } = open
    const wallet = await readyWallet(open)
    const identity = wallet.onion.identity('test')
    const { scores } = wallet.onion as unknown as { scores: { isLeftOut(id: string): boolean } }
    const leftOut = () => relays.flatMap(({ publicKey }, i) => (scores.isLeftOut(encodePeerId(publicKey)) ? [i] : []))
    let failed = 0
    let asked = 0
    const startedAt = net.clock.now()
    while (net.clock.now() - startedAt < 10 * MINUTE_MS && (asked < 150 || leftOut().length < droppers.length)) {
      asked++
      await passing(net, identity.ping({ timeoutMs: 120_000 })).catch((error) => {
        if (!isP2PError(error, 'ONION_TIMEOUT')) throw error
        failed++
      })
      await net.clock.advance(300)
    }
    expect(failed / asked).toBeLessThanOrEqual(0.01)
    expect(leftOut()).toEqual(droppers)
  }, 120_000)

  it('all hops of one operator go: the next answer comes within ten seconds', async () => {
    open = await onionNetwork({ relays: 8, operators: 4 })
    const { net } = open
    const wallet = await readyWallet(open)
    const identity = wallet.onion.identity('test')
    await net.run(identity.ping())
    for (const host of ['relay3', 'relay7']) {
      net.network.vanish(host)
      net.network.crash(host)
    }
    expect(await passing(net, identity.ping())).toBeLessThan(10_000)
    for (let i = 0; i < 10; i++) await passing(net, identity.ping())
  }, 60_000)

  it('the guard is killed: the next answer comes within ten seconds by the next one, and the sample has not grown', async () => {
    open = await onionNetwork({ relays: 6, operators: 6 })
    const { net, relays } = open
    const wallet = await readyWallet(open)
    const identity = wallet.onion.identity('test')
    await net.run(identity.ping())
    const before = guardsOf(wallet.onion)
    const killed = relays.findIndex(({ peerId }) => peerId === before[0])
    // Nobody is told: it has lost its power.
    net.network.vanish(`relay${killed}`)
    expect(await passing(net, identity.ping())).toBeLessThan(10_000)
    expect(guardsOf(wallet.onion)).toEqual(before)
  }, 60_000)

  it('the network of the wallet is away for a while: no hop is held to blame', async () => {
    open = await onionNetwork({ relays: 6, operators: 6 })
    const { net } = open
    const wallet = await readyWallet(open, { cover: 'always' })
    const identity = wallet.onion.identity('test')
    await net.run(identity.ping())
    const { hops } = wallet.onion.status()
    const hosts = Array.from({ length: 6 }, (_, i) => `relay${i}`)
    net.network.partition(hosts, [...wallet.hosts])
    await net.clock.advance(5 * MINUTE_MS)
    net.network.heal()
    await net.clock.advance(2 * MINUTE_MS)
    expect(wallet.onion.status().hops).toBe(hops)
    await net.run(identity.ping())
  }, 60_000)

  it('a wait ends with its signal, and with its time', async () => {
    open = await onionNetwork()
    const { net } = open
    const wallet = await readyWallet(open)
    const identity = wallet.onion.identity('test')
    const ending = new AbortController()
    const cancelled = identity.ping({ signal: ending.signal }).catch((error) => error)
    ending.abort()
    expect(isP2PError(await net.run(cancelled), 'ABORTED')).toBe(true)
    const late = await net.run(identity.ping({ timeoutMs: 1 }).catch((error) => error))
    expect(isP2PError(late, 'ONION_TIMEOUT')).toBe(true)
    await identity.close()
    await expect(identity.ping()).rejects.toSatisfy((error) => isP2PError(error, 'SHUT_DOWN'))
  })

  it('a wallet with one relay has no path, and one whose hops have two operators says so', async () => {
    open = await onionNetwork({ relays: 4, operators: 2 })
    const { net, addresses } = open
    const lonely = onionWallet(open, {}, { bootstrap: addresses.slice(0, 1) })
    await net.run(lonely.start())
    await net.clock.advance(60_000)
    expect(lonely.onion.status().problem?.code).toBe('ONION_NO_PATH')
    const late = await net.run(
      lonely.onion
        .identity('x')
        .ping({ timeoutMs: 5_000 })
        .catch((error) => error),
    )
    expect(late.code).toBe('ONION_TOO_FEW_OPERATORS')
    const small = await readyWallet(open, { minOperators: 2 })
    expect(await net.run(small.onion.identity('x').ping())).toBeGreaterThan(0)
    expect(small.onion.status().minOperators).toBe(2)
  })
})
