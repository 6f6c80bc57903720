import { readersOf } from '../readers.js'

/** Records of the DHT, and what is asked of them. */
export const { fuzz, seeds } = readersOf(/^plugins\/(dht\/records|discovery)\//)
