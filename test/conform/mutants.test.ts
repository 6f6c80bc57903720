import { afterAll, expect, test, vi } from 'vitest'
import type { TargetOptions } from '../../src/node/conform/bench.js'
import { CHECKS, checksOf } from '../../src/node/conform/checks.js'
import { runChecks } from '../../src/node/conform/run.js'
import { LONG } from '../long.js'
import { type ModelOptions, ModelPeer } from './model/model-peer.js'
import { MUTANTS } from './mutants.js'
import { quick } from './quick.js'

/** Of each mutant all checks, and not only the one that it must fail. Takes minutes. */
const WHOLE = process.env.CONFORM_MATRIX === '1'
// Some checks wait for seconds, and other tests want the computer too.
vi.setConfig({ testTimeout: WHOLE ? 600_000 : 120_000 })

interface Patience {
  handshakeMs: number
  waitMs: number
}

/** Where nothing but a fault is to show: not what a busy computer makes late. */
const PATIENT: Patience = { handshakeMs: 6_000, waitMs: 8_000 }
/** A mutant that runs all checks must fail no other; another one fails its check in any case. */
const OF_MUTANTS: Patience = WHOLE ? PATIENT : { handshakeMs: 1_500, waitMs: 1_000 }
const clauseOf = (fault: string): string => fault.split('/')[0]!
const sections = MUTANTS.map(({ fault }) => fault[0]!)
/** All of them where time is no matter, else the first of each section. */
const mutants = MUTANTS.filter((_, i) => LONG || WHOLE || sections.indexOf(sections[i]!) === i)

const models: ModelPeer[] = []
afterAll(() => {
  for (const model of models) model.stop()
})

async function started(options: ModelOptions, patience: Patience): Promise<TargetOptions> {
  const model = new ModelPeer({ bits: 2, handshakeMs: patience.handshakeMs, ...options })
  models.push(model)
  return { address: await model.start(), network: 'lotus', maxBits: 8, ...patience }
}

const checksFor = (profile: ModelOptions['profile'] = 'relay') =>
  profile === 'peer' ? checksOf('peer') : CHECKS.filter(({ profiles }) => profiles === undefined || profiles.join() !== 'peer')

test.concurrent.each(['relay', 'peer'] as const)('a %s made from the document passes every check', async (profile) => {
  const results = await runChecks(quick(checksFor(profile)), await started({ profile }, PATIENT))
  expect(results.filter(({ outcome }) => outcome === 'failed')).toEqual([])
  const unseen = results.filter(({ outcome }) => outcome === 'not observable').map(({ clause }) => clause)
  expect(unseen).toEqual(['H-18', 'H-20'])
})

test('every check has a mutant', () => {
  const broken = new Set(MUTANTS.map(({ fault }) => clauseOf(fault)))
  expect(CHECKS.map(({ clause }) => clause).filter((clause) => !broken.has(clause))).toEqual([])
})

test.concurrent.each(mutants)('a peer that breaks $fault fails the check of it', async ({ fault, also = [], options }) => {
  const target = await started({ fault, ...options }, OF_MUTANTS)
  const clause = clauseOf(fault)
  const checks = checksFor(options?.profile).filter((check) => (WHOLE && !also.includes('*')) || check.clause === clause)
  const failed = (await runChecks(checks, target)).filter(({ outcome }) => outcome === 'failed')
  expect(failed.map((result) => result.clause)).toContain(clause)
  expect(failed.filter((result) => result.clause !== clause && !also.includes(result.clause))).toEqual([])
})
