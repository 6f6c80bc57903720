// lotus-p2p/errors: the sentences of errors, for a page that wants them in production.
export { explainErrors } from './base/sentences.js'
