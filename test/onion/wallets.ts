import { seededRandom } from '../../src/base/random.js'
import type { P2PConfig } from '../../src/coordinator.js'
import { coreOf } from '../../src/core/core.js'
import type { Plugin } from '../../src/core/plugin.js'
import { withTransport } from '../../src/core/with-transport.js'
import type { P2PCoordinator } from '../../src/index.js'
import { mailbox } from '../../src/mail/index.js'
import { memoryMail } from '../../src/mail/server/memory-mail.js'
import { mailServer } from '../../src/mail/server/plugin.js'
import { type OnionRelayOptions, onionRelay } from '../../src/node/onion-relay.js'
import { type OnionOptions, onion } from '../../src/onion/index.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

/** Work that shows that work is asked for and costs a test nothing. */
export const FEW_BITS = { ping: 2, find: 2, store: 3, publish: 3, letter: 3, circuit: 3, deposit: 3, take: 3, owner: 3 }

export interface OnionNet {
  net: TestNetwork
  relays: P2PCoordinator[]
  addresses: string[]
}

/** Relays of several operators that are hops of the onion, keep mail, and know each other. */
export async function onionNetwork({
  relays = 6,
  operators = 3,
  seed = 1,
  latencyMs = 5,
  relayOptions = {} as OnionRelayOptions,
  pluginsOf = (_: number): Plugin[] => [],
} = {}): Promise<OnionNet> {
  // The middle of an epoch: keys do not turn while a test runs.
  const net = createTestNetwork({ latencyMs, seed, scheme: 'ws', clock: new VirtualClock(Date.UTC(2026, 0, 5, 12)) })
  const addresses = Array.from({ length: relays }, (_, i) => `ws://relay${i}`)
  const made = addresses.map((_, i) =>
    net.createPeer({
      host: `relay${i}`,
      relay: true,
      bootstrap: addresses.slice(0, i).slice(-3),
      plugins: [
        mailServer({ store: memoryMail({ maxBucket: 4, maxTtl: 3 }) }),
        onionRelay({ operator: `operator${i % operators}`, bits: FEW_BITS, loops: false, ...relayOptions }),
        ...pluginsOf(i),
      ],
    }),
  )
  for (const relay of made) await net.run(relay.start())
  for (let i = 0; i < 80 && !made.every((relay) => hopsOf(relay) >= relays); i++) await net.clock.advance(15_000)
  return { net, relays: made as unknown as P2PCoordinator[], addresses }
}

/** Hops that a relay knows. */
function hopsOf(relay: { getStats(): object }): number {
  return (relay.getStats() as { onion?: { hops: number } }).onion?.hops ?? 0
}

/** As the application of a test network tells operators apart, whose hops all live in one machine. */
export const groupOf = ({ operator, peerId }: { operator: string | undefined; peerId: string }) => operator ?? peerId

let wallets = 0

/** A wallet with mail and the onion, connected to the first relays. */
export function onionWallet({ net, addresses }: OnionNet, options: OnionOptions = {}, config: P2PConfig = {}) {
  const host = `wallet${++wallets}`
  return net.createPeer({
    host,
    listening: false,
    bootstrap: addresses.slice(0, 3),
    ...config,
    plugins: [
      mailbox({ strangers: { bits: 2 } }),
      onion({
        hopAgeMs: 0,
        guardAgeMs: 0,
        groupOf,
        entryPlugins: () => [withTransport(net.network.transport(`${host}-entry`))],
        ...options,
      }),
    ] as never,
  }) as unknown as P2PCoordinator<[ReturnType<typeof mailbox>, ReturnType<typeof onion>]>
}

/** Starts a wallet and waits until its packets can go. */
export async function readyWallet(onionNet: OnionNet, options: OnionOptions = {}, config: P2PConfig = {}) {
  const wallet = onionWallet(onionNet, options, config)
  const hosts = [`wallet${wallets}`, `wallet${wallets}-entry`]
  await onionNet.net.run(wallet.start())
  await onionNet.net.run(wallet.onion.ready({ timeoutMs: 60_000 }))
  // The names of its machine and of its entries, for a network that is cut.
  return Object.assign(wallet, { hosts })
}

/**
 * Advances the clock until a promise settles, in small steps: the creation of packets takes turns of the event loop, and hops take some,
 * for which the time of timers does not stand still.
 */
export async function passing<T>({ clock }: TestNetwork, promise: Promise<T>, stepMs = 50): Promise<T> {
  let isSettled = false
  const done = () => {
    isSettled = true
  }
  promise.then(done, done)
  for (let at = 0; at < 600_000 && !isSettled; at += stepMs) {
    for (let turn = 0; turn < 20 && !isSettled; turn++) await new Promise((resolve) => setImmediate(resolve))
    await clock.advance(stepMs)
  }
  return promise
}

/** Lets time pass in small steps. */
export const pass = (net: TestNetwork, ms: number): Promise<void> =>
  passing(net, new Promise((resolve) => net.clock.setTimeout(() => resolve(undefined), ms)))

/** A relay that drops a share of the packets that it is given. */
export function dropper(share: number, seed: number): Plugin {
  const random = seededRandom(seed)
  return {
    name: 'dropper',
    attach(kit) {
      const handler = coreOf(kit).router.handlers.get('lotus/onion')!
      const handle = handler.handleMessage.bind(handler)
      handler.handleMessage = async (message, from) => {
        if (message.type === 'packet' && random.unit() < share) return
        await handle(message, from)
      }
      return {}
    },
  }
}
