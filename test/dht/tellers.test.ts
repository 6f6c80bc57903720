import { describe, expect, it } from 'vitest'
import { type Contact, contactOf } from '../../src/plugins/dht/walk/contact.js'
import { Tellers } from '../../src/plugins/dht/walk/tellers.js'
import { told as toldAddress } from './told.js'

const contact = (n: number): Contact => contactOf(new Uint8Array(32).fill(n), toldAddress(`ws://node${n}.example`), 'lotus')
const contacts = (from: number, count: number) => Array.from({ length: count }, (_, i) => contact(from + i))

/** A teller of so many nodes, of which some answer; whether each failure has named a liar. */
function told(count: number, answering: number) {
  const tellers = new Tellers()
  const all = contacts(0, count)
  tellers.tell('teller', all)
  const named = all.map(({ peerId }, i) => tellers.came(peerId, i < answering))
  return { tellers, named: named.filter((teller) => teller !== undefined) }
}

describe('tellers of nodes', () => {
  it('are believed as long as fewer than twenty of the nodes that they named have failed', () => {
    expect(told(19, 0).tellers.isLiar('teller')).toBe(false)
    const { tellers, named } = told(20, 0)
    expect(tellers.isLiar('teller')).toBe(true)
    expect(named).toEqual(['teller'])
    expect(tellers.liars).toBe(1)
  })

  it('are believed while one in five of their nodes answers', () => {
    expect(told(30, 6).tellers.isLiar('teller')).toBe(false)
    expect(told(30, 5).tellers.isLiar('teller')).toBe(true)
  })

  it('are charged for a node by whoever told of it first, once', () => {
    const tellers = new Tellers()
    const nodes = contacts(0, 20)
    tellers.tell('first', nodes)
    tellers.tell('second', nodes)
    for (const { peerId } of nodes) for (let i = 0; i < 3; i++) tellers.came(peerId, false)
    expect([tellers.isLiar('first'), tellers.isLiar('second')]).toEqual([true, false])
  })

  it('are not charged for themselves, nor for a node that nobody told of', () => {
    const tellers = new Tellers()
    const nodes = contacts(0, 25)
    for (const node of nodes) tellers.tell(node.peerId, [node])
    for (const { peerId } of nodes) expect(tellers.came(peerId, false)).toBeUndefined()
    expect(tellers.liars).toBe(0)
  })

  it('who have said what no honest node says are liars for good', () => {
    const tellers = new Tellers()
    tellers.condemn('teller')
    expect(tellers.isLiar('teller')).toBe(true)
    const nodes = contacts(0, 50)
    tellers.tell('teller', nodes)
    for (const { peerId } of nodes) tellers.came(peerId, true)
    expect(tellers.isLiar('teller')).toBe(true)
  })

  it('are remembered in bounded number: the oldest word goes first', () => {
    const tellers = new Tellers()
    const made = (n: number): Contact => ({ ...contact(0), peerId: `node ${n}` })
    tellers.tell('first', [made(0)])
    tellers.tell(
      'second',
      Array.from({ length: 4_096 }, (_, n) => made(n + 1)),
    )
    // What `first` told is forgotten, so that its failure is nobody's.
    tellers.came(made(0).peerId, false)
    for (let n = 1; n <= 20; n++) tellers.came(made(n).peerId, false)
    expect([tellers.isLiar('first'), tellers.isLiar('second')]).toEqual([false, true])
  })
})
