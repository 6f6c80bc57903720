// Signers for hire and cosigners that look for each other, over real sockets, among advertisers that lie.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { P2PConfig } from '../../src/coordinator.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { encodePeerId, P2PCoordinator } from '../../src/index.js'
import { schnorrSign } from '../../src/lotus/schnorr.js'
import {
  announcementHash,
  dayOf,
  meetingData,
  meetingId,
  meetingType,
  offerData,
  offerId,
  SIGNER_TYPE,
  type SignerOffer,
} from '../../src/musig2/announcements.js'
import { musig2 } from '../../src/musig2/plugin.js'
import type { MuSig2Signer } from '../../src/musig2/signer.js'
import { serveSigner, workerSigner } from '../../src/musig2/signer-port.js'
import { softwareSigner } from '../../src/musig2/software-signer.js'
import { startRelay } from '../../src/node/index.js'
import { statements } from '../../src/statements/index.js'
import { createTestNetwork } from '../../src/testing/index.js'
import { LONG } from '../long.js'
import { identityOf, keysOf, secretOf } from './network.js'

const ends: (() => Promise<unknown>)[] = []
let relay: Awaited<ReturnType<typeof startRelay>>
beforeEach(async () => {
  relay = await startRelay({ port: 0, host: '127.0.0.1' })
  ends.push(() => relay.stop())
})
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const KEYS = keysOf(3)
const keyset = { keys: KEYS }
const offer: SignerOffer = { walletKey: KEYS[0]!, purposes: ['escrow'], minSats: 1_000n, maxSats: 1_000_000n, label: 'Alice' }

async function wallet(member: number, signer?: MuSig2Signer, more: Partial<P2PConfig> = {}) {
  const made = new P2PCoordinator({
    bootstrap: [relay.url],
    identity: identityOf(member),
    plugins: [statements(), musig2({ signer: signer ?? softwareSigner({ secretKeys: [secretOf(member)] }) })],
    ...more,
  })
  ends.push(() => made.shutdown())
  await made.start()
  return made as typeof made & { musig2: import('../../src/musig2/musig2.js').MuSig2 }
}

/** A peer that announces whatever it likes. */
async function advertiser(seed = 77) {
  const identity = identityFromSeed(new Uint8Array(32).fill(seed))
  const made = new P2PCoordinator({ bootstrap: [relay.url], identity })
  ends.push(() => made.shutdown())
  await made.start()
  return { announce: made.announceResource.bind(made), key: identity.publicKey, wallet: made }
}

const today = () => dayOf(Date.now())
const proofOf = (
  networkKey: Uint8Array,
  {
    secret = secretOf(5),
    network = 'lotus',
    resource = '',
    day = today(),
  }: { secret?: Uint8Array; network?: string; resource?: string; day?: number },
) => schnorrSign(announcementHash({ network, resource, networkKey, day }), secret)

