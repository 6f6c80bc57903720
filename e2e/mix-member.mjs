// A wallet that mixes, in a process of its own, on what is built. Each line of its input is one round with a new coin, or `"leave"`, which ends
// the one that runs; it prints a line of JSON for each thing that happens.
//
//   echo '{ "server": "http://…", "relay": "ws://…", "epochMs": 5000, "outputType": 0, "coinType": 0, "change": false, "least": 9, "best": 10 }' |
//     node e2e/mix-member.mjs
import { createInterface } from 'node:readline'
import * as coinjoin from '../dist/coinjoin.js'
import * as full from '../dist/index.js'
import * as musig2 from '../dist/musig2.js'
import * as statements from '../dist/statements.js'
import { cheater } from '../examples-web/mix-cheat.js'
import { chainAt, LIMITS, openPurse } from '../examples-web/mix-wallet.js'

const tell = (kind, facts) => console.log(JSON.stringify({ kind, ...facts }))
const sdk = { ...full, ...musig2, ...coinjoin }
const self = {
  name: 'self',
  attach({ identity }) {
    tell('identity', { peerId: sdk.encodePeerId(identity.publicKey) })
    return {}
  },
}
let leaving = new AbortController()

async function mix({ server, relay, epochMs, outputType, coinType, change, least, best, cheat }) {
  leaving = new AbortController()
  const { wallet, plan } = await openPurse(sdk, chainAt(server), { outputType, coinType, change: change ? 250_000n : 0n })
  const plugins = () => [self, cheater(statements, cheat, outputType)]
  const network = { bootstrap: [relay], allowPrivate: true, plugins }
  const mixer = new sdk.CoinJoin({ network, wallet, limits: { ...LIMITS, epochMs } })
  let named = []
  try {
    const { txid, anonymitySet, transaction } = await mixer.mix(plan, {
      minPeers: least,
      preferPeers: best,
      signal: leaving.signal,
      onProgress(progress) {
        named = progress.named
        tell('progress', { step: progress.step, attempt: progress.attempt, peers: progress.peers, of: progress.of })
      },
    })
    tell('mixed', { txid, anonymitySet, named, bytes: transaction && Buffer.from(transaction).toString('hex') })
  } catch (error) {
    tell('failed', { reason: error.details?.reason ?? error.code, named })
  }
  // Members that still lack something of the round ask for it.
  setTimeout(() => mixer.close(), 5_000)
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const asked = JSON.parse(line)
  if (asked === 'leave') leaving.abort()
  else mix(asked)
})
