import { type DialRules, type LearntAddress, learnt } from '../../../address/dial-policy.js'
import { PUBLIC_KEY_BYTES } from '../../../identity/ed25519.js'
import { encodePeerId } from '../../../identity/peer-id.js'
import { array, bytes, malformed, parsed, text, tuple } from '../../../message/shape.js'
import { compareDistance, nodeIdOf } from '../records/key-space.js'
import { remembered } from './contact-memory.js'

/** A node of the DHT: who it is, and where it can be dialled. */
export interface Contact {
  /** `nodeIdOf` its public key, 32 bytes. */
  readonly id: Uint8Array
  readonly publicKey: Uint8Array
  /** `lp1…` */
  readonly peerId: string
  /** `wss://…` or `ws://…`; empty where it can be asked only while it is connected. */
  readonly address: LearntAddress | ''
}

/** A contact on the wire: public key, 32 bytes, and address. */
export type WireContact = [publicKey: Uint8Array, address: string]

const MAX_ADDRESS_CHARS = 256
const CONTACTS = 'A list of DHT nodes'

const wireContacts = /* @__PURE__ */ (() => array(tuple(bytes(PUBLIC_KEY_BYTES), text(0, MAX_ADDRESS_CHARS, /^wss?:\/\//))))()

export function contactOf(publicKey: Uint8Array, address: LearntAddress | '', network: string): Contact {
  return { id: nodeIdOf(publicKey, network), publicKey, peerId: encodePeerId(publicKey), address }
}

export function wireContact({ publicKey, address }: Contact): WireContact {
  return [publicKey, address]
}

/**
 * The contacts that a node gave as nearest to a target.
 *
 * Nobody honest sends more than were asked for, one twice, or out of order; who does so is not believed at all. What may
 * honestly be in it and is of no use is left out: ourselves, and addresses that the dial policy does not take.
 *
 * @throws P2PError MALFORMED_DATA.
 */
export function readContacts(
  wire: unknown,
  target: Uint8Array,
  { max, own, rules = {}, network }: { max: number; own: Uint8Array; rules?: DialRules; network: string },
): Contact[] {
  const told = parsed(wireContacts, wire, CONTACTS)
  if (told.length > max) throw malformed(CONTACTS)
  const contacts = told.map(([publicKey, address]) => {
    // Decoded bytes are views of a whole message.
    const make = () => contactOf(publicKey.slice(), learnt(address, rules) ?? '', network)
    return remembered(make, publicKey, address, network, rules.allowPrivate)
  })
  contacts.forEach((contact, i) => {
    const before = contacts[i - 1]
    if (before !== undefined && compareDistance(target, before.id, contact.id) >= 0) {
      throw malformed(CONTACTS)
    }
  })
  return contacts.filter(({ id, address }) => !same(id, own) && address !== '')
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, i) => byte === b[i])
}
