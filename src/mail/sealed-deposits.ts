import { Alarm } from '../base/alarm.js'
import { hexOf } from '../base/bytes.js'
import { noRelayError } from '../base/errors.js'
import { SEALED_MAIL_LIMITS } from '../base/limits/sealed-mail.js'
import type { Limits } from '../base/limits.js'
import type { Plugin, PluginKit } from '../core/plugin.js'
import { P2PCoordinator } from '../core.js'
import { identityFromSeed, identityReady } from '../identity/identity.js'
import { proofOfWork } from '../plugins/proof-of-work/plugin.js'
import { asked, type Courier } from './courier.js'
import type { Mail } from './mail.js'
import { SEALED } from './outgoing-entry.js'

const REACH_MS = 30_000

/**
 * Deposits for `sendTo` with `sealed: true`: under identities that are used for one recipient each, and for a few letters or an hour. The
 * relay learns the address of the network and no peer id, and cannot tell that letters for two recipients have one sender. While the wallet's
 * `privacy` is not 'direct', only relays that the application has named learn that address: a mailbox is at a place that its owner chooses.
 * Attach it after `mailbox()`.
 *
 * @param options.plugins of each coordinator that deposits: transports, for instance.
 * @example
 * const wallet = new P2PCoordinator({ bootstrap, plugins: [mailbox(), sealedDeposits()] })
 * await wallet.sendTo(bob, { type: 'note', payload }, { queue: true, sealed: true })
 */
export function sealedDeposits(options: { plugins?: (() => Plugin[]) | undefined } = {}): Plugin {
  return {
    name: 'sealed-deposits',
    needs: ['mail'],
    limits: SEALED_MAIL_LIMITS,
    attach(kit) {
      const senders = new SealedSenders(kit, options.plugins ?? (() => []))
      const { mail } = kit.plugin('mail') as { mail: Mail }
      mail.couriers.set(SEALED, (recipient) => senders.courierFor(recipient))
      kit.onLifecycle({
        suspend: () => senders.close(),
        stop: () => senders.close(),
        configured: ({ privacy }) => privacy && senders.close(),
      })
      return {}
    },
  }
}

interface SealedIdentity {
  readonly courier: Courier
  readonly alarm: Alarm
  left: number
  close(): void
}

class SealedSenders {
  private readonly open = new Map<string, SealedIdentity>()

  constructor(
    private readonly kit: PluginKit,
    private readonly plugins: () => Plugin[],
  ) {}

  /** @param recipient Ed25519 key, 32 bytes. */
  async courierFor(recipient: Uint8Array): Promise<Courier> {
    const name = hexOf(recipient)
    const known = this.open.get(name)
    const sealed = known !== undefined && known.left > 0 ? known : await this.make(name)
    sealed.left--
    return sealed.courier
  }

  close(): void {
    for (const name of [...this.open.keys()]) this.end(name)
  }

  private async make(name: string): Promise<SealedIdentity> {
    this.end(name)
    const outer = this.kit
    const { clock, random, network, allowPrivate = false } = outer
    const { sealedIdentityMs, maxSealedLetters } = outer.limits as Required<Limits>
    const identity = identityFromSeed(crypto.getRandomValues(new Uint8Array(32)))
    await identityReady(identity)
    let inner: PluginKit | undefined
    const inside: Plugin = {
      name: 'sealed-mail',
      attach(kit) {
        inner = kit
        return {}
      },
    }
    const plugins = [proofOfWork(), inside, ...this.plugins()]
    const peer = new P2PCoordinator({ network, identity, clock, random, allowPrivate, plugins })
    const kit = inner!
    const courier: Courier = {
      publicKey: identity.publicKey,
      async reach(relayId, address) {
        if (outer.privacy !== 'direct' && !outer.named.has(`${address}`)) throw noRelayError()
        if (kit.peer(relayId) === undefined) await kit.dialer.dial(address ?? relayId, relayId, { timeoutMs: REACH_MS })
      },
      ask: (relayId, type, payload) => asked(kit, relayId, type, payload),
      release() {},
    }
    const alarm = new Alarm(clock, () => this.end(name))
    alarm.arm(sealedIdentityMs)
    const sealed = { courier, alarm, left: maxSealedLetters, close: () => void peer.shutdown().catch(() => {}) }
    this.open.set(name, sealed)
    return sealed
  }

  private end(name: string): void {
    const sealed = this.open.get(name)
    this.open.delete(name)
    sealed?.alarm.disarm()
    sealed?.close()
  }
}
