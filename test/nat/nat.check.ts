import { afterEach, describe, expect, it, vi } from 'vitest'
import { Lab, STUN, TURN, whyNot } from './lab.js'
import { Wallet } from './wallet.js'

const reason = await whyNot()
if (reason !== undefined) console.warn(`The tests behind NATs are SKIPPED: ${reason}.`)

const wait = { timeout: 30_000, interval: 100 }

describe.skipIf(reason !== undefined)(`Two wallets behind two NATs${reason === undefined ? '' : ` (SKIPPED: ${reason})`}`, () => {
  let lab: Lab | undefined

  afterEach(async () => {
    await lab?.down()
    lab = undefined
  })

  it('find a direct path through cone NATs with STUN alone', async () => {
    lab = await Lab.up('cone')
    const [alice, bob] = await meet(lab, [STUN])
    await upgraded(alice, bob)
    for (const wallet of [alice, bob]) {
      // Each aims at the address that the other's NAT shows.
      const { local, remote } = await wallet.selected()
      expect(['host', 'srflx', 'prflx']).toContain(local)
      expect(['srflx', 'prflx']).toContain(remote)
    }
    await expectAllArrived(alice, bob, ['circuit>webrtc'])
    await Promise.all([alice.stop(), bob.stop()])
  })

  it('find a path by a TURN server through symmetric NATs', async () => {
    lab = await Lab.up('symmetric')
    // TURN for one side is enough. It is that of the called one, because the calling one can lock up in libdatachannel 0.24.5 if it
    // sends through TURN when the other's DTLS handshake comes early (paullouisageneau/libdatachannel#1630).
    const [alice, bob] = await meet(lab, [STUN], [STUN, TURN])
    await upgraded(alice, bob)
    expect((await alice.selected()).remote).toBe('relay')
    expect((await bob.selected()).local).toBe('relay')
    await expectAllArrived(alice, bob, ['circuit>webrtc'])
    await Promise.all([alice.stop(), bob.stop()])
  })

  it('stay on the circuit behind symmetric NATs without TURN, unharmed by an attempt that fails', async () => {
    lab = await Lab.up('symmetric')
    const [alice, bob] = await meet(lab, [STUN])
    // One attempt has had all its time, and the next has begun.
    await vi.waitFor(async () => {
      for (const wallet of [alice, bob]) {
        const [first, ...more] = await wallet.attempts()
        expect(first).toBe('closed')
        expect(more).not.toEqual([])
      }
    }, wait)
    await expectAllArrived(alice, bob, [])
    expect([await alice.path(bob), await bob.path(alice)]).toEqual(['circuit', 'circuit'])
    await Promise.all([alice.stop(), bob.stop()])
  })
})

/** A wallet on each host; the first has called the other through the relay, and both talk. */
async function meet(lab: Lab, alices: object[], bobs = alices): Promise<[alice: Wallet, bob: Wallet]> {
  const [alice, bob] = await Promise.all([Wallet.start(lab, 'peer1', alices), Wallet.start(lab, 'peer2', bobs)])
  await alice.connect(bob)
  await Promise.all([alice.talk(bob), bob.talk(alice)])
  return [alice, bob]
}

async function upgraded(alice: Wallet, bob: Wallet): Promise<void> {
  await vi.waitFor(async () => {
    expect([await alice.path(bob), await bob.path(alice)]).toEqual(['webrtc', 'webrtc'])
  }, wait)
}

/** Ends the talk: whatever was sent since they have met has arrived, once and in order, with these changes of path and no other. */
async function expectAllArrived(alice: Wallet, bob: Wallet, paths: string[]): Promise<void> {
  const [byAlice, byBob] = await Promise.all([alice.hush(bob), bob.hush(alice)])
  for (const [wallet, sent] of [[alice, byBob] as const, [bob, byAlice] as const]) {
    await vi.waitFor(async () => expect((await wallet.seen()).got.length).toBeGreaterThanOrEqual(sent), wait)
    const got = Array.from({ length: sent }, (_, i) => i)
    expect(await wallet.seen()).toEqual({ got, paths, disconnected: [], errors: [] })
  }
}
