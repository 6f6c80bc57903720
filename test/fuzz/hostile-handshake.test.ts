import fc from 'fast-check'
import { describe, it } from 'vitest'
import { DEFAULT_LIMITS as limits } from '../../src/base/limits.js'
import { encodeDescription } from '../../src/channel/description.js'
import { encodeHello, encodeOffer } from '../../src/channel/hello.js'
import { encode } from '../../src/message/codec.js'
import { alice, NETWORK, partsOf } from '../channel/pair.js'
import { anyValue, mutated, ODD } from './hostile.js'
import { chunk, joined, refusedOr, runs } from './target.js'
import { fuzz } from './targets/handshake.js'

// Scripts for the hostile end of targets/handshake.ts, which holds what must be true of the other one.
const small = ODD.filter(({ length }) => length < 400)
const refusal = encode({ code: 'POOL_FULL', message: 'Full.', retryAfterMs: 5 })
const description = encodeDescription(alice.described, limits)
const payload = fc.oneof(
  mutated([encodeHello(partsOf(alice)), encodeOffer(NETWORK), refusal, description]),
  fc.constantFrom(...small),
)
const fieldValue = fc.oneof(
  fc.constantFrom(...small),
  anyValue.map((value) => refusedOr(() => encode(value)) ?? encode(null)),
)
/** What follows comes after this was taken, or at once. */
const pause = fc.constantFrom(0, 255)
const step = fc.oneof(
  { arbitrary: pause.map((end) => [0, end]), weight: 4 },
  fc.tuple(payload, pause).map(([bytes, end]) => [...joined([1], chunk(bytes)), end]),
  {
    arbitrary: fc.tuple(fc.nat(8), fieldValue, pause).map(([field, bytes, end]) => [...joined([2, field], chunk(bytes)), end]),
    weight: 3,
  },
  fc.tuple(fc.uint8Array({ maxLength: 200 }), pause).map(([bytes, end]) => [...joined([3], chunk(bytes)), end]),
  fc.tuple(payload, pause).map(([bytes, end]) => [...joined([4], chunk(bytes)), end]),
  pause.map((end) => [5, end]),
  { arbitrary: pause.map((end) => [8, end]), weight: 2 },
  pause.map((end) => [9, end]),
  fc.tuple(fc.nat(255), fc.nat(7), pause).map(([at, bit, end]) => [6, at, bit, end]),
  fc.tuple(payload, fc.nat(255), pause).map(([bytes, kind, end]) => [...joined([7], chunk(bytes)), kind, end]),
)

describe('a handshake with a hostile end', () => {
  it.each([
    ['that dials', 0],
    ['that answers', 1],
    ['that dials where work is demanded', 2],
    ['that answers and demands work', 3],
    ['that dials a peer under load', 4],
    ['that dials a peer under load that demands work', 6],
  ])(
    '%s, and alters any frame at any step, opens for nobody who has proven no key, or ends in time with a code',
    async (_, role) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 6, size: 'max' }), async (steps) =>
          fuzz(Uint8Array.from([role, ...steps.flat()])),
        ),
        runs(200),
      )
    },
  )
})
