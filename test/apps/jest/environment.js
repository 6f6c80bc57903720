const { TestEnvironment } = require('jest-environment-jsdom')

/** What browsers have, and jest-environment-jsdom does not hand on: taken from Node. */
const MISSING = ['TextEncoder', 'TextDecoder', 'structuredClone']

/** jsdom with what the SDK needs to start. */
module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup()
    for (const name of MISSING) this.global[name] ??= globalThis[name]
    // jsdom's own has no `subtle`.
    Object.defineProperty(this.global, 'crypto', { value: globalThis.crypto, configurable: true })
  }
}
