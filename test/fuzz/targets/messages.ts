import { DEFAULT_LIMITS } from '../../../src/base/limits.js'
import { decode, encode } from '../../../src/message/codec.js'
import { NETWORK_INPUTS } from '../network-inputs.js'
import { TEXTS, VALUES } from '../samples.js'
import { Choices, checkRefusal, type FuzzTarget, joined, refusedOr } from '../target.js'

const readers = {
  bytes: NETWORK_INPUTS.filter(({ takes }) => takes === 'bytes'),
  text: NETWORK_INPUTS.filter(({ takes }) => takes === 'text'),
  value: NETWORK_INPUTS.filter(({ takes }) => takes === 'value'),
}
const KINDS = ['value', 'text', 'bytes'] as const
/** A byte that asks for all readers of the kind. */
const ALL = 255

/** Every reader of what comes over the network takes anything, or refuses it with an error of ours. */
export const fuzz: FuzzTarget['fuzz'] = async (bytes) => {
  const choices = new Choices(bytes)
  const kind = choices.pick(KINDS)
  const which = choices.byte()
  const rest = choices.bytes(bytes.length)
  const all = readers[kind]
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
}

export const seeds: FuzzTarget['seeds'] = () => [
  ...VALUES.map((value) => joined([0, ALL], encode(value))),
  ...TEXTS.map((text) => joined([1, ALL], new TextEncoder().encode(text))),
  ...VALUES.slice(0, 4).map((value) => joined([2, ALL], encode(value))),
]
