import { expect } from 'vitest'
import { explainErrors } from '../src/base/sentences.js'

// As the entry points do in Node.
explainErrors()

// Else byte by byte, which takes seconds for frames of the largest size.
expect.addEqualityTesters([
  (a: unknown, b: unknown) =>
    a instanceof Uint8Array && b instanceof Uint8Array && a.constructor === b.constructor
      ? Buffer.compare(a, b) === 0
      : undefined,
])

/** Before each test file. Without `SEED`, fast-check draws a seed for each property and prints it with what fails. */
if (process.env.SEED !== undefined) {
  const { default: fc } = await import('fast-check')
  fc.configureGlobal({ seed: Number(process.env.SEED) })
}
