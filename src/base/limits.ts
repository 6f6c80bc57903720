import { P2PError } from './errors.js'
import { CIRCUIT_RELAY_LIMITS } from './limits/circuit-relay.js'
import { CORE_LIMITS } from './limits/core.js'
import { NODE_LIMITS } from './limits/dht-node.js'
import { WALK_LIMITS } from './limits/dht-walk.js'
import { ECLIPSE_LIMITS } from './limits/eclipse.js'
import { HTTP_LIMITS } from './limits/http.js'
import { LISTENER_LIMITS } from './limits/listener.js'
import type { MAIL_LIMITS } from './limits/mail.js'
import type { MAILBOX_LIMITS } from './limits/mailbox.js'
import { METER_LIMITS } from './limits/meter.js'
import type { MUSIG2_LIMITS } from './limits/musig2.js'
import type { ONION_LIMITS } from './limits/onion.js'
import type { ONION_HOP_LIMITS } from './limits/onion-hop.js'
import { OUTBOX_LIMITS } from './limits/outbox.js'
import { WORK_LIMITS } from './limits/proof-of-work.js'
import type { SEALED_MAIL_LIMITS } from './limits/sealed-mail.js'
import { SMALL_PLUGIN_LIMITS } from './limits/small-plugins.js'
import { STATEMENT_LIMITS } from './limits/statements.js'
import { TAB_LIMITS } from './limits/tabs.js'
import { TOPIC_LIMITS } from './limits/topics.js'
import { WEBRTC_LIMITS } from './limits/webrtc.js'
import { table } from './table.js'

/**
 * Every limit of the SDK. The unit is in the name (`Bytes`, `Ms`, `S` for seconds) or the value is a count; the comment beside
 * each, in `limits/`, is the reason. Any of them may be changed by `P2PConfig.limits`. One table for each part that a page can leave out.
 */
export const DEFAULT_LIMITS = /* @__PURE__ */ (() =>
  table({
    ...CORE_LIMITS,
    ...SMALL_PLUGIN_LIMITS,
    ...OUTBOX_LIMITS,
    ...WORK_LIMITS,
    ...WALK_LIMITS,
    ...NODE_LIMITS,
    ...ECLIPSE_LIMITS,
    ...CIRCUIT_RELAY_LIMITS,
    ...LISTENER_LIMITS,
    ...METER_LIMITS,
    ...HTTP_LIMITS,
    ...TAB_LIMITS,
    ...WEBRTC_LIMITS,
    ...TOPIC_LIMITS,
    ...STATEMENT_LIMITS,
  }))()

type PluginLimitName =
  | keyof typeof MUSIG2_LIMITS
  | keyof typeof MAIL_LIMITS
  | keyof typeof MAILBOX_LIMITS
  | keyof typeof ONION_LIMITS
  | keyof typeof ONION_HOP_LIMITS
  | keyof typeof SEALED_MAIL_LIMITS
export type LimitName = keyof typeof DEFAULT_LIMITS | PluginLimitName
/** All limits, resolved: defaults with the caller's changes. Those of `musig2()`, of mail and of `onion()` are there where they are attached. */
export type Limits = { readonly [Name in keyof typeof DEFAULT_LIMITS]: number } & { readonly [Name in PluginLimitName]?: number }

/**
 * The limits of the core and of one table more, for parts that work without a coordinator: they read no others, and a page that
 * has them alone loads no others.
 */
export function limitsOf(own: Partial<Limits> = {}): Limits {
  return { ...CORE_LIMITS, ...own } as Limits
}

/**
 * All limits, with these changes.
 *
 * @throws P2PError INVALID_CONFIG, as `changedLimits`.
 */
export function resolveLimits(changes?: Partial<Limits>): Limits {
  return changedLimits(DEFAULT_LIMITS, changes)
}

/**
 * @param defaults the limits that there are: those of the core, and of the plugins in use.
 * @throws P2PError INVALID_CONFIG for an unknown name or a value that is not a positive whole number.
 */
export function changedLimits<All extends object = Limits>(defaults: Partial<All>, changes: Partial<All> = {}): All {
  for (const [name, value] of Object.entries(changes)) {
    if (!Object.hasOwn(defaults, name)) throw new P2PError('INVALID_CONFIG', `limits.${name} does not exist here.`)
    if (!(Number.isSafeInteger(value) && (value as number) > 0))
      throw new P2PError('INVALID_CONFIG', `limits.${name} must be a whole number above 0.`)
  }
  // Two kilobytes that coordinators share, unless one wants its own.
  return (Object.keys(changes).length === 0 ? defaults : Object.freeze({ ...defaults, ...changes })) as All
}
