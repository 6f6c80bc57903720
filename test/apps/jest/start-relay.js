const { startRelay } = require('lotus-p2p/node')

/** A relay for all tests, in Jest's own process, which is Node: no jsdom is in the way. */
module.exports = async () => {
  globalThis.relay = await startRelay({ port: 0, host: '127.0.0.1' })
  process.env.RELAY = globalThis.relay.url
}
