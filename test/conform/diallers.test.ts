import { afterAll, beforeAll, expect, test } from 'vitest'
import { P2PCoordinator } from '../../src/index.js'
import { conform } from '../../src/node/conform/command.js'
import { Doorway } from '../../src/node/conform/dialled.js'
import { DIALLER_CHECKS } from '../../src/node/conform/dialler-checks.js'
import { runDiallerCheck } from '../../src/node/conform/listen.js'
import { modelDial } from './model/model-dialler.js'

let doorway: Doorway
beforeAll(async () => {
  doorway = await Doorway.open(0, 'lotus', 2_000)
})
afterAll(() => doorway.close())

const named = DIALLER_CHECKS.map((check) => ({ check, name: `${check.clause}: ${check.title}` }))

async function judged(check: (typeof DIALLER_CHECKS)[number], dial: () => Promise<unknown>) {
  const dialling = dial().catch(() => {})
  const { outcome, seen } = await runDiallerCheck(check, doorway, 10_000)
  await dialling
  doorway.clear()
  return { outcome, seen }
}

test.each(named)('a dialler of ours keeps $name', async ({ check }) => {
  const own = new P2PCoordinator({ logger: { debug: () => {}, warn: () => {}, error: () => {} } })
  try {
    const dialling = own.connectToPeer(doorway.address, { timeoutMs: 4_000 }).catch(() => {})
    const { outcome, seen } = await runDiallerCheck(check, doorway, 10_000)
    await dialling
    expect({ outcome, seen }).toEqual({ outcome: 'passed', seen: expect.any(String) })
  } finally {
    await own.shutdown()
    doorway.clear()
  }
})

test.each(named)('a dialler made from the document keeps $name', async ({ check }) => {
  expect(await judged(check, () => modelDial(doorway.address))).toMatchObject({ outcome: 'passed' })
})

const MUTANTS = [
  'H-2',
  'H-7',
  'H-14',
  'I-2',
  'H-10',
  'H-13',
  'H-23',
  'H-19',
  'H-19/bits',
  'H-19/nonce',
  'H-26',
  'H-17',
  'H-27',
  'C-10',
  'C-10/late',
  'C-10/certificate',
]

test.each(MUTANTS)('a dialler that breaks %s fails a check of it', async (fault) => {
  const [clause] = fault.split('/')
  const failed: string[] = []
  for (const check of DIALLER_CHECKS) {
    if (check.clause !== clause) continue
    const { outcome } = await judged(check, () => modelDial(doorway.address, fault))
    if (outcome === 'failed') failed.push(check.clause)
  }
  expect(failed).toContain(clause)
})

test('every check has a mutant', () => {
  const broken = MUTANTS.map((fault) => fault.split('/')[0])
  expect(DIALLER_CHECKS.map(({ clause }) => clause).filter((clause) => !broken.includes(clause))).toEqual([])
})

test('the command says where to dial, and tells what it saw', async () => {
  const said: string[] = []
  const done = conform(
    ['--listen', '0', '--only', 'H-2'],
    (line) => {
      said.push(line)
      const address = /^dial (\S+),/.exec(line)?.[1]
      if (address !== undefined) void modelDial(address)
    },
    () => {},
  )
  expect(await done).toBe(0)
  expect(said.at(-1)).toBe('1 passed, 0 failed, 0 not observable')
})
