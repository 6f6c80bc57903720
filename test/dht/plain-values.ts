import fc from 'fast-check'

/** What JSON takes, without the one key that is not sent: what the encoder refuses never reaches the peer under test. */
export function plainValues(maxDepth = 4) {
  return fc.jsonValue({ maxDepth }).filter((value) => !JSON.stringify(value).includes('__proto__'))
}
