// What package.json chooses for `lotus-p2p/mail` by the conditions `development` and `node`: the same, and errors have their sentences.
import { explainErrors } from './base/sentences.js'

explainErrors()

export * from './mail/index.js'