describe('signers for hire', () => {
  it('are found by what they offer, and are gone when they withdraw', async () => {
    const [alice, bob] = [await wallet(0), await wallet(1)]
    const changes: string[] = []
    ends.push(async () => stop())
    const stop = bob.musig2.discovery.watchSigners(
      { purpose: 'escrow' },
      ({ label }, change) => void changes.push(`${label} ${change}`),
    )
    const withdraw = await alice.musig2.discovery.advertise(offer)
    expect(await bob.musig2.discovery.findSigners({ purpose: 'escrow', sats: 5_000n })).toEqual([
      { ...offer, peerId: alice.peerId, announcedAt: expect.any(Number) },
    ])
    expect(await bob.musig2.discovery.findSigners({ purpose: 'swap' })).toEqual([])
    expect(await bob.musig2.discovery.findSigners({ sats: 999n })).toEqual([])
    await expect.poll(() => changes).toEqual(['Alice added'])
    withdraw()
    await expect.poll(() => changes).toEqual(['Alice added', 'Alice removed'])
    expect(await bob.musig2.discovery.findSigners()).toEqual([])
  })

  it('are never shown where anything of the proof is not theirs', async () => {
    const bob = await wallet(1)
    const alice = await wallet(0)
    await alice.musig2.discovery.advertise(offer)
    const mallory = await advertiser()
    const secret = secretOf(5)
    const walletKey = keysOf(6)[5]!
    const own = { ...offer, walletKey, label: 'Mallory' }
    const id = offerId(walletKey)
    const resource = `${SIGNER_TYPE}/${id}`
    const shown: string[] = []
    const stop = bob.musig2.discovery.watchSigners({}, ({ label }) => void shown.push(label))
    ends.push(async () => stop())
    const lies: [id: string, data: object][] = [
      // Made up; of another peer; for another network, day or resource; another's key; an id that is not the key's.
      [id, offerData(own, today(), new Uint8Array(64).fill(1))],
      [id, offerData(own, today(), proofOf(identityOf(0).publicKey, { secret, resource }))],
      [id, offerData(own, today(), proofOf(mallory.key, { secret, resource, network: 'test' }))],
      [id, offerData(own, today(), proofOf(mallory.key, { secret, resource, day: today() - 2 }))],
      [id, offerData(own, today() - 2, proofOf(mallory.key, { secret, resource, day: today() - 2 }))],
      [id, offerData(own, today() + 2, proofOf(mallory.key, { secret, resource, day: today() + 2 }))],
      [id, offerData(own, today(), proofOf(mallory.key, { secret, resource: `${SIGNER_TYPE}/${'0'.repeat(32)}` }))],
      [offerId(KEYS[2]!), offerData({ ...own, walletKey: KEYS[2]! }, today(), proofOf(mallory.key, { secret, resource }))],
      ['0'.repeat(32), offerData(own, today(), proofOf(mallory.key, { secret, resource: `${SIGNER_TYPE}/${'0'.repeat(32)}` }))],
      [id, { ...offerData(own, today(), proofOf(mallory.key, { secret, resource })), v: 2 }],
      [id, { ...offerData(own, today(), proofOf(mallory.key, { secret, resource })), label: 'a\u202eb' }],
      [id, { ...offerData(own, today(), proofOf(mallory.key, { secret, resource })), maxSats: 0n }],
      // What Alice has announced, word for word.
      [offerId(KEYS[0]!), (await bob.getResource<object>(SIGNER_TYPE, offerId(KEYS[0]!), { creatorPeerId: alice.peerId }))!.data],
    ]
    for (const [place, data] of lies) {
      await mallory.announce(SIGNER_TYPE, place, data)
      expect((await bob.musig2.discovery.findSigners()).map(({ peerId }) => peerId)).toEqual([alice.peerId])
    }
    await mallory.announce(SIGNER_TYPE, id, offerData(own, today(), proofOf(mallory.key, { secret, resource })))
    expect(await bob.musig2.discovery.findSigners()).toHaveLength(2)
    expect(new Set(shown)).toEqual(new Set(['Alice', 'Mallory']))
  })

  it('of one publisher are twenty at most, and do not hide the others', async () => {
    const [bob, alice, mallory] = [await wallet(1), await wallet(0), await advertiser()]
    await alice.musig2.discovery.advertise(offer)
    const sent = Array.from({ length: LONG ? 1_000 : 60 }, (_, i) => {
      const secret = new Uint8Array(32).fill(1)
      new DataView(secret.buffer).setUint16(0, i + 100)
      const [walletKey] = softwareSigner({ secretKeys: [secret] }).publicKeys as [Uint8Array]
      const id = offerId(walletKey)
      const proof = proofOf(mallory.key, { secret, resource: `${SIGNER_TYPE}/${id}` })
      return mallory.announce(SIGNER_TYPE, id, offerData({ ...offer, walletKey }, today(), proof)).catch(() => {})
    })
    await Promise.all(sent)
    const found = await bob.musig2.discovery.findSigners()
    expect(found.filter(({ peerId }) => peerId === encodePeerId(mallory.key)).length).toBeLessThanOrEqual(20)
    expect(found.map(({ peerId }) => peerId)).toContain(alice.peerId)
  })

  it('need a key of the signer, a form that others take, and no chosen name', async () => {
    const alice = await wallet(0)
    const { discovery } = alice.musig2
    const failed = (reason: string) => ({ code: 'SIGNING_FAILED', details: { reason } })
    await expect(discovery.advertise({ ...offer, walletKey: KEYS[1]! })).rejects.toMatchObject(failed('SIGNER_FAILED'))
    for (const wrong of [{ purposes: [] }, { label: 'x'.repeat(65) }, { minSats: 2n, maxSats: 1n }, { purposes: ['a b'] }])
      await expect(discovery.advertise({ ...offer, ...wrong })).rejects.toMatchObject(failed('INVALID_REQUEST'))
    const named = await wallet(2, undefined, { peerId: 'carol' })
    await expect(named.musig2.discovery.advertise({ ...offer, walletKey: KEYS[2]! })).rejects.toMatchObject(
      failed('INVALID_REQUEST'),
    )
    const { proveAnnouncement: _, ...silent } = softwareSigner({ secretKeys: [secretOf(1)] }) as MuSig2Signer
    const mute = await wallet(1, silent as MuSig2Signer)
    await expect(mute.musig2.discovery.advertise({ ...offer, walletKey: KEYS[1]! })).rejects.toMatchObject(
      failed('SIGNER_FAILED'),
    )
  })

  it('in a worker advertise where the worker lets them', async () => {
    for (const mayAdvertise of [false, true]) {
      const { port1, port2 } = new MessageChannel()
      ends.push(async () => {
        port1.close()
        port2.close()
      })
      serveSigner(port1, softwareSigner({ secretKeys: [secretOf(0)] }), { approve: async () => true, mayAdvertise })
      const alice = await wallet(0, await workerSigner(port2))
      const made = alice.musig2.discovery.advertise(offer)
      if (mayAdvertise) (await made)()
      else await expect(made).rejects.toMatchObject({ details: { reason: 'SIGNER_FAILED' } })
      await alice.shutdown()
    }
  })
})

