// A worker that holds the wallet's key: made and stored here, not extractable where the browser can, and never seen by the page.
const SDK = '/dist/lotus-p2p.global.js'
const policy = self.trustedTypes?.createPolicy('sdk', { createScriptURL: () => SDK })
self.importScripts(policy?.createScriptURL('') ?? SDK)

const identity = self.LotusP2P.storedIdentity({ name: 'adapter' })

/** To a question with bytes it answers their signature, to any other its public key. */
self.onmessage = async ({ data, ports: [port] }) => {
  const key = await identity
  port.postMessage(data.sign === undefined ? key.publicKey : await key.sign(data.sign))
  port.close()
}
