import { encodeTransaction } from '../../../src/lotus/transaction.js'
import { walletsOf } from '../../musig2/wallets.js'
import { readersOf } from '../readers.js'

const { request, content } = walletsOf({ signers: 2, seed: 41 })

/** Requests to sign, nonces, transactions and scripts. */
export const { fuzz, seeds } = readersOf(/^(musig2|lotus)\//, [request, encodeTransaction(content.transaction)])