describe('what is announced', () => {
  it('is proven anew while it lasts, and is withdrawn for good', async () => {
    const net = createTestNetwork()
    ends.push(() => net.stop())
    const server = net.createPeer({ relay: true })
    await net.run(server.start())
    const bootstrap = [net.addressOf(server)]
    const [alice, bob] = [0, 1].map((member) =>
      net.createPeer({
        bootstrap,
        identity: identityOf(member),
        listening: false,
        plugins: [statements(), musig2({ signer: softwareSigner({ secretKeys: [secretOf(member)] }) })],
      }),
    ) as unknown as [Awaited<ReturnType<typeof wallet>>, Awaited<ReturnType<typeof wallet>>]
    for (const each of [alice, bob]) await net.run(each.start())
    const withdraw = await net.run(alice.musig2.discovery.advertise(offer))
    const at = async () => (await net.run(bob.musig2.discovery.findSigners())).map(({ announcedAt }) => announcedAt)
    const [first] = await at()
    await net.clock.advance(7 * 3_600_000)
    const [second] = await at()
    expect(second! - first!).toBe(6 * 3_600_000)
    withdraw()
    await net.clock.advance(7 * 3_600_000)
    expect(await at()).toEqual([])
  })
})

describe('members of a keyset', () => {
  it('find each other by their keys alone, and nobody else', async () => {
    const [alice, bob, carol] = [await wallet(0), await wallet(1), await wallet(2)]
    await alice.musig2.discovery.meet(keyset)
    const leave = await bob.musig2.discovery.meet({ keys: [...KEYS].reverse() })
    expect(await carol.musig2.discovery.findCosigners(keyset)).toEqual({
      [hex(KEYS[0]!)]: alice.peerId,
      [hex(KEYS[1]!)]: bob.peerId,
    })
    expect(await alice.musig2.discovery.findCosigners(keyset)).toEqual({ [hex(KEYS[1]!)]: bob.peerId })
    // Another keyset, with one key less, is another place.
    expect(await carol.musig2.discovery.findCosigners({ keys: KEYS.slice(0, 2) })).toEqual({})
    const mallory = await advertiser()
    const type = meetingType(KEYS, today())
    const id = meetingId(mallory.key)
    const secret = secretOf(5)
    for (const [as, proof] of [
      [KEYS[2]!, new Uint8Array(64)],
      [KEYS[2]!, proofOf(mallory.key, { secret, resource: `${type}/${id}` })],
      [keysOf(6)[5]!, proofOf(mallory.key, { secret, resource: `${type}/${id}` })],
    ] as const) {
      await mallory.announce(type, id, meetingData(as, mallory.key, today(), proof))
      expect(Object.keys(await carol.musig2.discovery.findCosigners(keyset))).toHaveLength(2)
    }
    const [theirs] = await bob.discoverResources(type, undefined, { creatorPeerId: alice.peerId })
    await mallory.announce(type, theirs!.resourceId, theirs!.data as object)
    expect(await carol.musig2.discovery.findCosigners(keyset)).toEqual({
      [hex(KEYS[0]!)]: alice.peerId,
      [hex(KEYS[1]!)]: bob.peerId,
    })
    // No key is in what servers see.
    const seen = JSON.stringify(theirs, (_, value) => (value instanceof Uint8Array ? hex(value) : value))
    expect(seen).toContain('"proof"')
    for (const key of KEYS) expect(seen).not.toContain(hex(key).slice(2))
    leave()
    await expect.poll(async () => Object.keys(await carol.musig2.discovery.findCosigners(keyset))).toEqual([hex(KEYS[0]!)])
    await expect(carol.musig2.discovery.meet({ keys: KEYS.slice(0, 2) })).rejects.toMatchObject({
      details: { reason: 'INVALID_REQUEST' },
    })
  })
})
