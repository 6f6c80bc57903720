import { describe, expect, it } from 'vitest'
import { hexOf } from '../../src/base/bytes.js'
import { bindingHolds } from '../../src/musig2/binding.js'
import { combine } from '../../src/musig2/combine.js'
import { encodeRequest, readRequest } from '../../src/musig2/request.js'
import { softwareSigner } from '../../src/musig2/software-signer.js'
import { drawing, signTogether, walletsOf } from './wallets.js'

const failed = (reason: string) =>
  expect.objectContaining({ code: 'SIGNING_FAILED', details: expect.objectContaining({ reason }) })
const REFUSED = failed('SIGNER_FAILED')
const name = (n: number) => n.toString(16).padStart(64, '0')

/** Two wallets, and what each needs to sign: the nonces of both. */
async function ready(session: string, seed = 3) {
  const wallets = walletsOf({ signers: 2, seed })
  const { signers, request } = wallets
  const nonces = await Promise.all(signers.map((signer) => signer.createNonces({ session, request })))
  return { ...wallets, session, byInput: [nonces.map(([nonce]) => nonce!)], nonces }
}

describe('secret nonces', () => {
  it('sign once: a second signPartials finds nothing', async () => {
    const { signers, session, byInput } = await ready(name(1))
    await signers[0]!.signPartials({ session, nonces: byInput })
    await expect(signers[0]!.signPartials({ session, nonces: byInput })).rejects.toEqual(REFUSED)
  })

  it.each<[how: string, spoil: (nonces: Uint8Array[][]) => Uint8Array[][]]>([
    ['a nonce is none', ([all]) => [[all![0]!, new Uint8Array(66)]]],
    ['ours is another', ([all]) => [[all![1]!, all![1]!]]],
    ['one is missing', ([all]) => [[all![0]!]]],
    ['an input has none', () => []],
  ])('are gone when signing fails, since %s', async (_, spoil) => {
    const { signers, session, byInput } = await ready(name(2))
    await expect(signers[0]!.signPartials({ session, nonces: spoil(byInput) })).rejects.toThrow()
    await expect(signers[0]!.signPartials({ session, nonces: byInput })).rejects.toEqual(REFUSED)
  })

  it('are made once for a session, also after it was signed, forgotten or too old', async () => {
    let now = 0
    const { secretKeys, request } = walletsOf({ signers: 2, seed: 3 })
    const signer = softwareSigner({ secretKeys: [secretKeys[0]!], now: () => now })
    const create = (session: string) => signer.createNonces({ session, request })
    await create(name(1))
    await expect(create(name(1))).rejects.toEqual(REFUSED)
    await signer.forget(name(1))
    await expect(create(name(1))).rejects.toEqual(REFUSED)
    await create(name(2))
    now = 300_000
    await expect(signer.signPartials({ session: name(2), nonces: [] })).rejects.toEqual(REFUSED)
    await expect(create(name(2))).rejects.toEqual(REFUSED)
  })

  it('wait for sixteen sessions at once, and make room when they are over', async () => {
    const { signers, request } = walletsOf({ signers: 2, seed: 3 })
    for (let n = 0; n < 16; n++) await signers[0]!.createNonces({ session: name(n), request })
    await expect(signers[0]!.createNonces({ session: name(16), request })).rejects.toEqual(REFUSED)
    await signers[0]!.forget(name(3))
    await signers[0]!.createNonces({ session: name(16), request })
  })

  it('are never the same twice, with a generator that is stuck, in whatever session, for whatever input', async () => {
    const { secretKeys, request } = walletsOf({ signers: 2, seed: 3, inputs: 3 })
    const seen = new Set<string>()
    // A process that is started anew counts from zero: its sessions have other names.
    for (let process = 0; process < 3; process++) {
      const signer = softwareSigner({ secretKeys: [secretKeys[0]!], random: (length) => new Uint8Array(length) })
      for (let n = 0; n < 10; n++) {
        const session = name(100 * process + n)
        for (const nonce of await signer.createNonces({ session, request })) seen.add(hexOf(nonce))
        await signer.forget(session)
      }
    }
    expect(seen.size).toBe(90)
  })

  it('of one attempt sign in no other: parts of two attempts do not add up', async () => {
    const one = await ready(name(1))
    const other = await ready(name(2))
    const partials = await Promise.all([
      one.signers[0]!.signPartials({ session: one.session, nonces: one.byInput }),
      other.signers[1]!.signPartials({ session: other.session, nonces: other.byInput }),
    ])
    const { culprits } = await combine(readRequest(one.request), one.nonces, partials)
    expect(culprits).toEqual([1])
  })
})

