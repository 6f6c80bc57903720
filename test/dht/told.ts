import { type LearntAddress, learnt } from '../../src/address/dial-policy.js'

/** An address as a routing table keeps it: one that others have told, of any network. */
export function told(address: string): LearntAddress | '' {
  return learnt(address, { allowPrivate: true }) ?? ''
}
