import { readersOf } from '../readers.js'

/** Questions to nodes of the DHT, and their answers. */
export const { fuzz, seeds } = readersOf(/^plugins\/dht\/(client|walk)\//)
