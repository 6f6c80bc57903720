import { readersOf } from '../readers.js'

/** What relays and the ends of circuits say to each other, introductions included. */
export const { fuzz, seeds } = readersOf(/^plugins\/circuit\//)
