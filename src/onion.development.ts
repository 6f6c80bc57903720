// What package.json chooses for `lotus-p2p/onion` by the conditions `development` and `node`: the same, and errors have their sentences.
import { explainErrors } from './base/sentences.js'

explainErrors()

export * from './onion/index.js'
