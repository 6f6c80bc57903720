/**
 * Text chosen by others, made safe for a terminal and a log line: control characters (ISO 6429), line separators and
 * direction marks could move the cursor, forge lines or hide text.
 */
export function printable(text: string, maxLength = 128): string {
  const safe = text
    .slice(0, maxLength)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
  return text.length > maxLength ? `${safe}…` : safe
}
