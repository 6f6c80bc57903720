import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../src/', import.meta.url))
/** The halves that serve strangers. */
const SERVING = ['plugins/circuit/server', 'plugins/dht/node', 'plugins/topics']
const CONTAINER = /^(Readonly)?(Map|Set|BoundedMap|LazyMap|LazySet|RecentKeys|RateBuckets|SerialByKey)\b/

/** Of each container that is kept: whose entries it has, their bound, and how they end. */
const KEPT: Record<string, [whose: string, bound: string, end: string]> = {
  'plugins/circuit/server/circuit-relay.ts ends': ['a connected peer', 'maxCircuitsPerPeer', 'with the circuit or the peer'],
  'plugins/circuit/server/circuit-relay.ts circuits': [
    'two peers',
    'maxCircuits, maxCircuitsPerPeer',
    'circuitMs, or with either',
  ],
  'plugins/circuit/server/circuit-relay.ts parties': ['a connected peer', 'connections', 'with the peer'],
  'plugins/circuit/server/circuit-relay.ts gone': ['a peer that is gone', 'maxRateBuckets', 'the oldest goes, or it comes back'],
  'plugins/circuit/server/circuit-relay.ts reservations': ['a connected peer', 'one each, maxRelayReservations', 'with the peer'],
  'plugins/circuit/server/circuit-relay.ts pending': [
    'a connected peer',
    'one number each',
    'when its bytes have left or failed',
  ],
  'plugins/circuit/server/peer-watchers.ts told': ['a watch', 'maxIntroductions', 'with the watch'],
  'plugins/circuit/server/peer-watchers.ts due': ['a watch', 'connections', 'when told, or with the watch'],
  'plugins/circuit/server/peer-watchers.ts gone': ['a watch', 'maxIntroductions', 'when told, or with the watch'],
  'plugins/circuit/server/peer-watchers.ts byWatcher': [
    'a connected peer',
    'maxPeerWatches, maxRelayPeerWatches',
    'with the peer',
  ],
  'plugins/circuit/server/peer-watchers.ts byCriterion': ['a watch', 'one each', 'with the watch'],
  'plugins/circuit/server/peer-watchers.ts byTold': ['a watch', 'maxIntroductions each', 'with the watch'],
  'plugins/circuit/server/peer-watchers.ts dirty': ['a watch', 'one each', 'when told, or with the watch'],
  'plugins/dht/node/address-proofs.ts waiting': ['nodes that were named', 'MAX_WAITING', 'when their turn comes'],
  'plugins/dht/node/address-proofs.ts failed': ['nodes that were named', 'MAX_FAILED', 'the oldest goes'],
  'plugins/dht/node/deposits.ts withdrawals': [
    'a publisher',
    'one for each of its records here',
    'with the record, or after the grace',
  ],
  'plugins/dht/node/deposits.ts depositors': ['a publisher', 'those with records here', 'with its last withdrawal'],
  'plugins/dht/node/dht-server.ts backlogs': ['a connected peer that watches', 'one each', 'with the peer'],
  'plugins/dht/node/replication.ts kept': ['records', 'those of the store', 'with the record'],
  'plugins/dht/node/set-sizes.ts counts': ['sets of records', 'those of the store', 'with the last record'],
  'plugins/dht/node/set-sizes.ts trees': ['sets of records', 'those of the store', 'with the last record'],
  'plugins/dht/node/watchers.ts byPattern': ['a connected peer', 'maxWatches, maxWatchesPerPeer', 'with the watch or the peer'],
  'plugins/dht/node/watchers.ts byPeer': ['a connected peer', 'maxWatches, maxWatchesPerPeer', 'with the watch or the peer'],
  'plugins/dht/node/watchers.ts lengths': ['watches', 'lengths of a key', 'with the last watch of that length'],
  'plugins/topics/advertisements.ts haves': ['a connected peer', 'NAMES_AT_ONCE', 'topicHaveDelayMs, or with the peer'],
  'plugins/topics/advertisements.ts missing': ['neighbours', 'maxTopicMissing', 'topicGraftMs for each of MAX_HOLDERS'],
  'plugins/topics/interest.ts byTopic': ['a connected peer', 'maxTopics', 'with the want or the peer'],
  'plugins/topics/interest.ts byPeer': ['a connected peer', 'maxTopicsPerPeer, maxTopicsPerRouter', 'with the want or the peer'],
  'plugins/topics/interest.ts own': ['the application', 'maxTopicsPerPeer', 'with the subscription'],
  'plugins/topics/spreading-tree.ts links': ['a connected peer', 'maxTopicsPerRouter', 'with the peer'],
  'plugins/topics/topic-history.ts topics': ['messages', 'the bounds of the history', 'topicHistoryMs'],
  'plugins/topics/topic-history.ts all': ['messages', 'the bounds of the history', 'topicHistoryMs'],
  'plugins/topics/topics.ts seen': ['messages', 'topicSeen', 'the oldest goes'],
  'plugins/topics/topics.ts slots': ['messages', 'topicSeen', 'the oldest goes'],
  'plugins/topics/topics.ts listeners': ['the application', 'maxTopicsPerPeer', 'with the subscription'],
  'plugins/topics/topics.ts catchUp': ['the application', 'maxTopicsPerPeer', 'with the subscription'],
  'plugins/topics/topics.ts peers': ['a connected peer', 'one each', 'with the peer'],
  'plugins/topics/topics.ts told': ['a connected peer', 'topics that there are', 'with the want or the peer'],
  'plugins/topics/topics.ts underWay': ['a connected peer', 'one number each', 'when its bytes have left, or with the peer'],
  'plugins/topics/topics.ts publishers': ['publishers', 'maxRateBuckets', 'the oldest goes'],
  'plugins/topics/topics.ts neighbours': ['peers', 'maxRateBuckets', 'the oldest goes'],
}

function fieldsOf(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(root + file, 'utf8'), ts.ScriptTarget.Latest)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyDeclaration(node) || ts.isPropertySignature(node)) {
      const made = ts.isPropertyDeclaration(node) && node.initializer && ts.isNewExpression(node.initializer) && node.initializer
      const type = node.type?.getText(source) ?? (made ? made.expression.getText(source) : '')
      if (CONTAINER.test(type)) found.push(`${file} ${node.name.getText(source)}`)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

describe('whatever is kept for a peer by what serves strangers', () => {
  it('has a bound, and ends: each field that keeps more than one thing has a row that says how', () => {
    const files = SERVING.flatMap((folder) =>
      readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => `${folder}/${name.replaceAll('\\', '/')}`),
    )
    expect(files.flatMap(fieldsOf).sort()).toEqual(Object.keys(KEPT).sort())
  })
})
