import type { Limits } from '../../src/base/limits.js'
import type { P2PCoordinator } from '../../src/coordinator.js'
import type { PluginKit } from '../../src/core/plugin.js'
import { signingBytes } from '../../src/identity/envelope.js'
import { type Identity, identityFromSeed } from '../../src/identity/identity.js'
import {
  accessFor,
  accessHashOf,
  bindingWith,
  boxIdOf,
  bucketOf,
  letterIdOf,
  type Opening,
  openingBytes,
} from '../../src/mail/box.js'
import {
  MAIL_PROTOCOL,
  type MailAnswer,
  type MailRequestType,
  type PlacedLetter,
  readMailAnswer,
  readMailPush,
} from '../../src/mail/messages.js'
import type { MailServerOptions } from '../../src/mail/server/mail-server.js'
import { memoryMail } from '../../src/mail/server/memory-mail.js'
import { mailServer } from '../../src/mail/server/plugin.js'
import { depositWorkBits, findMailWork, hourOf, mailWorkBlock, TAKE_WORK_BITS, takeSubject } from '../../src/mail/work.js'
import { encode } from '../../src/message/codec.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'

export const filled = (length: number, byte: number) => new Uint8Array(length).fill(byte)

/** A letter as long as one: what is in it is nobody's business here. */
export function letterOf(n: number, bytes = 1_024): Uint8Array {
  const letter = new Uint8Array(bytes)
  new DataView(letter.buffer).setUint32(0, n)
  return letter
}

export const numberOf = ([, letter]: PlacedLetter) => new DataView(letter.buffer, letter.byteOffset).getUint32(0)

/** A peer that speaks `lotus/mail` by hand, at one relay. */
export class MailPeer {
  readonly pushed: PlacedLetter[] = []
  kit!: PluginKit
  readonly coordinator: P2PCoordinator

  constructor(
    private readonly net: TestNetwork,
    readonly relay: P2PCoordinator,
    identity?: Identity,
  ) {
    this.coordinator = net.createPeer({
      listening: false,
      ...(identity && { identity }),
      plugins: [
        {
          name: 'mail-by-hand',
          attach: (kit) => {
            this.kit = kit
            kit.registerProtocol({
              protocolName: MAIL_PROTOCOL,
              handleMessage: async ({ payload }) => void this.pushed.push(readMailPush(payload)),
            })
            return {}
          },
        },
      ],
    })
  }

  async connect(): Promise<this> {
    await this.net.run(this.relay.start())
    await this.net.run(this.coordinator.connectToPeer(this.net.addressOf(this.relay)))
    return this
  }

  /** Any request, also one that no honest peer makes. */
  async ask<T extends MailRequestType>(type: T, payload: unknown): Promise<MailAnswer<T>> {
    const request = this.kit.request(this.relay.peerId, { type, payload, protocol: MAIL_PROTOCOL })
    return readMailAnswer(type, await this.net.run(request))
  }

  async take(box: Uint8Array, given: { access?: Uint8Array; hour?: number } = {}) {
    const { access, hour = hourOf(this.kit.clock.now()) } = given
    if (access !== undefined) return this.ask('take', { box, access })
    const block = mailWorkBlock(box, takeSubject(this.kit.publicKey, hour))
    return this.ask('take', { box, work: await findMailWork(block, TAKE_WORK_BITS) })
  }

  /** Leaves a letter, as a contact or, with `bits`, as a stranger that has done the work. */
  async deposit(box: Uint8Array, letter: Uint8Array, by: { access: Uint8Array } | { bits: number } | object, ttl = 0) {
    const request = { box, letter, ttl }
    if (!('bits' in by)) return this.ask('deposit', { ...request, ...by })
    const block = mailWorkBlock(box, letterIdOf(letter))
    return this.ask('deposit', {
      ...request,
      work: await findMailWork(block, depositWorkBits(by.bits, bucketOf(letter.length)!)),
    })
  }
}

/** The owner of a box. */
export class Owner extends MailPeer {
  readonly boxKey: Identity
  readonly box: Uint8Array
  readonly access: Uint8Array

  /** @param more tells boxes of one seed apart. */
  constructor(net: TestNetwork, relay: P2PCoordinator, seed: number, identity?: Identity, more = 0) {
    super(net, relay, identity)
    const secret = filled(32, seed)
    new DataView(secret.buffer).setUint32(0, more)
    this.boxKey = identityFromSeed(secret)
    this.box = boxIdOf(this.boxKey.publicKey)
    this.access = accessFor(filled(16, seed), this.box)
  }

  async opening(change: Partial<Opening> = {}) {
    const rest = { boxKey: this.boxKey.publicKey, access: accessHashOf(this.access), bits: 4, max: 4, ...change }
    const payload = openingBytes(bindingWith(this.kit, this.relay.peerId, false)!, rest)
    return { ...rest, signature: await this.boxKey.sign(signingBytes('box', payload, this.kit.network)) }
  }

  async open(change: Partial<Opening> = {}) {
    return this.ask('open', await this.opening(change))
  }
}

export function prekeyBatch(n: number, generation = filled(8, 1), madeAt = 0) {
  const keys = Array.from({ length: 16 }, (_, i) => [filled(8, i), filled(32, n)])
  return { batch: encode([1, generation, madeAt, keys]), signature: filled(64, n) }
}

/** A network with a relay that keeps mail. */
export function mailNetwork(options: Partial<MailServerOptions> & { limits?: Partial<Limits>; costs?: object } = {}) {
  const net = createTestNetwork({ latencyMs: 5 })
  const { limits, costs, ...given } = options
  const accounts = costs === undefined ? [] : [{ name: 'costs', attach: () => costs }]
  const relayOf = (host: string) => {
    const service = mailServer({ store: memoryMail({ maxBucket: 4, maxTtl: 3 }), ...given })
    return { service, relay: net.createPeer({ host, relay: true, ...(limits && { limits }), plugins: [...accounts, service] }) }
  }
  const { relay, service } = relayOf('relay')
  return {
    net,
    relay,
    service,
    relayOf,
    peer: () => new MailPeer(net, relay).connect(),
    owner: (seed: number) => new Owner(net, relay, seed).connect(),
  }
}
