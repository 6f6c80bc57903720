import { readersOf } from '../readers.js'

/** Messages of topics, and what neighbours say of them. */
export const { fuzz, seeds } = readersOf(/^plugins\/topics\//)
