import { explainErrors } from '../src/base/sentences.js'

// As the entry points do in Node.
explainErrors()

/** Before each test file. Without `SEED`, fast-check draws a seed for each property and prints it with what fails. */
if (process.env.SEED !== undefined) {
  const { default: fc } = await import('fast-check')
  fc.configureGlobal({ seed: Number(process.env.SEED) })
}
