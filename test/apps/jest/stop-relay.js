module.exports = () => globalThis.relay.stop()
