import { isBytes } from '../base/bytes.js'
import { P2PError } from '../base/errors.js'
import { MAILBOX_LIMITS } from '../base/limits/mailbox.js'
import { OUTBOX_LIMITS } from '../base/limits/outbox.js'
import { WORK_LIMITS } from '../base/limits/proof-of-work.js'
import type { Limits } from '../base/limits.js'
import { coreOf } from '../core/core.js'
import type { Plugin, PluginKit } from '../core/plugin.js'
import type { P2PMessage } from '../message/message.js'
import type { KeyValueStore } from '../storage/key-value-store.js'
import { MAX_BUCKET } from './box.js'
import { MAX_CARD_BOXES } from './card.js'
import { hostOf } from './host.js'
import { Mail, type MailboxOptions, type MailSettings, type MailStats } from './mail.js'
import { MAIL_PROTOCOL, MAX_MAIL_BITS, MAX_WAKE_LENGTH } from './messages.js'
import { SealedSenders } from './sealed-sender.js'
import { sealedStore, storedStoreKey } from './sealed-store.js'

/** Events that a coordinator has with `mailbox()`. */
export interface MailEvents {
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
      const sealed = new SealedSenders(kit, limits, options.sealedPlugins ?? (() => []))
      const isKept = kit.plugin('persistence') !== undefined
      const mail = new Mail(hostOf(kit, limits.cardTtlS), limits, storeOf(kit, options, isKept), settings, {
        before: network.queue,
        isKept,
        sealedCourier: (recipient) => sealed.courierFor(recipient),
      })
      network.queue = mail.outgoing
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
        suspend() {
          mail.suspend()
          sealed.close()
        },
        stop() {
          mail.stop()
          sealed.close()
        },
      })
      kit.stats('mail', () => mail.stats)
      return { mail }
    },
  }
}

/** What mail keeps, sealed where that is asked for. */
function storeOf(kit: PluginKit, { sealStore }: MailboxOptions, isKept: boolean): KeyValueStore {
  const isBrowser = typeof indexedDB !== 'undefined' && 'document' in globalThis
  const key = sealStore ?? (isKept && isBrowser ? storedStoreKey() : false)
  return key === false ? kit.store : sealedStore(kit.store, key)
}

function settingsOf(options: MailboxOptions): MailSettings {
  const given: unknown = options
  if (typeof given !== 'object' || given === null) throw invalid('', 'must be an object')
  const { relays, count = 2, strangers = { bits: 20 }, max = MAX_BUCKET, receipts = true, publish = true } = options
  const { recoverable, wake } = options
  const isWhole = (value: unknown, from: number, to: number) =>
    Number.isInteger(value) && (value as number) >= from && (value as number) <= to
  if (relays !== undefined && !(Array.isArray(relays) && relays.every((address) => typeof address === 'string')))
    throw invalid('relays', 'must be a list of addresses')
  if (!isWhole(count, 1, MAX_CARD_BOXES)) throw invalid('count', `must be 1 to ${MAX_CARD_BOXES}`)
  if (strangers !== false && !isWhole(strangers?.bits, 0, MAX_MAIL_BITS))
    throw invalid('strangers', `must be false, or { bits } of 0 to ${MAX_MAIL_BITS}`)
  if (!isWhole(max, 0, MAX_BUCKET)) throw invalid('max', `must be 0 to ${MAX_BUCKET}`)
  if (recoverable !== undefined && !isBytes(recoverable, 32)) throw invalid('recoverable', 'must be 32 bytes')
  if (wake !== undefined && !(typeof wake === 'string' && wake.length > 0 && wake.length <= MAX_WAKE_LENGTH))
    throw invalid('wake', `must be a text of 1 to ${MAX_WAKE_LENGTH} characters`)
  return {
    relays: relays && [...relays],
    count,
    bits: strangers === false ? null : strangers.bits,
    max,
    receipts: receipts === true,
    publish: publish === true,
    recovery: recoverable?.slice(),
    wake,
  }
}

function invalid(option: string, fault: string): P2PError {
  return new P2PError('INVALID_CONFIG', `mailbox.${option} ${fault}.`, { details: { option: `mailbox.${option}` } })
}
