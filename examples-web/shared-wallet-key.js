// A worker that holds the key of a shared wallet: made and kept here, never seen by the page. Its name is the wallet's.
const SDK = '/dist/lotus-p2p-all.global.js'
const policy = self.trustedTypes?.createPolicy('sdk', { createScriptURL: () => SDK })
self.importScripts(policy?.createScriptURL('') ?? SDK)
const { indexedDbStore, serveSigner, softwareSigner } = self.LotusP2P

const MOST_FEE_SATS = 10_000n

async function signerOf(name) {
  const store = indexedDbStore(`${name}-key`)
  const kept = await store.get('secret')
  const secret = kept ?? crypto.getRandomValues(new Uint8Array(32))
  if (kept === undefined) await store.set('secret', secret)
  return softwareSigner({ secretKeys: [secret] })
}

// A page may lie to its user. What the worker can decide by itself it decides: a fee that is out of all proportion is never signed.
serveSigner(self, signerOf(self.name), { approve: async ({ fee }) => fee <= MOST_FEE_SATS })
