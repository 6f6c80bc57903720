import { readersOf } from '../readers.js'

/** Statements, evidence, and messages of sessions. */
export const { fuzz, seeds } = readersOf(/^statements\//)
