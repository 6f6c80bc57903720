/** Half of a surrogate pair without the other one: a character of UTF-16 that UTF-8 has no form for (RFC 3629 §3). */
const LONE = /\p{Surrogate}/gu

/** Whether a text can be written as UTF-8 and comes back the same. Like `String.prototype.isWellFormed`, of which Safari before 16.4 knows nothing, and some times as fast. */
export function isWellFormed(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if ((unit & 0xf800) !== 0xd800) continue
    // Beyond the end it is NaN, of which no bit is set.
    if (unit >= 0xdc00 || (text.charCodeAt(++i) & 0xfc00) !== 0xdc00) return false
  }
  return true
}

/** At most so many characters of a text that may be anybody's, such as an error's, fit for sending: U+FFFD stands for each half of a pair. */
export function cutText(text: string, maxLength = Number.POSITIVE_INFINITY): string {
  return text.slice(0, maxLength).replace(LONE, '\ufffd')
}
