// What package.json chooses for `lotus-p2p/musig2` by the conditions `development` and `node`: the same, and errors have their sentences.
import { explainErrors } from './base/sentences.js'

explainErrors()

export * from './musig2/index.js'
