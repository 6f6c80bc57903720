import { expect, test } from 'vitest'
import { createOnionError, ERROR_BYTES, OnionFault, passOnionError, readOnionError } from '../../src/onion/onion-errors.js'
import { createPacket } from '../../src/onion/packet.js'
import { hopsOf, withByte } from './paths.js'

async function secretsOf(count: number): Promise<Uint8Array[]> {
  return (await createPacket(hopsOf(count), { command: 'exit' }, new Uint8Array(0))).secrets
}

/** An error of one hop as it comes to the sender. */
function returned(secrets: readonly Uint8Array[], hop: number, code: number): Uint8Array {
  let error = createOnionError(secrets[hop]!, code)
  for (let i = hop - 1; i >= 0; i--) error = passOnionError(secrets[i]!, error)
  return error
}

test.each([2, 3, 4])('the sender of a packet of %i hops reads which hop has given it up, and why', async (count) => {
  const secrets = await secretsOf(count)
  for (let hop = 0; hop < count; hop++) {
    for (const code of Object.values(OnionFault)) {
      const error = returned(secrets, hop, code)
      expect(error).toHaveLength(ERROR_BYTES)
      expect(readOnionError(secrets, error)).toEqual({ hop, code })
    }
  }
})

test('an error that was changed on its way, or is about another packet, is nobody’s', async () => {
  const [secrets, others] = [await secretsOf(3), await secretsOf(3)]
  const error = returned(secrets, 1, OnionFault.UNREACHABLE)
  for (let bit = 0; bit < 8 * ERROR_BYTES; bit++) {
    expect(readOnionError(secrets, withByte(error, bit >> 3, error[bit >> 3]! ^ (1 << (bit & 7))))).toBeUndefined()
  }
  expect(readOnionError(others, error)).toBeUndefined()
  expect(readOnionError(secrets, error.subarray(1))).toBeUndefined()
  // A hop cannot speak for the next one.
  expect(readOnionError(secrets, passOnionError(secrets[0]!, createOnionError(others[1]!, 1)))).toBeUndefined()
})
