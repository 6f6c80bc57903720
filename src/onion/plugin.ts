import { P2PError } from '../base/errors.js'
import { MAILBOX_LIMITS } from '../base/limits/mailbox.js'
import { ONION_LIMITS } from '../base/limits/onion.js'
import { WORK_LIMITS } from '../base/limits/proof-of-work.js'
import { TOPIC_LIMITS } from '../base/limits/topics.js'
import type { Limits } from '../base/limits.js'
import type { Plugin } from '../core/plugin.js'
import type { Mail } from '../mail/mail.js'
import { BY_ONION } from '../mail/outgoing-entry.js'
import { AnonymousLetters } from './anonymous-letters.js'
import type { CoverMode } from './cover.js'
import { defaultGroupOf, type GroupOf } from './hop.js'
import { ONION_PROTOCOL } from './messages.js'
import { Onion, type OnionSettings } from './onion.js'
import { MAX_HOPS, MIN_HOPS } from './packet.js'
import type { OnionProfile } from './profile.js'

/** How the onion is used; each option may be left out. */
export interface OnionOptions {
  /** Hops of a path: 2, 3 or 4. Default 3. */
  hops?: 2 | 3 | 4 | undefined
  /** When cover traffic goes: `'off'`; `'session'`, while an identity is open; `'always'`. Default `'off'`. */
  cover?: CoverMode | undefined
  /** The fewest operators that hops must belong to, 2 or more. Default 3. With 2 the middle of a path may belong to one of its ends. */
  minOperators?: number | undefined
  /** Whether peers may ask us anonymously. Default true; a handler takes such messages only with `anonymous: true`. */
  accept?: boolean | undefined
  /** How long a hop must be known before it is used, and before it is a guard, milliseconds. For tests. */
  hopAgeMs?: number | undefined
  guardAgeMs?: number | undefined
  /** Who runs a hop, as a text: two hops of one group stand in no path together. Default: by its address. For tests on one machine. */
  groupOf?: GroupOf | undefined
  /** How letters of `sendTo` with `via: 'onion'` are delayed. Default `'background'`. */
  mail?: OnionProfile | undefined
  /** Plugins of the coordinators that connect to guards: transports, for instance. */
  entryPlugins?: (() => Plugin[]) | undefined
}

/**
 * Asks, announces and looks up through three hops of different operators, so that neither the other end nor a single hop can tell which
 * wallet it is: `wallet.onion`. Experimental: see docs/onion.md for what it does not hide. It needs relays of two operators at least.
 *
 * @throws P2PError INVALID_CONFIG for an option that is none.
 * @example
 * const wallet = new P2PCoordinator({ bootstrap, plugins: [onion({ cover: 'session' })] })
 * const bob = wallet.onion.identity('negotiation:7')
 * const offers = await bob.discover('offer', { amount: { gte: 5 } })
 */
export function onion(options: OnionOptions = {}): Plugin<{ onion: Onion }> {
  const settings = settingsOf(options)
  const isAccepting = options.accept !== false
  return {
    name: 'onion',
    needs: ['dht'],
    limits: { ...MAILBOX_LIMITS, ...TOPIC_LIMITS, ...WORK_LIMITS, ...ONION_LIMITS },
    attach(kit) {
      const onion = new Onion(kit, settings)
      const { mail } = (kit.plugin('mail') ?? {}) as { mail?: Mail }
      mail?.couriers.set(BY_ONION, async () => onion.courier())
      if (isAccepting) {
        const letters = new AnonymousLetters(kit, kit.limits as Required<Limits>)
        kit.registerProtocol({
          protocolName: ONION_PROTOCOL,
          use: 'passing',
          rateLimits: { messagesPerS: 20, burst: 100 },
          handleMessage: (message, from) => letters.handle(message, from),
        })
      }
      kit.onPeer({ connected: () => onion.connected(), described: () => onion.connected() })
      kit.onLifecycle({
        lead: () => onion.lead(),
        start: () => onion.start(),
        suspend: () => onion.suspend(),
        stop: () => onion.stop(),
      })
      return { onion }
    },
  }
}

function settingsOf(options: OnionOptions): OnionSettings {
  const given: unknown = options
  if (typeof given !== 'object' || given === null) throw invalid('', 'must be an object')
  const {
    hops = 3,
    cover = 'off',
    minOperators = 3,
    groupOf = defaultGroupOf,
    entryPlugins = () => [],
    mail = 'background',
  } = options
  const { hopAgeMs = ONION_LIMITS.onionHopAgeMs, guardAgeMs = ONION_LIMITS.onionGuardAgeMs } = options
  const isWhole = (value: unknown, from: number, to = Number.MAX_SAFE_INTEGER) =>
    Number.isSafeInteger(value) && (value as number) >= from && (value as number) <= to
  if (!isWhole(hops, MIN_HOPS, MAX_HOPS)) throw invalid('hops', `must be ${MIN_HOPS} to ${MAX_HOPS}`)
  if (!['off', 'session', 'always'].includes(cover)) throw invalid('cover', "must be 'off', 'session' or 'always'")
  if (!['quick', 'mixed', 'background'].includes(mail)) throw invalid('mail', "must be 'quick', 'mixed' or 'background'")
  if (!isWhole(minOperators, 2)) throw invalid('minOperators', 'must be 2 or more')
  if (!isWhole(hopAgeMs, 0)) throw invalid('hopAgeMs', 'must be a whole number of milliseconds')
  if (!isWhole(guardAgeMs, 0)) throw invalid('guardAgeMs', 'must be a whole number of milliseconds')
  for (const [name, value] of Object.entries({ groupOf, entryPlugins })) {
    if (typeof value !== 'function') throw invalid(name, 'must be a function')
  }
  return { hops, cover, minOperators, hopAgeMs, guardAgeMs, groupOf, entryPlugins, mail }
}

function invalid(option: string, fault: string): P2PError {
  return new P2PError('INVALID_CONFIG', `onion.${option} ${fault}.`, { details: { option: `onion.${option}` } })
}
