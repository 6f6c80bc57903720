import type { Check } from '../../src/node/conform/check.js'
import { LONG } from '../long.js'

/** Clauses about seconds: their checks wait for them. */
const SLOW = ['H-5', 'S-13', 'S-16', 'S-22', 'S-29', 'R-14', 'D-10']

/** The checks that wait for little; all of them where time is no matter. */
export const quick = (checks: readonly Check[]): Check[] => checks.filter(({ clause }) => LONG || !SLOW.includes(clause))
