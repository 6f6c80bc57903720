import { describe, it } from 'vitest'

/** Whether minutes are no matter, as in `npm run test:ci`. `npm test` runs a short version of what is long. */
export const LONG = process.env.LONG_TESTS === '1'

const none = Object.assign(() => {}, { each: () => () => {} }) as unknown

/** For what a file has beside its long tests: `npm test` has run it, as it is, and the long list does not run it again. */
export const unlessLong = LONG ? ({ describe: none, it: none } as { describe: typeof describe; it: typeof it }) : { describe, it }
