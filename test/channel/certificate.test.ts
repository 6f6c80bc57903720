import { describe, expect, it } from 'vitest'
import { CERTIFICATE_MS, ChannelKeyring, createChannelKeys, holdsAt, verifyCertificate } from '../../src/channel/certificate.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { NETWORK, START } from './pair.js'

const DAY_MS = 86_400_000
const identity = identityFromSeed(new Uint8Array(32).fill(4))

/** An identity that counts how often it is asked, as a hardware signer would be. */
function counted(sign = identity.sign.bind(identity)) {
  const asked = { times: 0 }
  const signer = {
    publicKey: identity.publicKey,
    sign: (bytes: Uint8Array) => {
      asked.times++
      return sign(bytes)
    },
  }
  return { asked, signer }
}

describe('a certificate', () => {
  it('holds for its own key, network and dates only, and for seven days at most', async () => {
    const { noise, certificate, publicKey } = await createChannelKeys(identity, NETWORK, START)
    const key = noise.publicKey
    expect(await verifyCertificate(certificate, publicKey, key, NETWORK)).toBe(true)
    const { notBefore, notAfter } = certificate
    expect(notAfter - notBefore).toBe(CERTIFICATE_MS)
    for (const [changed, other, network] of [
      [{ ...certificate, notBefore: notBefore + 1 }, key, NETWORK],
      [{ ...certificate, notAfter: notAfter - 1 }, key, NETWORK],
      [certificate, key.map((byte) => byte ^ 1), NETWORK],
      [certificate, key, 'elsewhere'],
    ] as const) {
      expect(await verifyCertificate(changed, publicKey, other, network)).toBe(false)
    }
    expect([START - 3_600_001, START - 3_600_000, notAfter, notAfter + 1].map((at) => holdsAt(certificate, at, 0))).toEqual([
      false,
      true,
      true,
      false,
    ])
  })

  it('that its identity has signed for longer is refused all the same', async () => {
    const { noise } = await createChannelKeys(identity, NETWORK, START)
    const [notBefore, notAfter] = [START, START + CERTIFICATE_MS + 1]
    const dates = new DataView(new ArrayBuffer(16))
    dates.setBigUint64(0, BigInt(notBefore))
    dates.setBigUint64(8, BigInt(notAfter))
    const signed = Uint8Array.from([
      ...new TextEncoder().encode(`lotus-p2p/channel/2\0${NETWORK}\0`),
      ...noise.publicKey,
      ...new Uint8Array(dates.buffer),
    ])
    const certificate = { notBefore, notAfter, signature: await identity.sign(signed) }
    expect(await verifyCertificate(certificate, identity.publicKey, noise.publicKey, NETWORK)).toBe(false)
    // The same bytes with a day less would do: it is the time alone that is refused.
    dates.setBigUint64(8, BigInt(notAfter - 1))
    signed.set(new Uint8Array(dates.buffer), signed.length - 16)
    const shorter = { notBefore, notAfter: notAfter - 1, signature: await identity.sign(signed) }
    expect(await verifyCertificate(shorter, identity.publicKey, noise.publicKey, NETWORK)).toBe(true)
  })
})

describe('the keys of a process', () => {
  it('are renewed when less than a day is left, with another X25519 key, and asked of the signer about once a week', async () => {
    const { asked, signer } = counted()
    const keyring = new ChannelKeyring(signer, NETWORK)
    const first = await keyring.at(START)
    expect(await keyring.at(START + CERTIFICATE_MS - DAY_MS - 3_600_001)).toBe(first)
    expect(asked.times).toBe(1)
    const second = await keyring.at(START + CERTIFICATE_MS - DAY_MS - 3_600_000)
    expect(second.noise.publicKey).not.toEqual(first.noise.publicKey)
    expect(asked.times).toBe(2)
    expect(await keyring.at(START + CERTIFICATE_MS)).toBe(second)
  })

  it('are made once for all who ask at the same time', async () => {
    const { asked, signer } = counted()
    const keyring = new ChannelKeyring(signer, NETWORK)
    const [one, other] = await Promise.all([keyring.at(START), keyring.at(START + 1)])
    expect([one === other, asked.times]).toEqual([true, 1])
  })

  it('of a device whose clock is wrong are two, whatever times peers tell: those by its own clock are not asked for again', async () => {
    const { asked, signer } = counted()
    const keyring = new ChannelKeyring(signer, NETWORK)
    const own = await keyring.at(START)
    for (let weeks = 2; weeks < 12; weeks++) {
      await keyring.at(START + weeks * CERTIFICATE_MS)
      expect(await keyring.at(START)).toBe(own)
    }
    expect(asked.times).toBe(11)
  })

  it('are asked for again after a signer that failed', async () => {
    let works = false
    const { signer } = counted(async (bytes) => {
      if (!works) throw new Error('unplugged')
      return identity.sign(bytes)
    })
    const keyring = new ChannelKeyring(signer, NETWORK)
    await expect(keyring.at(START)).rejects.toMatchObject({ code: 'IDENTITY_FAILED' })
    works = true
    expect((await keyring.at(START)).publicKey).toEqual(identity.publicKey)
  })
})
