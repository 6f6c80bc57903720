import { joined } from '../../../base/bytes.js'
import type { Check } from '../check.js'
import { Self } from '../self.js'
import { type Anything, DAY_MS, random } from '../wire.js'
import { notTaken } from './verdict.js'

export const identityChecks: Check[] = [
  {
    clause: 'I-2',
    title: 'refuses signatures that only a loose verifier takes',
    async run(bench) {
      const self = await Self.create()
      const { hello } = await bench.meet()
      const [from, to] = [hello.now - DAY_MS, hello.now + DAY_MS]
      const [, , signature] = await self.certificate(bench.options.network, from, to)
      const loose: [string, Anything][] = [
        ['S above the order', { certificate: [from, to, joined(signature.subarray(0, 32), plusOrder(signature.subarray(32)))] }],
        ['a key of small order', { publicKey: ONE, certificate: [from, to, joined(ONE, new Uint8Array(32))] }],
        ['a chance signature', { certificate: [from, to, random(64)] }],
      ]
      for (const [what, fields] of loose) {
        const codes = ['INVALID_SIGNATURE', 'PROOF_OF_WORK_REQUIRED']
        await notTaken(bench, what, codes, { self, hello: (payload) => ({ ...payload, ...fields }) })
      }
      return `${loose.length} signatures refused`
    },
  },
  {
    clause: 'I-4',
    title: 'refuses names against the rules',
    async run(bench) {
      const names = ['lp1name', ' edge', 'a/b', 'e\u0301', 'zero\u200bwidth', '', 'x'.repeat(65)]
      await Promise.all(
        names.map((name) =>
          bench.notDescribed({ name }, ['INVALID_PEER_ID', 'MALFORMED_DATA'], `the name ${JSON.stringify(name.slice(0, 10))}`),
        ),
      )
      return `${names.length} names refused`
    },
  },
  {
    clause: 'I-5',
    profiles: ['peer'],
    title: 'pins a name to the first key that uses it',
    async run(bench) {
      const name = `conform-${Buffer.from(random(6)).toString('hex')}`
      const first = await bench.dial({ description: { name } })
      await first.alive()
      return bench.notDescribed({ name }, ['NAME_TAKEN'], 'a second key with the name')
    },
  },
  {
    clause: 'I-6',
    profiles: ['relay'],
    title: 'refuses nobody for a name',
    async run(bench) {
      const name = `conform-${Buffer.from(random(6)).toString('hex')}`
      await (await bench.dial({ description: { name } })).alive()
      await (await bench.dial({ description: { name } })).alive()
      return 'two keys of one name are connected'
    },
  },
]

/** The encoding of the neutral point: order 1. */
const ONE = joined(Uint8Array.of(1), new Uint8Array(31))
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n

/** A number of 32 bytes, little-endian, and the order of the group. */
function plusOrder(bytes: Uint8Array): Uint8Array {
  let sum = ORDER
  for (let i = 31; i >= 0; i--) sum += BigInt(bytes[i]!) << BigInt(8 * i)
  return Uint8Array.from({ length: 32 }, (_, i) => Number((sum >> BigInt(8 * i)) & 0xffn))
}
