import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { signEnvelope } from '../../src/identity/envelope.js'
import { encode } from '../../src/message/codec.js'
import {
  type EquivocationEvidence,
  encodeEvidence,
  evidenceOf,
  evidenceToJson,
  verifyEvidence,
  wireEvidence,
} from '../../src/statements/equivocation.js'
import {
  MAX_STATEMENT_VALUE_BYTES,
  readStatement,
  signStatement,
  type VerifiedStatement,
  verifyStatement,
  wireStatement,
} from '../../src/statements/statement.js'
import { bytes, GAME, identityOf } from './table.js'

const liar = identityOf(1)
const content = { ...GAME, round: 3, slot: 'roll', value: bytes(1) }
let one: VerifiedStatement
let two: VerifiedStatement
let evidence: EquivocationEvidence

beforeAll(async () => {
  one = await signStatement(liar, content)
  two = await signStatement(liar, { ...content, value: bytes(2) })
  evidence = evidenceOf(one, two)!
})

describe('a statement', () => {
  it('is verified from its envelope alone, and says what was signed, whatever else it claims', async () => {
    const { publicKey, payload, signature } = one
    expect(await verifyStatement({ publicKey, payload, signature })).toEqual(one)
    const claiming = { ...one, value: bytes(9) }
    expect(await verifyStatement(claiming)).toEqual(one)
  })

  it('with half of a surrogate pair in its names is not signed', async () => {
    await expect(signStatement(liar, { ...content, session: '\ud800' })).rejects.toMatchObject({ code: 'INVALID_STATEMENT' })
  })

  it.each([
    ['protocol', ''],
    ['protocol', 'x'.repeat(129)],
    ['session', ''],
    ['session', 'x'.repeat(129)],
    ['slot', 7],
    ['round', -1],
    ['round', 1.5],
    ['round', 2 ** 32],
    ['value', 'text'],
    ['value', new Uint8Array(MAX_STATEMENT_VALUE_BYTES + 1)],
  ])('with %s out of its bounds is not signed, and not read', async (field, value) => {
    const wrong = { ...content, [field]: value } as typeof content
    await expect(signStatement(liar, wrong)).rejects.toMatchObject({ code: 'INVALID_STATEMENT' })
    const { protocol, session, round, slot } = wrong
    const envelope = await signEnvelope(liar, 'statement', encode([protocol, session, round, slot, wrong.value]))
    await expect(verifyStatement(envelope)).rejects.toMatchObject({ code: 'INVALID_STATEMENT' })
  })

  it('of the largest size is signed and read', async () => {
    const name = '\uffee'.repeat(128)
    const value = new Uint8Array(MAX_STATEMENT_VALUE_BYTES)
    const largest = { protocol: name, session: name, slot: name, round: 2 ** 32 - 1, value }
    const other = { ...largest, value: value.slice().fill(1) }
    const [first, second] = [await signStatement(liar, largest), await signStatement(liar, other)]
    expect(await verifyStatement(first)).toEqual(first)
    const proof = evidenceOf(first, second)!
    expect(await verifyEvidence(encodeEvidence(proof))).toEqual(proof)
    expect(await verifyEvidence(evidenceToJson(proof))).toEqual(proof)
  })

  it('in another encoding of the same is refused: it would be no contradiction, and look like one', async () => {
    // The round as uint 16 instead of one byte.
    const at = encode([content.protocol, content.session]).length
    const longer = Uint8Array.from([...one.payload.slice(0, at), 0xcd, 0, 3, ...one.payload.slice(at + 1)])
    const envelope = await signEnvelope(liar, 'statement', longer)
    await expect(verifyStatement(envelope)).rejects.toMatchObject({ code: 'INVALID_STATEMENT' })
    await expect(verifyEvidence({ ...evidence, statements: [one, { ...one, ...envelope }] })).rejects.toMatchObject({
      code: 'INVALID_EVIDENCE',
    })
  })
})

