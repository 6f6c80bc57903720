/** Whether minutes are no matter, as in `npm run test:ci`. `npm test` runs a short version of what is long. */
export const LONG = process.env.LONG_TESTS === '1'
