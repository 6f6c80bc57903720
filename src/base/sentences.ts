/** The sentences of errors that the build has taken out of the sources; on the sources themselves they stand where they are thrown. */
const SENTENCES = ''

let table: readonly string[] | undefined

/**
 * Gives the errors of `lotus-p2p/core` their sentences: `The store is full. Try again later.` instead of `STORE_FULL`. Without it a page
 * saves the bytes of the sentences, and the message of an error holds its code and the values that the sentence tells of. An
 * application calls it at its start, for errors that exist already keep their message. `P2PCoordinator` of `lotus-p2p` needs no call.
 *
 * @example
 * import { explainErrors, P2PCoordinator } from 'lotus-p2p/core'
 * if (location.hostname === 'localhost') explainErrors()
 */
export function explainErrors(): void {
  table ??= SENTENCES.split('|')
}

/** The class itself: who has it has the sentences too, from the moment it is loaded. */
export function withSentences<T>(type: T): T {
  explainErrors()
  return type
}

/** @param sentence what an error was constructed with: a sentence, its number in the table, or that number and the values in the sentence. */
export function messageOf(code: string, sentence: unknown): string {
  if (typeof sentence === 'string') return sentence
  const words = text([sentence].flat())
  return table === undefined ? `${code}${words && `: ${words}`} (see lotus-p2p/docs/errors.md)` : words
}

function text(value: unknown): string {
  if (!Array.isArray(value)) return String(value)
  const [number, ...values] = value as [number, ...unknown[]]
  const texts = values.map(text)
  return table === undefined ? texts.filter(Boolean).join(', ') : table[number]!.replace(/~/g, () => texts.shift()!)
}
