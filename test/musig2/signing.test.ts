import { afterEach, describe, expect, it } from 'vitest'
import { bytesOfHex } from '../../src/base/bytes.js'
import type { TestNetwork } from '../../src/testing/test-network.js'
import { LONG } from '../long.js'
import { secretOf, stepsOf, tableOf } from './network.js'
import { verdictOf } from './oracle.js'
import { xpiSigner } from './xpi-signer.js'

let net: TestNetwork
afterEach(() => net.stop())

describe('signers of other makes', () => {
  it.each([0, 1, 2])('one over xpi-ts at place %i signs with ours', async (place) => {
    const table = await tableOf(3, { options: (member) => (member === place ? { signer: xpiSigner(secretOf(member)) } : {}) })
    net = table.net
    const request = table.request()
    const { transaction } = await net.run(table.wallets[0]!.musig2.sign(request))
    expect(verdictOf(transaction, request.spent).faults).toEqual([undefined])
  })
})

describe('links that lose, delay and reorder', () => {
  it.each(LONG ? Array.from({ length: 60 }, (_, seed) => seed + 1) : [1, 2, 3])(
    'cost time, and nobody is blamed: seed %i',
    async (seed) => {
      const table = await tableOf(3, { seed, jitterMs: 40 })
      net = table.net
      const { wallets, blamed } = table
      net.network.conditions = { ...net.network.conditions, loss: 0.02, reorder: 0.02 }
      const signed = await net.run(wallets[0]!.musig2.sign(table.request({ ttlMs: 3_600_000 })))
      await net.clock.advance(120_000)
      for (const { musig2 } of wallets) expect(musig2.sessions[0]).toMatchObject({ step: 'signed', txid: signed.txid })
      expect(blamed).toEqual([[], [], []])
    },
  )
})

describe('several wallets sign one transaction', () => {
  it.each([
    [2, false, 1],
    [3, false, 2],
    [3, true, 3],
  ])('%i members, taproot %s, %i inputs: all have the same, and the interpreter takes it', async (count, taproot, inputs) => {
    const table = await tableOf(count)
    net = table.net
    const { wallets } = table
    const request = table.request({ taproot, inputs })
    const steps = wallets.map(stepsOf)
    const sent: string[] = []
    const { transaction, txid } = await net.run(
      wallets[0]!.musig2.sign({ ...request, broadcast: async (_, id) => sent.push(id) }),
    )
    expect(verdictOf(transaction, request.spent)).toEqual({ txid, faults: Array(inputs).fill(undefined) })
    await net.clock.advance(1_000)
    for (const wallet of wallets) {
      const [session] = wallet.musig2.sessions
      expect(session).toMatchObject({ step: 'sent', txid, attempt: 1, done: count })
      expect(bytesOfHex(session!.transaction!)).toEqual(transaction)
    }
    expect(sent).toEqual([txid])
    expect(steps[0]).toEqual(['waiting', 'nonce', 'partial', 'signed', 'sent'])
    expect(steps[1]).toEqual(['asked', 'waiting', 'nonce', 'partial', 'signed', 'sent'])
  })
})
