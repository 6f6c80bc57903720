import { P2PError } from '../base/errors.js'
import { MAILBOX_LIMITS } from '../base/limits/mailbox.js'
import { OUTBOX_LIMITS } from '../base/limits/outbox.js'
import { WORK_LIMITS } from '../base/limits/proof-of-work.js'
import type { Limits } from '../base/limits.js'
import { coreOf } from '../core/core.js'
import type { Plugin, PluginKit } from '../core/plugin.js'
import type { P2PMessage } from '../message/message.js'
import { array, boolean, custom, Fault, int, object, oneOf, optional, text, union } from '../message/shape.js'
import type { KeyValueStore } from '../storage/key-value-store.js'
import { MAX_BUCKET } from './box.js'
import { MAX_CARD_BOXES } from './card.js'
import { hostOf } from './host.js'
import { Mail } from './mail.js'
import type { MailboxOptions, MailSettings, MailStats } from './mail-options.js'
import type { MailboxInfo } from './mailboxes.js'
import { MAIL_PROTOCOL, MAX_MAIL_BITS, MAX_WAKE_LENGTH } from './messages.js'
import type { MailRecovery } from './recovery.js'
import { sealedStore, storedStoreKey } from './sealed-store.js'

/** Events that a coordinator has with `mailbox()`. */
export interface MailEvents {
  /** A mailbox of ours was opened, is gone, or its relay has another card. */
  mailbox: [box: MailboxInfo]
  /** A message sent with `queue: true` lies at a mailbox of its recipient. */
  mailed: [message: P2PMessage]
  /** What became of a message that was mailed: its recipient has had it, or its time was over without a word. Also of one of an earlier process. */
  'mail-receipt': [about: { messageId: string; peerId: string; receipt: 'delivered' | 'unknown' }]
}

/**
 * Reaches those who are away: what `sendTo` accepts with `queue: true` goes to the mailboxes of its recipient, where it waits up to two
 * weeks, and relays keep mail for us: `wallet.mail`. Attach it after `outbox()` and `persistence()`, which `lotus-p2p` has by itself.
 *
 * @throws P2PError INVALID_CONFIG for an option that is none.
 * @example
 * const wallet = new P2PCoordinator({ bootstrap: ['wss://relay.example'], store: indexedDbStore(), plugins: [mailbox()] })
 * const { outcome } = await wallet.sendTo(bob, { type: 'invoice', payload }, { queue: true, ttl: 86_400 })
 * if ((await outcome) === 'mailed') console.log('The page may be closed: Bob has it when he comes.')
 */
export function mailbox(options: MailboxOptions = {}): Plugin<{ mail: Mail }, MailEvents, { mail: MailStats }> {
  const settings = settingsOf(options)
  return {
    name: 'mail',
    needs: ['dht'],
    limits: { ...OUTBOX_LIMITS, ...WORK_LIMITS, ...MAILBOX_LIMITS },
    attach(kit) {
      const { network } = coreOf(kit)
      const limits = kit.limits as Required<Limits>
      const isKept = kit.plugin('persistence') !== undefined
      const mail = new Mail(hostOf(kit, limits.cardTtlS), limits, storeOf(kit, options, isKept), settings, {
        before: network.queue,
        isKept,
      })
      network.queue = mail.outgoing
      // Otherwise a browser may delete the store of an origin that it takes for unimportant. Some ask the user.
      if (isKept) {
        const { navigator } = globalThis as { navigator?: { storage?: { persist?: () => Promise<boolean> } } }
        navigator?.storage?.persist?.().catch(() => {})
      }
      kit.registerProtocol({
        protocolName: MAIL_PROTOCOL,
        // Those who deposit need no connection for longer than that.
        use: 'passing',
        rateLimits: { messagesPerS: 200, burst: 2_000, types: { card: { messagesPerS: 1, burst: 20 } } },
        handleMessage: (message, from) => mail.handle(message, from),
      })
      kit.onPeer({
        connected: (peer) => mail.connected(peer),
        disconnected: (peer) => mail.disconnected(peer),
        described: (peer) => mail.described(peer),
      })
      kit.onLifecycle({
        lead: () => mail.lead(),
        start: () => mail.start(),
        described: () => mail.heard(),
        suspend: () => mail.suspend(),
        stop: () => mail.end(),
      })
      kit.stats('mail', () => mail.stats)
      return { mail }
    },
  }
}

/** What mail keeps, sealed where that is asked for. */
function storeOf(kit: PluginKit, { sealStore }: MailboxOptions, isKept: boolean): KeyValueStore {
  const isBrowser = 'indexedDB' in globalThis && 'document' in globalThis
  const key = sealStore ?? (isKept && isBrowser ? storedStoreKey() : false)
  return key === false ? kit.store : sealedStore(kit.store, key)
}

const optionsShape = /* @__PURE__ */ (() =>
  object({
    relays: optional(array(text())),
    count: optional(int(1, MAX_CARD_BOXES)),
    strangers: optional(union(oneOf(false), object({ bits: int(0, MAX_MAIL_BITS) }))),
    max: optional(int(0, MAX_BUCKET)),
    receipts: optional(boolean()),
    publish: optional(boolean()),
    recoverable: optional(custom<MailRecovery>((given) => typeof (given as MailRecovery | null)?.seedFor === 'function')),
    wake: optional(text(1, MAX_WAKE_LENGTH)),
  }))()

function settingsOf(options: MailboxOptions): MailSettings {
  const found = optionsShape(options)
  if (found instanceof Fault) {
    const option = `mailbox.${found.at}`
    throw new P2PError('INVALID_CONFIG', `${option} has a value that it cannot have.`, { details: { option } })
  }
  const { relays, count = 2, strangers = { bits: 20 }, max = MAX_BUCKET, receipts = true, publish = true } = found
  const { recoverable: recovery, wake } = found
  return { relays, count, bits: strangers === false ? null : strangers.bits, max, receipts, publish, recovery, wake }
}
