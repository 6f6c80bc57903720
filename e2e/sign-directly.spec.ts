import type { MuSig2 } from '../dist/musig2.js'
import { verdictOf } from '../test/musig2/oracle.js'
import { connect, expect, pathTo, type Tab, test } from './fixtures.js'

/** What signing may take from the last member's approval until all members have the signed transaction, milliseconds. */
const TARGET_MS = 500
/** `LONG_TESTS=1 BENCH=1 npx playwright test sign-directly`, on a machine with nothing else to do, holds the median of more payments against the target. */
const IS_BENCH = process.env.BENCH === '1'
const PAYMENTS = IS_BENCH ? 11 : 3

declare global {
  interface Window {
    musig2: MuSig2
    /** Requests that this member has to decide. */
    asked: string[]
    /** When this member had a transaction that all have signed, by the request. */
    signedAt: Map<string, number>
  }
}

/** Makes the tab's coordinator a member, whose key is its number 32 times. Resolves to its public key. */
function join({ page }: Tab, number: number): Promise<string> {
  return page.evaluate(async (number) => {
    const { LotusP2P, peer } = window
    const secretKey = new Uint8Array(32).fill(number)
    const listening = await peer.use(LotusP2P.statements())
    const signer = LotusP2P.softwareSigner({ secretKeys: [secretKey] })
    const { musig2 } = await listening.use(LotusP2P.musig2({ signer, allowFrom: () => true }))
    Object.assign(window, { musig2, asked: [], signedAt: new Map() })
    musig2.on('request', ({ id }) => window.asked.push(id))
    musig2.on('session', ({ id, step }) => {
      if (step === 'signed' && !window.signedAt.has(id)) window.signedAt.set(id, Date.now())
    })
    return Array.from(LotusP2P.publicKeyOf(secretKey), (byte) => byte.toString(16).padStart(2, '0')).join('')
  }, number)
}

/** The first member asks for a payment. Resolves to what its input spends; `window.musig2` goes on with it. */
function ask({ page }: Tab, keys: string[], others: Tab[]): Promise<{ id: string; script: string }> {
  return page.evaluate(
    async ([keys, ids]) => {
      const { aggregateKeys, p2pkhScript, proveSpent, rootsOf, txidOf } = window.LotusP2P
      const bytesOf = (digits: string) => Uint8Array.from(digits.match(/../g)!, (pair) => Number.parseInt(pair, 16))
      const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
      const keyset = { keys: keys.map(bytesOf) }
      const { script } = aggregateKeys(keyset)
      const input = { index: 0, sequence: 0xffffffff }
      const txid = crypto.getRandomValues(new Uint8Array(32))
      const inputs = [{ ...input, txid, script: Uint8Array.of(0x51) }]
      const funding = { version: 2, inputs, outputs: [{ sats: 1_000_000n, script }], locktime: 0 }
      const transaction = {
        version: 2,
        inputs: [{ ...input, txid: txidOf(rootsOf(funding)), script: new Uint8Array(0) }],
        outputs: [{ sats: 998_000n, script: p2pkhScript(keyset.keys[0]!) }],
        locktime: 0,
      }
      const cosigners = Object.fromEntries(keys.slice(1).map((key, i) => [key, ids[i]!]))
      const id = new Promise<string>((resolve) => {
        const stop = window.musig2.on('session', (session) => {
          stop()
          resolve(session.id)
        })
      })
      window.musig2.sign({ transaction, spent: [proveSpent(funding, 0)], keyset, cosigners }).catch(console.error)
      return { id: await id, script: hex(script) }
    },
    [keys, others.map(({ id }) => id)] as const,
  )
}

const asked = ({ page }: Tab, id: string) => page.evaluate((id) => window.asked.includes(id), id)

/** Resolves to when the member approved. */
const approve = ({ page }: Tab, id: string) =>
  page.evaluate((id) => {
    window.musig2.accept(id).catch(console.error)
    return Date.now()
  }, id)

const sessionOf = ({ page }: Tab, id: string) =>
  page.evaluate((id) => {
    const found = window.musig2.sessions.find((session) => session.id === id)
    return { ...found, at: window.signedAt.get(id) }
  }, id)

test('three tabs with direct paths sign together', { tag: '@long' }, async ({ openTab }) => {
  const tabs = [await openTab(), await openTab(), await openTab()]
  const [first, second, third] = tabs as [Tab, Tab, Tab]
  const keys: string[] = []
  for (const [i, tab] of tabs.entries()) keys.push(await join(tab, i + 1))
  for (const [one, other] of [
    [first, second],
    [first, third],
    [second, third],
  ] as const) {
    await connect(one, other)
    await expect.poll(() => pathTo(one, other.id)).toBe('webrtc')
    await expect.poll(() => pathTo(other, one.id)).toBe('webrtc')
  }

  const tookMs: number[] = []
  for (let payment = 0; payment < PAYMENTS; payment++) {
    const { id, script } = await ask(first, keys, [second, third])
    for (const tab of [second, third]) await expect.poll(() => asked(tab, id)).toBe(true)
    await approve(second, id)
    // It is one approval that is missing.
    await expect.poll(async () => (await sessionOf(first, id)).done).toBe(2)
    const approvedAt = await approve(third, id)
    for (const tab of tabs) await expect.poll(async () => (await sessionOf(tab, id)).step).toBe('signed')
    const sessions = await Promise.all(tabs.map((tab) => sessionOf(tab, id)))
    for (const { members, transaction } of sessions) {
      // What was measured came by direct paths alone.
      expect(members!.filter(({ isSelf }) => !isSelf).map(({ path }) => path)).toEqual(['webrtc', 'webrtc'])
      const verdict = verdictOf(Buffer.from(transaction!, 'hex'), [{ sats: 1_000_000n, script: Buffer.from(script, 'hex') }])
      expect(verdict.faults).toEqual([undefined])
    }
    tookMs.push(Math.max(...sessions.map(({ at }) => at!)) - approvedAt)
  }

  const median = tookMs.sort((a, b) => a - b)[Math.floor(PAYMENTS / 2)]!
  const told = `signed ${median} ms after the last approval (${tookMs.join(', ')})`
  test.info().annotations.push({ type: 'measured', description: told })
  console.log(told)
  if (IS_BENCH) expect(median).toBeLessThan(TARGET_MS)
})
