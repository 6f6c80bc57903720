import { WALK_LIMITS } from '../../../base/limits/dht-walk.js'
import { ECLIPSE_LIMITS } from '../../../base/limits/eclipse.js'
import { coreOf } from '../../../core/core.js'
import type { Plugin } from '../../../core/plugin.js'
import { dhtOf } from '../client/plugin.js'
import { nodeIdOf } from '../records/key-space.js'
import { walkOf } from '../walk/attached.js'
import { type Diversity, diversityOf } from './diversity.js'
import { type EclipseEvidence, EclipseWatch } from './eclipse-watch.js'
import { ServerView } from './server-view.js'

export interface EclipseEvents {
  /**
   * What our relays show does not fit together, or no anchor can be reached: somebody may be keeping us from the rest of the
   * network. Told again at most every `limits.eclipseCheckMs` while it lasts.
   */
  'eclipse-suspected': [evidence: EclipseEvidence]
  /** What had been suspected is no longer found. */
  'eclipse-cleared': []
}

export interface EclipseStats {
  eclipse: {
    /** As the event `eclipse-suspected` has told. */
    suspected: boolean
    diversity: Diversity
  }
}

/**
 * Compares what our relays show now and then, and warns where they seem to keep us from the rest of the network.
 *
 * @example
 * const wallet = new P2PCoordinator({ bootstrap, plugins: [eclipseWatch()] })
 * wallet.on('eclipse-suspected', ({ reasons }) => warn(reasons))
 */
export function eclipseWatch(): Plugin<object, EclipseEvents, EclipseStats> {
  return {
    name: 'eclipse',
    limits: { ...WALK_LIMITS, ...ECLIPSE_LIMITS },
    needs: ['dht'],
    attach(kit) {
      const { dht, servers } = dhtOf(kit)
      const { clock, limits, random } = kit
      const watch = new EclipseWatch({
        clock,
        limits,
        random,
        host: kit,
        anchors: kit.anchors,
        chosen: () => kit.dialer.chosen(),
        view: new ServerView(kit, servers, limits, () => nodeIdOf(kit.publicKey, kit.network)),
        ownRecord: (before) => dht.ownRecord(before),
        onNamed: (contacts, teller) => walkOf(dht)?.network.learn(contacts, teller),
        onSuspected: (evidence) => kit.emit('eclipse-suspected', evidence),
        onCleared: () => kit.emit('eclipse-cleared'),
      })
      kit.onPeer({ connected: () => watch.changed() })
      kit.onLifecycle({ stop: () => watch.close() })
      kit.stats('eclipse', () => ({ suspected: watch.isSuspected, diversity: diversityOf(coreOf(kit).network) }))
      return {}
    },
  }
}
