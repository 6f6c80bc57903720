import { joined } from '../../../base/bytes.js'
import type { Attempt } from '../bench.js'
import { type Check, ensure, NotObservable } from '../check.js'
import { type Anything, DAY_MS, Frame, random, workBlock, wrongWork } from '../wire.js'
import { described, notTaken, refusedWith, verdictOf } from './verdict.js'

function demanded(attempt: Attempt): Anything {
  const { work } = attempt.hello
  if (work === undefined) throw new NotObservable('the target demands no proof of work')
  return work
}

/** Proof of work, and RETRY under load. */
export const workChecks: Check[] = [
  {
    clause: 'H-15',
    title: 'checks the proof of work before the signature',
    async run(bench) {
      demanded(await bench.meet())
      const wrong = (payload: Anything) => ({
        ...payload,
        proof: undefined,
        certificate: [payload.certificate[0], payload.certificate[1], random(64)],
      })
      await notTaken(bench, 'neither proof nor signature', ['PROOF_OF_WORK_REQUIRED'], { hello: wrong })
      return 'PROOF_OF_WORK_REQUIRED where both are wrong'
    },
  },
  {
    clause: 'H-18',
    title: 'sends RETRY once at most, of 20 bits at most',
    async run(bench) {
      const attempts = await Promise.all(Array.from({ length: 12 }, () => bench.meet()))
      const retried = attempts.find(({ retries }) => retries.length > 0)
      if (retried === undefined) throw new NotObservable('the target is not under load')
      return `RETRY of ${retried.retries[0]![17]} bits, then message 2`
    },
  },
  {
    clause: 'H-20',
    title: 'refuses work that does not answer its RETRY, and draws a new challenge for each connection',
    async run(bench) {
      // Handshakes that stand half-way are load.
      await Promise.all(Array.from({ length: 12 }, () => bench.meet()))
      const attempt = await bench.attempt()
      const frame = await attempt.next()
      if (frame?.[0] !== Frame.RETRY) throw new NotObservable('the target is not under load')
      const bits = frame[17]!
      if (bits === 0) throw new NotObservable('any nonce fits a RETRY of 0 bits')
      attempt.pipe.send(joined(Uint8Array.of(Frame.WORK), wrongWork(attempt.retryBytes(frame), bits)))
      await refusedWith(attempt, ['HANDSHAKE_FAILED'], 'a nonce that does not fit')
      const other = await (await bench.attempt()).next()
      if (other?.[0] === Frame.RETRY)
        ensure(Buffer.compare(frame.subarray(1, 17), other.subarray(1, 17)) !== 0, 'one challenge twice')
      return 'HANDSHAKE_FAILED'
    },
  },
  {
    clause: 'H-21',
    title: 'demands work of its day, and takes no proof of another day',
    async run(bench) {
      const attempt = await bench.meet()
      const work = demanded(attempt)
      const today = Math.floor(attempt.hello.now / DAY_MS)
      ensure(work.day === today, `work.day is ${work.day}, its today ${today}`)
      const payload = await attempt.payload()
      // The proof holds, but for the day that it names.
      attempt.confirm({ ...payload, proof: [work.day - 2, payload.proof[1]] })
      const { ready, code } = await verdictOf(described(attempt.channel()))
      ensure(!ready && (code === undefined || code === 'PROOF_OF_WORK_REQUIRED'), `a proof of two days ago: ${code ?? 'READY'}`)
      return `day ${work.day}`
    },
  },
  {
    clause: 'H-22',
    title: 'refuses diallers without a proof of work that holds',
    async run(bench) {
      const attempt = await bench.meet()
      const work = demanded(attempt)
      await notTaken(bench, 'no proof', ['PROOF_OF_WORK_REQUIRED'], { hello: (payload) => ({ ...payload, proof: undefined }) })
      const { network } = bench.options
      const wrong = (payload: Anything) => {
        const block = workBlock(network, attempt.hello.publicKey, work.salt, work.day, payload.publicKey)
        return { ...payload, proof: [work.day, wrongWork(block, work.bits)] }
      }
      await notTaken(bench, 'a proof that does not hold', ['PROOF_OF_WORK_REQUIRED'], { hello: wrong })
      return `PROOF_OF_WORK_REQUIRED without ${work.bits} bits`
    },
  },
]
