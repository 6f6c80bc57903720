import { nearest } from './nearest.js'

/** The sentences of errors that the build has taken out of the sources; on the sources themselves they stand where they are thrown. */
const SENTENCES = ''

let table: readonly string[] | undefined
let near: typeof suggested | undefined
let base = 'lotus-p2p/docs/errors.md'

/** @param page address of a page with an anchor for each code, without the `#`. */
export function setErrorsPage(page: string): void {
  base = page
}

/** Where a code is explained. */
export function errorsPageOf(code: string): string {
  return `${base}#${code.toLowerCase()}`
}

/**
 * Gives errors their sentences: `The store is full. Try again later.` instead of `STORE_FULL`. Node, and bundlers in their development
 * mode, call it by themselves (the conditions `node` and `development` of package.json). What is bundled for production saves the bytes
 * of the sentences instead: the message of an error holds its code and the values that the sentence tells of, and a misspelt name is not
 * told what it may stand for. An application that wants sentences there too calls it at its start, for errors that exist already keep
 * their message.
 *
 * @example
 * import { explainErrors } from 'lotus-p2p/errors'
 * if (location.hostname === 'beta.wallet.example') explainErrors()
 */
export function explainErrors(): void {
  table ??= SENTENCES.split('|')
  near = suggested
}

/** @param sentence what an error was constructed with: a sentence, its number in the table, or that number and the values in the sentence. */
export function messageOf(code: string, sentence: unknown): string {
  if (typeof sentence === 'string') return sentence
  const words = text([sentence].flat())
  return table === undefined ? `${code}${words && `: ${words}`} (see ${errorsPageOf(code)})` : words
}

function text(value: unknown): string {
  if (!Array.isArray(value)) return String(value)
  const [number, ...values] = value as [number, ...unknown[]]
  const texts = values.map(text)
  return table === undefined ? texts.filter(Boolean).join(', ') : table[number]!.replace(/~/g, () => texts.shift()!)
}

/** What a misspelt word may stand for, as the end of a sentence; '' where that is unknown, and where errors have no sentences. */
export function suggestion(word: string, words: readonly string[]): string {
  return near?.(word, words) ?? ''
}

function suggested(word: string, words: readonly string[]): string | undefined {
  const meant = nearest(word, words)
  return meant && `; perhaps you mean ${meant}`
}
