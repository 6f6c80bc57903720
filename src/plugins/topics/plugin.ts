import { TOPIC_LIMITS } from '../../base/limits/topics.js'
import type { Plugin } from '../../core/plugin.js'
import { dhtOf } from '../dht/client/plugin.js'
import { ResourceTopics } from './resource-topics.js'
import type { TopicStats } from './topic-types.js'
import { Topics } from './topics.js'

export interface TopicsOptions {
  /** Forward messages for others, as relays do. Default false. */
  router?: boolean | undefined
}

/**
 * Publish and subscribe across relays. Watches of resources then also see what is announced at relays that this coordinator is not
 * connected to.
 *
 * @example
 * const wallet = new P2PCoordinator({ bootstrap: ['wss://relay.example'], plugins: [topics()] })
 * wallet.topics.subscribe('offers', ({ payload, publisherId }) => console.log(publisherId, payload))
 */
export function topics(options?: TopicsOptions): Plugin<{ topics: Topics }, object, { topics: TopicStats }> {
  const { router = false } = options ?? {}
  return {
    name: 'topics',
    limits: TOPIC_LIMITS,
    needs: ['dht'],
    attach(kit) {
      const { identity, limits } = kit
      const { dht, verifier } = dhtOf(kit)
      const topics = new Topics({ identity, limits, router, run: (wait) => kit.run(wait), onError: (error) => kit.report(error) })
      kit.registerProtocol(topics)
      dht.addFeed(new ResourceTopics(topics, verifier, kit.clock))
      kit.onLifecycle({ trim: () => topics.trim() })
      kit.stats('topics', () => topics.getStats())
      return { topics }
    },
  }
}
