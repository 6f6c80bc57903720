import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { learnt } from '../../src/address/dial-policy.js'
import { compareDistance } from '../../src/plugins/dht/records/key-space.js'
import { type Contact, contactOf, readContacts, wireContact } from '../../src/plugins/dht/walk/contact.js'

const code = (code: string) => expect.objectContaining({ code })

const target = new Uint8Array(32).fill(9)
const own = new Uint8Array(32).fill(1)
const node = (n: number, address = `wss://n${n}.example`) =>
  contactOf(new Uint8Array(32).fill(n), learnt(address, { allowPrivate: true })!, 'lotus')
const byDistance = (contacts: Contact[]) => contacts.sort((a, b) => compareDistance(target, a.id, b.id))
const read = (wire: unknown, options: Partial<Parameters<typeof readContacts>[2]> = {}) =>
  readContacts(wire, target, { max: 20, own, network: 'lotus', ...options })

describe('contacts in an answer', () => {
  const contacts = byDistance([1, 2, 3, 4, 5].map((n) => node(n)))

  it('are read back as they were sent', () => {
    expect(read(contacts.map(wireContact))).toEqual(contacts)
    expect(read([])).toEqual([])
  })

  it('are refused where they are too many, out of order, or twice the same', () => {
    const wire = contacts.map(wireContact)
    expect(() => read(wire, { max: 4 })).toThrow(code('MALFORMED_DATA'))
    expect(() => read([...wire].reverse())).toThrow(code('MALFORMED_DATA'))
    expect(() => read([wire[0], wire[0]])).toThrow(code('MALFORMED_DATA'))
  })

  it('are refused where they are no contacts', () => {
    for (const wire of [
      null,
      'x',
      [null],
      [[new Uint8Array(31), 'wss://a.b']],
      [[new Uint8Array(32), 'http://a.b']],
      [[new Uint8Array(32), `wss://${'a'.repeat(300)}`]],
    ]) {
      expect(() => read(wire), JSON.stringify(wire)).toThrow(code('MALFORMED_DATA'))
    }
    fc.assert(
      fc.property(fc.anything(), (wire) => {
        try {
          read(wire)
        } catch (error) {
          expect(error).toEqual(code('MALFORMED_DATA'))
        }
      }),
    )
  })

  it('leave ourselves out', () => {
    const us = node(3)
    expect(read(contacts.map(wireContact), { own: us.id }).map(({ address }) => address)).not.toContain(us.address)
  })

  it('leave private addresses out, unless the application allows them', () => {
    const mixed = byDistance([node(1), node(2, 'ws://192.168.1.4:8787'), node(3, 'ws://localhost:8787')])
    expect(read(mixed.map(wireContact)).map(({ address }) => address)).toEqual(['wss://n1.example'])
    expect(read(mixed.map(wireContact), { rules: { allowPrivate: true } })).toHaveLength(3)
  })

  it('that were read before are the same contacts, and for other rules, another network or another address they are others', () => {
    const wire = [wireContact(node(1, 'ws://192.168.1.4:8787'))]
    const first = read(wire, { rules: { allowPrivate: true } })
    expect(first[0]).toBe(read(structuredClone(wire), { rules: { allowPrivate: true } })[0])
    expect(read(wire)).toEqual([])
    const elsewhere = read(wire, { rules: { allowPrivate: true }, network: 'test' })
    expect(elsewhere[0]!.id).not.toEqual(first[0]!.id)
    const moved = read([[wire[0]![0], 'wss://elsewhere.example']], { rules: { allowPrivate: true } })
    expect(moved[0]!.address).toBe('wss://elsewhere.example')
  })

  it('do not change with the bytes that they came in', () => {
    const wire = structuredClone([wireContact(node(6))])
    const [before] = read(wire)
    const id = before!.publicKey.slice()
    wire[0]![0].fill(0)
    expect(before!.publicKey).toEqual(id)
  })
})
