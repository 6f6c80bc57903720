import { readersOf } from '../readers.js'

/** Every reader of what comes over the network. */
export const { fuzz, seeds } = readersOf()
