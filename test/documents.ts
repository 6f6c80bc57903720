import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The folder of the repository, with a slash at its end. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** Every document that people read, as paths from the root. */
export function documents(): string[] {
  const folders = readdirSync(root, { withFileTypes: true }).filter(
    (entry) =>
      entry.isDirectory() && !/^(\.|node_modules$|dist$|site$|test-results$|coverage$|playwright-report$)/.test(entry.name),
  )
  return [
    ...readdirSync(root),
    ...folders.flatMap(({ name }) =>
      readdirSync(root + name, { recursive: true, encoding: 'utf8' }).map((file) => `${name}/${file}`),
    ),
  ]
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.md') && !/(^|\/)(\.|node_modules\/)/.test(file))
}

/** A fenced block of a Markdown text. */
export interface CodeBlock {
  /** What stands after the fence: `ts`, `ts run`, `text`. */
  info: string
  code: string
  /** Where the code begins, counted from 1. */
  line: number
  /** What the example prints: the `text` block that follows it at once. */
  output?: string
}

/** The fenced blocks of a document, in order. */
export function codeBlocks(text: string): CodeBlock[] {
  const found = [...text.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)]
  return found.map((match, place) => {
    const [block, info, code] = match as unknown as [string, string, string]
    const next = found[place + 1]
    const follows = next?.[1] === 'text' && text.slice(match.index + block.length, next.index).trim() === ''
    return {
      info,
      code,
      line: text.slice(0, match.index).split('\n').length + 1,
      ...(follows && { output: next[2]! }),
    }
  })
}

/** The links of a document that lead to no other site. What stands in code is no link. */
export function localLinks(text: string): string[] {
  const prose = text.replaceAll(/^```[\s\S]*?^```|`[^`\n]*`/gm, '')
  return [...prose.matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)].map(([, target]) => target!)
}
