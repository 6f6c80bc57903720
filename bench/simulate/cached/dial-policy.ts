// In the place of src/address/dial-policy.ts: thousands of nodes in one process judge the same addresses, all by the same rules.
import {
  type DialRules,
  isWeb,
  learnt as judge,
  type LearntAddress,
  needLearnt as need,
} from '../../../src/address/dial-policy.js'

export * from '../../../src/address/dial-policy.js'

const MAX_JUDGED = 100_000
const judged = new Map<string, LearntAddress | undefined>()

export function learnt(address: string, rules: DialRules): LearntAddress | undefined {
  if (judged.has(address)) return judged.get(address)
  if (judged.size >= MAX_JUDGED) judged.clear()
  const result = judge(address, rules)
  judged.set(address, result)
  return result
}

export function allLearnt(addresses: readonly string[], rules: DialRules): LearntAddress[] {
  return addresses.flatMap((address) => learnt(address, rules) ?? [])
}

export function needLearnt(address: string, expected: string | undefined, rules: DialRules): string {
  const taken = expected !== undefined && isWeb(address) ? learnt(address, rules) : undefined
  return taken ?? need(address, expected, rules)
}
