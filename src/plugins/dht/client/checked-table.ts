import { withCheckedOptions } from '../../../base/options.js'
import { HashTable } from './hash-table.js'

/** A `HashTable` whose calls refuse options that there are none of. */
export const CheckedTable: typeof HashTable = /* @__PURE__ */ (() =>
  withCheckedOptions(class extends HashTable {}, 'dht.', {
    announce: [0, 'key', 'value', 'publisherId', 'ttl', 'publishedAt', 'republish', 'whileConnected'],
    withdraw: [1],
    get: [1, 'publisherId'],
    query: [0, 'key', 'filters', 'maxResults', 'perPublisher', 'publisherId', 'publishedAfter', 'publishedBefore'],
    trace: [1],
  }))()