describe('a signer', () => {
  it('signs what it has read itself: a page that swaps the transaction gets parts of no other', async () => {
    const { signers, request, content } = walletsOf({ signers: 2, seed: 5 })
    const swapped = encodeRequest({ ...content, transaction: { ...content.transaction, locktime: 7 } })
    const session = name(1)
    const nonces = [
      await signers[0]!.createNonces({ session, request: swapped }),
      await signers[1]!.createNonces({ session, request }),
    ]
    const byInput = [nonces.map(([nonce]) => nonce!)]
    const partials = await Promise.all(signers.map((signer) => signer.signPartials({ session, nonces: byInput })))
    expect((await combine(readRequest(request), nonces, partials)).culprits).toEqual([0])
  })

  it('signs for no keys of others, and for no member whose network key is not named', async () => {
    const { request, content, signers } = walletsOf({ signers: 2, seed: 5 })
    const stranger = softwareSigner({ secretKeys: [drawing(99)(32)] })
    const fresh = new Uint8Array(16)
    await expect(stranger.createNonces({ session: name(1), request })).rejects.toEqual(REFUSED)
    await expect(stranger.prove({ request, networkKey: content.members[0]!.networkKey, fresh })).rejects.toEqual(REFUSED)
    await expect(signers[0]!.prove({ request, networkKey: content.members[1]!.networkKey, fresh })).rejects.toEqual(REFUSED)
  })

  it('proves its keys for one request, one network key and one fresh draw', async () => {
    const { signers, request, content } = walletsOf({ signers: 3, seed: 5 })
    const read = readRequest(request)
    const { networkKey } = content.members[1]!
    const fresh = new Uint8Array(16).fill(1)
    const proofs = await signers[1]!.prove({ request, networkKey, fresh })
    expect(bindingHolds(read, 1, fresh, proofs)).toBe(true)
    expect(bindingHolds(read, 1, new Uint8Array(16), proofs)).toBe(false)
    expect(bindingHolds(read, 0, fresh, proofs)).toBe(false)
    expect(bindingHolds(read, 1, fresh, [])).toBe(false)
    expect(bindingHolds({ ...read, hash: new Uint8Array(32) }, 1, fresh, proofs)).toBe(false)
  })

  it.each([0, 1, 2, 3])('that forges its part is the only one named, at place %i', async (forger) => {
    const wallets = walletsOf({ signers: 4, seed: 21, inputs: 2 })
    const read = readRequest(wallets.request)
    const session = name(4)
    const nonces = await Promise.all(wallets.signers.map((signer) => signer.createNonces({ session, request: wallets.request })))
    const byInput = read.sign.map((_, i) => nonces.map((all) => all[i]!))
    const partials = await Promise.all(wallets.signers.map((signer) => signer.signPartials({ session, nonces: byInput })))
    for (const bad of [new Uint8Array(32), new Uint8Array(32).fill(255), partials[(forger + 1) % 4]![1]!]) {
      const forged = partials.map((parts, member) => (member === forger ? [parts[0]!, bad] : parts))
      expect((await combine(read, nonces, forged)).culprits).toEqual([forger])
    }
  })

  it('holds several keys of one member, one for each address', async () => {
    const one = walletsOf({ signers: 2, seed: 31 })
    const two = walletsOf({ signers: 2, seed: 32 })
    const { transaction, spent } = one.content
    const content = {
      ...one.content,
      keysets: [one.keyset, two.keyset],
      transaction: {
        ...transaction,
        inputs: [...transaction.inputs, ...two.content.transaction.inputs],
      },
      spent: [...spent, ...two.spent],
      sign: [one.content.sign[0]!, { ...two.content.sign[0]!, input: 1, keyset: 1 }],
    }
    const signers = [0, 1].map((i) => softwareSigner({ secretKeys: [one.secretKeys[i]!, two.secretKeys[i]!] }))
    const wallets = { ...one, content, signers, request: encodeRequest(content) }
    await expect(signTogether(wallets, name(5))).resolves.toMatchObject({ txid: expect.stringMatching(/^[0-9a-f]{64}$/) })
    const fresh = new Uint8Array(16)
    const proofs = await signers[0]!.prove({ request: wallets.request, networkKey: content.members[0]!.networkKey, fresh })
    expect(proofs).toHaveLength(2)
    expect(bindingHolds(readRequest(wallets.request), 0, fresh, proofs)).toBe(true)
  })
})
