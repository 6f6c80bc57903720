import type { Plugin } from '../../src/core/plugin.js'
import { type Identity, identityFromSeed } from '../../src/identity/identity.js'
import type { P2PConfig, P2PMessage, PeerInfo } from '../../src/index.js'
import { type MailboxOptions, mailbox } from '../../src/mail/index.js'
import type { MailStore } from '../../src/mail/server/mail-store.js'
import { memoryMail } from '../../src/mail/server/memory-mail.js'
import { mailServer } from '../../src/mail/server/plugin.js'
import { type KeyValueStore, memoryStore } from '../../src/storage/key-value-store.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'

export const DAY_MS = 86_400_000

/** A network with relays that keep mail, and what wallets there work with. */
export async function postalNetwork({
  relays = 2,
  seed = 1,
  storeOf = () => memoryMail({ maxBucket: 4, maxTtl: 3 }),
}: {
  relays?: number
  seed?: number
  /** Where each relay keeps mail. */
  storeOf?: (relay: number) => MailStore
} = {}) {
  const net = createTestNetwork({ latencyMs: 5, seed })
  const stores = Array.from({ length: relays }, (_, i) => storeOf(i))
  const made = stores.map((store, i) => net.createPeer({ host: `relay${i}`, relay: true, plugins: [mailServer({ store })] }))
  for (const relay of made) await net.run(relay.start())
  const addresses = made.map((relay) => net.addressOf(relay))
  return { net, relays: made, stores, addresses }
}

export interface Received {
  message: P2PMessage
  from: PeerInfo
}

/** One wallet over its processes: its identity and its store outlive them. */
export class Wallet {
  readonly identity: Identity
  readonly received: Received[] = []
  peer!: ReturnType<Wallet['make']>

  constructor(
    readonly post: { net: TestNetwork; addresses: string[] },
    seed: number,
    readonly options: MailboxOptions = {},
    public store: KeyValueStore = memoryStore(),
    readonly plugins: Plugin[] = [],
  ) {
    this.identity = identityFromSeed(new Uint8Array(32).fill(seed))
  }

  get id(): string {
    return this.peer.peerId
  }

  get texts(): unknown[] {
    return this.received.map(({ message }) => message.payload)
  }

  private make(config: P2PConfig) {
    return this.post.net.createPeer({
      listening: false,
      identity: this.identity,
      store: this.store,
      bootstrap: this.post.addresses,
      ...config,
      plugins: [mailbox({ strangers: { bits: 2 }, ...this.options }) as never, ...(this.plugins as never[])],
    }) as unknown as import('../../src/index.js').P2PCoordinator<[ReturnType<typeof mailbox>]>
  }

  /** Begins a process. */
  async start(config: P2PConfig = {}): Promise<this> {
    this.peer = this.make(config)
    this.peer.on('message', (message, from) => void this.received.push({ message, from }))
    await this.post.net.run(this.peer.start())
    return this
  }

  /** Ends it in an orderly way. */
  async stop(): Promise<void> {
    await this.post.net.run(this.peer.shutdown())
  }

  send(to: Wallet | string, payload: unknown, options: object = {}) {
    const id = typeof to === 'string' ? to : to.id
    return this.post.net.run(this.peer.sendTo(id, { type: 'note', payload }, { queue: true, ...options }))
  }
}

/** Two wallets with mailboxes that have met, so that they have each other's cards. */
export async function twoWallets(post: { net: TestNetwork; addresses: string[] }, options: MailboxOptions = {}) {
  const alice = await new Wallet(post, 11, options).start()
  const bob = await new Wallet(post, 12, options).start()
  await post.net.clock.advance(2_000)
  return { alice, bob }
}

/** Where a relay keeps mail that does otherwise than it should: what `change` gives stands in place of the honest store's methods. */
export function hostileMail(change: (honest: MailStore) => Partial<MailStore>): MailStore {
  const honest = memoryMail({ maxBucket: 4, maxTtl: 3 })
  const changed = change(honest)
  return new Proxy(honest, {
    get(target, name: keyof MailStore) {
      const own: unknown = changed[name] ?? target[name]
      return typeof own === 'function' && changed[name] === undefined ? own.bind(target) : own
    },
  })
}

/** All letters that lie at a relay of the tests. */
export function lettersAt(store: MailStore): Uint8Array[] {
  const { boxes } = store as unknown as { boxes: Map<string, { letters: Map<string, { letter: Uint8Array }> }> }
  return [...boxes.values()].flatMap(({ letters }) => [...letters.values()].map(({ letter }) => letter))
}
