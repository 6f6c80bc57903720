import { SMALL_PLUGIN_LIMITS } from '../../base/limits/small-plugins.js'
import { coreOf } from '../../core/core.js'
import type { Plugin } from '../../core/plugin.js'
import { ClockSkew } from '../../defence/clock-skew.js'
import { RelayClocks } from './relay-clocks.js'

/**
 * Says by an `'error'` event CLOCK_SKEW that the clock of this device is more than `limits.maxClockSkewMs` from those of its peers, and
 * lets a device connect whose clock is more than a day wrong: the clocks of the relays in `bootstrap` and `anchors` tell the time there,
 * and the event says once an hour that the clock is to be set right.
 */
export function relayClocks(): Plugin {
  return {
    name: 'relay-clocks',
    limits: SMALL_PLUGIN_LIMITS,
    attach(kit) {
      const { clock, limits, store, named } = kit
      const clocks = new RelayClocks({ clock, limits, store, named, onSkew: (error) => kit.report(error) })
      coreOf(kit).network.skew = new ClockSkew(limits, (error, id) => kit.report(error, kit.peer(id)))
      kit.setJudge((address, certificate, now) => clocks.judge(address, certificate, now))
      return {}
    },
  }
}
