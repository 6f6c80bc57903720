// As many as the messages have room for.
import { afterEach, expect, it } from 'vitest'
import { MUSIG2_LIMITS } from '../../src/base/limits/musig2.js'
import type { Plugin } from '../../src/core/plugin.js'
import type { TestNetwork } from '../../src/testing/test-network.js'
import { LONG } from '../long.js'
import { tableOf } from './network.js'
import { verdictOf } from './oracle.js'

let net: TestNetwork | undefined
afterEach(() => net?.stop())

/** Limits of a plugin that is attached later. */
const limits: Plugin = { name: 'more-signers', limits: MUSIG2_LIMITS, attach: () => ({}) }

it.each([LONG ? 32 : 12])('%i wallets sign one transaction, and nobody is blamed', { timeout: 120_000 }, async (count) => {
  const table = await tableOf(count, { peer: () => ({ limits: { maxSigners: 32 }, plugins: [limits] }) })
  net = table.net
  const request = table.request({ inputs: 2 })
  const startedAt = net.clock.now()
  const { transaction, txid } = await net.run(table.wallets[0]!.musig2.sign(request))
  expect(verdictOf(transaction, request.spent)).toEqual({ txid, faults: [undefined, undefined] })
  // Half a minute is the time of one phase.
  expect(net.clock.now() - startedAt).toBeLessThan(15_000)
  await net.clock.advance(30_000)
  for (const { musig2 } of table.wallets) expect(musig2.sessions[0]).toMatchObject({ step: 'signed', attempt: 1, txid })
  expect(table.blamed.flat()).toEqual([])
})
