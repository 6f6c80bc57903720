import type { Bench, DialOptions } from '../bench.js'
import { type Check, ensure } from '../check.js'
import { Self } from '../self.js'
import { DAY_MS, SUITE } from '../wire.js'
import { notTaken, refusedWith, verdict } from './verdict.js'

const MINUTE_MS = 60_000

/** A dialler whose certificate holds from and to so long after the target's now, milliseconds. */
async function withCertificate(bench: Bench, from: number, to: number): Promise<DialOptions> {
  const self = await Self.create()
  const { hello } = await bench.meet()
  const now = typeof hello.now === 'number' ? hello.now : Date.now()
  const certificate = await self.certificate(bench.options.network, now + from, now + to)
  return { self, hello: (payload) => ({ ...payload, certificate }) }
}

/** Certificates that are not to be taken, the code for each, and when they begin and end. */
type Bad = [what: string, code: string, from: number, to: number]

async function noneTaken(bench: Bench, certificates: Bad[]): Promise<void> {
  for (const [what, code, from, to] of certificates) {
    await notTaken(bench, what, [code], await withCertificate(bench, from, to))
  }
}

export const certificateChecks: Check[] = [
  {
    clause: 'H-10',
    title: 'has, and takes, certificates of 7 days at most',
    async run(bench) {
      const { hello } = await bench.meet()
      const [notBefore, notAfter] = hello.certificate
      const days = (notAfter - notBefore) / DAY_MS
      ensure(days > 0 && days <= 7, `its certificate lasts ${days.toFixed(2)} days`)
      await noneTaken(bench, [
        ['a certificate of 7 days and 1 ms', 'INVALID_SIGNATURE', -DAY_MS, 6 * DAY_MS + 1],
        ['a certificate that never holds', 'INVALID_SIGNATURE', MINUTE_MS, MINUTE_MS],
      ])
      return `its own: ${days.toFixed(1)} days; INVALID_SIGNATURE for longer ones`
    },
  },
  {
    clause: 'H-12',
    title: 'refuses certificates out of their time, with 5 minutes of tolerance',
    async run(bench) {
      await noneTaken(bench, [
        ['a certificate that ended 7 min ago', 'CLOCK_SKEW', -DAY_MS, -7 * MINUTE_MS],
        ['a certificate that begins in 7 min', 'CLOCK_SKEW', 7 * MINUTE_MS, DAY_MS],
      ])
      for (const [from, to] of [
        [-DAY_MS, -3 * MINUTE_MS],
        [3 * MINUTE_MS, DAY_MS],
      ] as const) {
        const { ready, code } = await verdict(bench, await withCertificate(bench, from, to))
        ensure(ready, `a certificate out of its time by 3 min: ${code ?? 'no READY'}`)
      }
      return 'CLOCK_SKEW at 7 min, READY at 3 min'
    },
  },
  {
    clause: 'H-16',
    title: 'says in the channel why it does not accept a dialler, and in the clear what it cannot read',
    async run(bench) {
      const ended = await withCertificate(bench, -DAY_MS, -DAY_MS / 2)
      const { ready, code, inClear } = await verdict(bench, ended)
      ensure(
        ready || (code !== undefined && !inClear),
        `a certificate out of its time: ${code ?? 'no word'}${inClear ? ' in the clear' : ''}`,
      )
      const attempt = await bench.meet()
      attempt.confirm({ version: 2, suite: SUITE })
      await refusedWith(attempt, ['HANDSHAKE_FAILED', 'MALFORMED_DATA', 'PROOF_OF_WORK_REQUIRED'], 'a payload 3 of another form')
      return `${code ?? 'READY'} in the channel; a malformed payload 3 in the clear`
    },
  },
]
