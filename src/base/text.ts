/**
 * Text chosen by others, made safe for a terminal and a log line: control characters (ISO 6429), line separators and
 * direction marks could move the cursor, forge lines or hide text.
 *
 * @param maxLength UTF-16 units; the rest is cut off.
 */
export function printable(text: string, maxLength = 128): string {
  const safe = text
    .slice(0, maxLength)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
  return text.length > maxLength ? `${safe}…` : safe
}

/**
 * Whether a text can be written as UTF-8 and comes back the same: it holds no half of a surrogate pair without the other one, for
 * which UTF-8 has no form (RFC 3629 §3). `String.prototype.isWellFormed` is missing in Safari before 16.4.
 */
export function isWellFormed(text: string): boolean {
  return !/\p{Cs}/u.test(text)
}

/**
 * The beginning of a text that may be anybody's, such as an error's, fit for sending: U+FFFD stands for each half of a surrogate
 * pair that has lost the other one.
 *
 * @param maxLength UTF-16 units.
 */
export function cutText(text: string, maxLength = Number.POSITIVE_INFINITY): string {
  return text.slice(0, maxLength).replace(/\p{Surrogate}/gu, '\ufffd')
}
