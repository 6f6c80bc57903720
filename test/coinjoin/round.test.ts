import { describe, expect, it } from 'vitest'
import { hexOf } from '../../src/base/bytes.js'
import { commitmentOf } from '../../src/coinjoin/vectors.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { judge, namedBy, playRound, type Tamper } from './table.js'

describe('a round of honest members', () => {
  it.each([
    { members: 3, outputType: 0 as const },
    { members: 5, outputType: 1 as const },
  ])('of $members ends with one transaction of outputs of type $outputType, which pays each', async ({ members, outputType }) => {
    const played = await playRound({
      members,
      outputType,
      purse: (member) => ({ coinKind: (member % 2) as 0 | 1, change: member % 2 ? 50_000n : 0n, outputs: 1 + (member % 2) }),
    })
    for (const { error } of played.results) expect(error).toBeUndefined()
    expect(played.chain.transactions).toHaveLength(1)
    const { txids, honest } = judge(played, [])
    expect(txids.size).toBe(1)
    for (const member of honest) {
      const { result } = played.results[member]!
      const { given, plan } = played.seats[member]!.purse
      const paid = result!.outputs.map((outpoint) => played.chain.lookup(outpoint)!)
      expect(paid.map(({ script }) => hexOf(script)).sort()).toEqual([...given].sort())
      expect(paid.every(({ sats }) => sats === 1_000_000n)).toBe(true)
      expect(result!.change ? played.chain.lookup(result!.change)!.sats : undefined).toBe(plan.change?.sats)
      expect(result!.anonymitySet).toBe(played.seats.reduce((sum, { purse }) => sum + purse.plan.outputs, 0))
    }
  })

  it('of ten takes less than four seconds of virtual time at 80 ms one way, from roster to transaction', async () => {
    const played = await playRound({ members: 10, latencyMs: 80 })
    for (const { error } of played.results) expect(error).toBeUndefined()
    expect(played.tookMs).toBeLessThan(4_000)
  })
})

const silentIn =
  (phase: string, attempt = 1): Tamper =>
  (at) =>
    at.phase === phase && at.attempt === attempt ? undefined : at.honest
const garbageIn =
  (phase: string, change: (honest: Uint8Array) => Uint8Array): Tamper =>
  (at) =>
    at.phase === phase && at.attempt === 1 && at.honest !== undefined ? change(at.honest) : at.honest
const flipped = (honest: Uint8Array) => honest.map((byte, i) => (i === 40 ? byte ^ 1 : byte))

describe('a hostile member of five', () => {
  it.each<[string, Tamper, string]>([
    ['is silent in register', silentIn('register'), 'missed'],
    ['is silent in keys', silentIn('keys'), 'missed'],
    ['is silent in commit', silentIn('commit'), 'missed'],
    ['is silent in vector', silentIn('vector'), 'missed'],
    ['does not sign', silentIn('end'), 'unsigned'],
    ['registers garbage', garbageIn('register', () => new Uint8Array(4_096).fill(7)), 'offence'],
    ['registers a proof that does not hold', garbageIn('register', flipped), 'offence'],
    ['says garbage in keys', garbageIn('keys', () => new Uint8Array(512).fill(7)), 'offence'],
    ['commits to another vector', garbageIn('commit', (honest) => honest.map((byte) => byte ^ 1)), 'offence'],
    ['opens another vector', garbageIn('vector', flipped), 'offence'],
    ['signs another thing', garbageIn('end', flipped), 'offence'],
    ['reveals although all is well', garbageIn('end', () => new Uint8Array(2_048)), 'offence'],
  ])('that %s is named alone, and the rest finishes in one rerun', async (_, tamper, fault) => {
    const played = await playRound({ members: 5, hostile: { 2: tamper } })
    const { honest, txids } = judge(played, [2])
    expect(namedBy(played, honest)).toEqual([`2 ${fault}`])
    expect(txids.size).toBe(1)
    const guilty = encodePeerId(played.seats[2]!.identity.publicKey)
    for (const by of honest) {
      const told = played.progress.filter((each) => each.by === by).map(({ progress }) => progress)
      expect(told[0]).toMatchObject({ step: 'registering', attempt: 1, named: [] })
      expect(told[0]!.members).toContain(guilty)
      expect(told.at(-1)).toMatchObject({ step: 'broadcasting', attempt: 2, peers: 4, named: [{ peerId: guilty, fault }] })
      // No step comes again in an attempt.
      const steps = told.filter(({ attempt }) => attempt === 2).map(({ step }) => step)
      expect(steps.filter((step, i) => step !== steps[i - 1])).toEqual(['registering', 'mixing', 'signing', 'broadcasting'])
      expect(told.at(-1)!.members).not.toContain(guilty)
    }
    for (const member of honest) {
      expect(played.results[member]!.error).toBeUndefined()
      expect(played.results[member]!.result!.anonymitySet).toBe(4)
    }
    // The coin pays for it, unless it was never shown, or never proven.
    const isKnown = !['is silent in register', 'registers garbage', 'registers a proof that does not hold'].includes(_)
    for (const member of honest) expect(played.bans[member]!).toHaveLength(isKnown ? 1 : 0)
  })

  it.each([0, 1] as const)('that disturbs the sum is found by what all reveal: output type %i', async (outputType) => {
    const garbage = new Uint8Array(5 * (outputType === 0 ? 25 : 38)).fill(1)
    const hostile: Tamper = ({ attempt, phase, id, key, honest }) => {
      if (attempt > 1) return honest
      return phase === 'vector' ? garbage : phase === 'commit' ? commitmentOf(id, key, garbage) : honest
    }
    const played = await playRound({ members: 5, outputType, hostile: { 1: hostile }, seed: 3 })
    const { honest, txids } = judge(played, [1])
    expect(namedBy(played, honest)).toEqual(['1 offence'])
    expect(txids.size).toBe(1)
    expect(new Set(played.ends.filter(({ attempt }) => attempt === 1).map(({ kind }) => kind))).toEqual(new Set(['reveal']))
    for (const member of honest) {
      const [burned, used] = played.seats[member]!.purse.given
      expect(played.seats[member]!.purse.fates).toEqual(new Map([[burned, 'burned']]))
      expect(hexOf(played.chain.lookup(played.results[member]!.result!.outputs[0]!)!.script)).toBe(used)
    }
  })
})
