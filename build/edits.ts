/** A piece of a source that the build writes otherwise. */
export interface Edit {
  start: number
  end: number
  text: string
}

/** A text with its edits made; none of them overlaps another. */
export function edited(text: string, edits: readonly Edit[]): string {
  const parts: string[] = []
  let end = 0
  for (const edit of [...edits].sort((a, b) => a.start - b.start || a.end - b.end)) {
    parts.push(text.slice(end, edit.start), edit.text)
    end = edit.end
  }
  return parts.join('') + text.slice(end)
}
