import { hexToBytes as bytes, bytesToHex as hex } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../src/base/sha256.js'
import { sha256d } from '../../src/lotus/hash.js'
import { lotusPreimage } from '../../src/lotus/sighash.js'
import { decodeTransaction, encodeTransaction, merkleRootOf } from '../../src/lotus/transaction.js'
import { publicVectors } from '../vectors/public.js'

/** A field of a preimage: bytes, the parts of what is hashed, or the leaves of a tree, each in parts. */
type Field = string | string[] | string[][]
type Case = [
  tx: string[],
  spent: [number, string][],
  type: string,
  index: number,
  codeSeparator: number,
  flags: string,
  Field[],
  string,
]

const cases = (JSON.parse(publicVectors('sighash_lotus.json') ?? '[]') as unknown[][]).filter(
  (each): each is Case => each.length > 2,
)

const OPCODES: Record<string, number> = {
  OP_HASH160: 0xa9,
  OP_EQUAL: 0x87,
  OP_DUP: 0x76,
  OP_EQUALVERIFY: 0x88,
  OP_CHECKSIG: 0xac,
}
const TYPES: Record<string, number> = { ALL: 1, NONE: 2, SINGLE: 3, LOTUS: 0x60, ANYONECANPAY: 0x80 }

function scriptOf(text: string): Uint8Array {
  const parts = text.split(' ').map((word) => {
    if (word.startsWith('0x')) return word.slice(2)
    return (OPCODES[word] ?? 0x50 + Number(word)).toString(16).padStart(2, '0')
  })
  return bytes(parts.join(''))
}

function typeOf(text: string, flags: string): number {
  const type = text.split('|').reduce((sum, name) => sum | TYPES[name]!, 0)
  // lotusd, `SignatureHash`: a legacy chain's fork value is 0xffxxxx, changed by 0xdead.
  return flags.includes('REPLAY_PROTECTION') ? (type | 0xffdead00) >>> 0 : type
}

const joinedHash = (parts: string[]) => sha256d(bytes(parts.join('')))

function bytesOfField(field: Field, isScript: boolean): Uint8Array {
  if (typeof field === 'string') return bytes(field)
  if (isScript) return sha256(bytes((field as string[]).join('')))
  const isTree = (list: string[] | string[][]): list is string[][] => Array.isArray(list[0])
  return isTree(field) ? merkleRootOf(field.map(joinedHash)).root : joinedHash(field)
}

describe.skipIf(cases.length === 0)("lotusd's vectors of SIGHASH_LOTUS", () => {
  it.each(cases)('%#', (tx, spent, type, index, codeSeparator, flags, fields, comment) => {
    const transaction = decodeTransaction(bytes(tx.join('')))
    expect(hex(encodeTransaction(transaction))).toBe(tx.join(''))
    const outputs = spent.map(([sats, script]) => ({ sats: BigInt(sats), script: scriptOf(script) }))
    const executed = { codeSeparator, hash: sha256(outputs[index]!.script) }
    const preimage = () => lotusPreimage(transaction, index, outputs, typeOf(type, flags), executed)
    if (fields[0] === 'failure') {
      expect(preimage, comment).toThrow(expect.objectContaining({ code: 'INVALID_TRANSACTION' }))
      return
    }
    expect(hex(preimage()), comment).toBe(fields.map((field, i) => hex(bytesOfField(field, i === 3))).join(''))
  })

  it('are 28', () => {
    expect(cases).toHaveLength(28)
  })
})
