// One wallet that mixes, in a process of its own, on what is built. It prints a line of JSON for each thing that happens.
//
//   node e2e/mix-member.mjs '{ "server": "http://…", "relay": "ws://…", "outputType": 0, "coinType": 0, "change": false, "least": 9, "best": 10 }'
import * as coinjoin from '../dist/coinjoin.js'
import * as full from '../dist/index.js'
import * as musig2 from '../dist/musig2.js'
import * as statements from '../dist/statements.js'
import { cheater } from '../examples-web/mix-cheat.js'
import { chainAt, LIMITS, openPurse } from '../examples-web/mix-wallet.js'

const { server, relay, outputType, coinType, change, least, best, cheat } = JSON.parse(process.argv[2])
const tell = (kind, facts) => console.log(JSON.stringify({ kind, ...facts }))

const sdk = { ...full, ...musig2, ...coinjoin }
const { wallet, plan } = await openPurse(sdk, chainAt(server), { outputType, coinType, change: change ? 250_000n : 0n })
const self = {
  name: 'self',
  attach({ identity }) {
    tell('identity', { peerId: sdk.encodePeerId(identity.publicKey) })
    return {}
  },
}
const plugins = () => [self, cheater(statements, cheat, outputType)]
const mixer = new sdk.CoinJoin({ network: { bootstrap: [relay], allowPrivate: true, plugins }, wallet, limits: LIMITS })
let named = []
try {
  const { txid, anonymitySet, transaction } = await mixer.mix(plan, {
    minPeers: least,
    preferPeers: best,
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
setTimeout(() => mixer.close().then(() => process.exit()), 5_000)
