// lotus-p2p/errors: the sentences of errors, for a page that wants them in production, and where errors are explained.
import { P2PError } from './base/errors.js'
import { setErrorsPage } from './base/sentences.js'

export { explainErrors } from './base/sentences.js'

/**
 * Says where errors are explained, for `error.docs` and for the messages of errors without sentences. Before it is called, that is
 * `lotus-p2p/docs/errors.md`, the file in the package. It holds for errors that exist already too, but not for their messages.
 *
 * @param page address of a page that has an anchor of each code in lower case, as docs/errors.md and the site made from it have. An anchor
 * or a question mark in it is refused.
 * @throws {P2PError} INVALID_CONFIG where the page is no such text.
 *
 * @example
 * import { linkErrors } from 'lotus-p2p/errors'
 * linkErrors('https://wallet.example/p2p/errors')
 * // error.docs: https://wallet.example/p2p/errors#store_full
 */
export function linkErrors(page: string): void {
  if (typeof page !== 'string' || page === '' || /[#?\s]/.test(page)) {
    throw new P2PError('INVALID_CONFIG', 'linkErrors() takes the address of a page, without an anchor.')
  }
  setErrorsPage(page)
}
