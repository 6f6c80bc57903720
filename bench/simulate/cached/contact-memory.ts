// In the place of src/plugins/dht/walk/contact-memory.ts: one contact for all nodes of the process, for as long as one of them knows it.
import type { Contact } from '../../../src/plugins/dht/walk/contact.js'
import type { remembered as Remembered } from '../../../src/plugins/dht/walk/contact-memory.js'

const contacts = new WeakMap<Uint8Array, Contact>()

export const remembered = ((make: () => Contact, publicKey: Uint8Array, address: string): Contact => {
  const known = contacts.get(publicKey)
  if (known?.address === address) return known
  // Nothing is decoded, so the key belongs to nobody else and need not be copied: `make` would.
  const { address: learnt, id, peerId } = make()
  const contact: Contact = { id, publicKey, peerId, address: learnt }
  contacts.set(publicKey, contact)
  return contact
}) satisfies (make: () => Contact, publicKey: Uint8Array, address: string) => ReturnType<typeof Remembered<Contact>>
