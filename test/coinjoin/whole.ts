/** `npm run test:coinjoin`: every case, and every schedule. `npm run test:ci` runs those that go other ways, and fewer that are drawn. */
export const WHOLE = process.env.COINJOIN === 'whole'
