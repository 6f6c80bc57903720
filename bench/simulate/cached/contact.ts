// In the place of src/plugins/dht/walk/contact.ts: thousands of nodes in one process name the same contacts.
import { type Contact, wireContact as make, type WireContact } from '../../../src/plugins/dht/walk/contact.js'

export * from '../../../src/plugins/dht/walk/contact.js'

const wires = new WeakMap<Contact, WireContact>()

/** Nobody writes into it: on the way to another process it would be encoded. */
export function wireContact(contact: Contact): WireContact {
  let wire = wires.get(contact)
  if (wire === undefined) {
    wire = make(contact)
    wires.set(contact, wire)
  }
  return wire
}
