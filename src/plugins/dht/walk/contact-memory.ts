import { BoundedMap } from '../../../base/bounded-map.js'
import { hexOf } from '../../../base/bytes.js'
import { tupleKey } from '../../../base/tuple-key.js'

/** Contacts that are remembered: more than the answers of several lookups name. */
const MAX_REMEMBERED = 2_048

/**
 * The contacts that answers have named last. The nodes near a place are named again in each answer on the way there, and a hash, a
 * peer id and a look at the dial policy for each would be most of what a lookup costs. What they come to depends on nothing but the key
 * of this map, so all coordinators of a process share it.
 */
const contacts = /* @__PURE__ */ new BoundedMap<string, unknown>(MAX_REMEMBERED)

/**
 * The contact of a node as it was told, made where it is not remembered.
 *
 * @param make the only way in which contacts are made here.
 * @param publicKey 32 bytes, not kept.
 * @param told what else decides on the contact: the address as it came, the network, the dial rules.
 */
export function remembered<Contact>(
  make: () => Contact,
  publicKey: Uint8Array,
  ...told: readonly (string | boolean | undefined)[]
): Contact {
  return contacts.use(tupleKey(hexOf(publicKey), ...told), make) as Contact
}
