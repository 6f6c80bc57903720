import { DEFAULT_LIMITS } from '../../src/base/limits.js'
import { decode, encode } from '../../src/message/codec.js'
import { NETWORK_INPUTS } from './network-inputs.js'
import { TEXTS, VALUES } from './samples.js'
import { Choices, checkRefusal, type FuzzTarget, joined, refusedOr } from './target.js'

const KINDS = ['value', 'text', 'bytes'] as const
/** A byte that asks for all readers of the kind. */
const ALL = 255

/**
 * Every reader of what comes over the network takes anything, or refuses it with an error of ours.
 *
 * @param names those whose names are like this; default all.
 * @param whole bytes that their readers take.
 */
export function readersOf(names = /^/, whole: Uint8Array[] = []): FuzzTarget {
  const inputs = NETWORK_INPUTS.filter(({ name }) => names.test(name))
  const kinds = KINDS.filter((kind) => inputs.some(({ takes }) => takes === kind))
  return {
    async fuzz(bytes) {
      const choices = new Choices(bytes)
      const kind = choices.pick(kinds)
      const which = choices.byte()
      const rest = choices.bytes(bytes.length)
      const all = inputs.filter(({ takes }) => takes === kind)
      const chosen = which === ALL ? all : [all[which % all.length]!]
      const decoded = kind === 'value' ? refusedOr(() => ({ value: decode(rest, DEFAULT_LIMITS) })) : undefined
      if (kind === 'value' && decoded === undefined) return
      for (const { read } of chosen) {
        // Each its own: what one reader keeps, another must not see changed.
        const input =
          kind === 'value' ? decode(rest, DEFAULT_LIMITS) : kind === 'text' ? new TextDecoder().decode(rest) : rest.slice()
        try {
          await read(input)
        } catch (error) {
          checkRefusal(error)
        }
      }
    },
    seeds: () =>
      kinds.flatMap((kind, i) => {
        if (kind === 'value') return VALUES.map((value) => joined([i, ALL], encode(value)))
        if (kind === 'text') return TEXTS.map((text) => joined([i, ALL], new TextEncoder().encode(text)))
        return [...VALUES.slice(0, 4).map((value) => encode(value)), ...whole].map((bytes) => joined([i, ALL], bytes))
      }),
  }
}
