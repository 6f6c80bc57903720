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
      // Addresses as the NATs show them, not the hosts' own; TURN was not offered.
      const { local, remote } = await wallet.selected()
      expect(['srflx', 'prflx', 'host']).toContain(local)
      expect(['srflx', 'prflx']).toContain(remote)
    }
    await allArrived(alice, bob, ['circuit>webrtc'])
  })

  it('find a path by a TURN server through symmetric NATs', async () => {
    lab = await Lab.up('symmetric')
    const [alice, bob] = await meet(lab, [STUN, TURN])
    await upgraded(alice, bob)
    for (const wallet of [alice, bob]) {
      const { local, remote } = await wallet.selected()
      expect([local, remote]).toContain('relay')
    }
    await allArrived(alice, bob, ['circuit>webrtc'])
  })

  it('stay on the circuit behind symmetric NATs without TURN, unharmed by attempts that fail', async () => {
    lab = await Lab.up('symmetric')
    const [alice, bob] = await meet(lab, [STUN])
    await vi.waitFor(async () => {
      for (const wallet of [alice, bob]) {
        const attempts = await wallet.attempts()
        expect(attempts.filter((state) => state === 'closed').length).toBeGreaterThanOrEqual(2)
      }
    }, wait)
    expect([await alice.path(bob), await bob.path(alice)]).toEqual(['circuit', 'circuit'])
    await allArrived(alice, bob, [])
    expect([await alice.path(bob), await bob.path(alice)]).toEqual(['circuit', 'circuit'])
  })
})

/** A wallet on each host; the first has called the other through the relay, and both talk. */
async function meet(lab: Lab, iceServers: object[]): Promise<[alice: Wallet, bob: Wallet]> {
  const [alice, bob] = await Promise.all([Wallet.start(lab, 'peer1', iceServers), Wallet.start(lab, 'peer2', iceServers)])
  await alice.connect(bob)
  await Promise.all([alice.talk(bob), bob.talk(alice)])
  return [alice, bob]
}

async function upgraded(alice: Wallet, bob: Wallet): Promise<void> {
  await vi.waitFor(async () => {
    expect([await alice.path(bob), await bob.path(alice)]).toEqual(['webrtc', 'webrtc'])
  }, wait)
}

/** Ends the talk. Whatever was sent since the connection was made has arrived, once and in order, over these paths. */
async function allArrived(alice: Wallet, bob: Wallet, paths: string[]): Promise<void> {
  const [byAlice, byBob] = await Promise.all([alice.hush(bob), bob.hush(alice)])
  for (const [wallet, sent] of [[alice, byBob] as const, [bob, byAlice] as const]) {
    await vi.waitFor(async () => expect((await wallet.seen()).got.length).toBeGreaterThanOrEqual(sent), wait)
    const got = Array.from({ length: sent }, (_, i) => i)
    expect(await wallet.seen()).toEqual({ got, paths, disconnected: [], errors: [] })
  }
  await Promise.all([alice.stop(), bob.stop()])
}
