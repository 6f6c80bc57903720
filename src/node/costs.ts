import { METER_LIMITS } from '../base/limits/meter.js'
import type { Plugin } from '../core/plugin.js'
import { FairTurns } from '../defence/fair-turns.js'
import { ProcessorTime } from '../defence/processor-time.js'

/** The plugin of who serves strangers: what a peer costs is accounted to it, and long scans for one yield to the others. */
export function costs(): Plugin<{ turns: FairTurns }> {
  return {
    name: 'costs',
    limits: METER_LIMITS,
    attach(kit) {
      const turns: FairTurns = new FairTurns({ charge: (key, ms) => meter.charge(key, ms) })
      const { clock, limits } = kit
      const meter = new ProcessorTime({ clock, limits, waitingOf: (key) => turns.waitingOf(key), workedMs })
      kit.setMeter(meter)
      kit.onLifecycle({ trim: () => meter.trim() })
      return { turns }
    },
  }
}

/** Milliseconds that the processor has worked for this process. */
function workedMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