describe('evidence', () => {
  it('convinces from its object, its bytes and its JSON', async () => {
    expect(await verifyEvidence(evidence)).toEqual(evidence)
    expect(await verifyEvidence(encodeEvidence(evidence))).toEqual(evidence)
    expect(await verifyEvidence(evidenceToJson(evidence))).toEqual(evidence)
    expect(evidenceOf(two, one)).toEqual(evidence)
    expect(evidence).toMatchObject({ ...GAME, round: 3, slot: 'roll', publicKey: liar.publicKey })
  })

  const forgeries: [name: string, make: () => Promise<unknown> | unknown][] = [
    ['with the key of somebody else', () => ({ ...evidence, publicKey: identityOf(2).publicKey })],
    [
      'in which somebody else signed for the liar',
      async () => {
        const forged = await signStatement(identityOf(2), { ...content, value: bytes(2) })
        return { ...evidence, statements: [one, forged] }
      },
    ],
    ['of the same statement twice', () => ({ ...evidence, statements: [one, one] })],
    [
      'of the same value with two signatures',
      async () => ({ ...evidence, statements: [one, { ...one, signature: two.signature }] }),
    ],
    ...(
      [
        ['protocol', 'chess'],
        ['session', 'table-8'],
        ['round', 4],
        ['slot', 'wager'],
      ] as const
    ).map(([field, value]): [string, () => Promise<unknown>] => [
      `of two different ${field}s`,
      async () => ({
        ...evidence,
        statements: [one, await signStatement(liar, { ...content, value: bytes(2), [field]: value })],
      }),
    ]),
    [
      'with a signature made under another tag',
      async () => ({ ...evidence, statements: [one, { ...two, ...(await signEnvelope(liar, 'record', two.payload)) }] }),
    ],
    ['that claims other fields', () => ({ ...evidence, statements: [one, { ...one, value: bytes(2) }] })],
    ['cut', () => encodeEvidence(evidence).slice(0, -1)],
    ['with bytes behind it', () => Uint8Array.from([...encodeEvidence(evidence), 0])],
    ['huge', () => new Uint8Array(10_000_000)],
    ['huge in text', () => `[${' '.repeat(10_000_000)}]`],
    ['of nothing', () => undefined],
    ['of an empty object', () => ({})],
    ['of text that is no JSON', () => '{'],
    ['of an array of other things', () => [1, 2, 3, 4, 5]],
  ]
  it.each(forgeries)('%s convinces nobody', async (_name, make) => {
    const forged = (await make()) as EquivocationEvidence
    await expect(verifyEvidence(forged)).rejects.toMatchObject({ name: 'P2PError', code: 'INVALID_EVIDENCE' })
  })

  it('with any bit flipped convinces nobody, and any bytes fail with the one code', async () => {
    const good = encodeEvidence(evidence)
    const refused = (bytes: Uint8Array) =>
      verifyEvidence(bytes).then(
        () => 'taken',
        ({ code }) => code,
      )
    for (let at = 0; at < good.length; at++) {
      const bad = good.slice()
      bad[at]! ^= 1 << (at % 8)
      expect(await refused(bad)).toBe('INVALID_EVIDENCE')
    }
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (noise) => (await refused(noise)) === 'INVALID_EVIDENCE'),
    )
    await fc.assert(fc.asyncProperty(fc.anything(), async (noise) => (await refused(noise as Uint8Array)) === 'INVALID_EVIDENCE'))
  })

  it('is read from statements of any wire, which nothing but a form can pass', () => {
    fc.assert(
      fc.property(fc.anything(), (wire) => {
        expect(() => readStatement(wire)).toThrow(expect.objectContaining({ code: 'INVALID_STATEMENT' }))
      }),
    )
    expect(readStatement(wireStatement(one))).toEqual(one)
    expect(wireEvidence(evidence)).toHaveLength(5)
  })
})
