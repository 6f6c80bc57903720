// What package.json chooses for `lotus-p2p/coinjoin` by the conditions `development` and `node`: the same, and errors have their sentences.
import { explainErrors } from './base/sentences.js'

explainErrors()

export * from './coinjoin/index.js'
