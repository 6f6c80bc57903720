import { relative } from 'node:path'
import ts from 'typescript'
import type { Sources } from './program.js'

/** Where the types of each source are until those of the entry points are bundled; `build/commonjs-types.mjs` deletes it. */
export const TYPES = 'dist/types-of-sources'

/**
 * Writes the types of every source into a folder, a file for each, for a bundler of types to begin with: the program has read and checked
 * the sources for their names already, and a second one would take as long as all else that the build does.
 *
 * @param root the folder of the sources.
 * @throws Error where a type is wrong, with every one that is.
 */
export function writeTypes({ program }: Sources, root: string, folder: string): void {
  const write = (path: string, text: string) => ts.sys.writeFile(`${folder}/${relative(root, path)}`, text)
  const { diagnostics, emitSkipped } = program.emit(undefined, write, undefined, true)
  if (emitSkipped) throw new Error(ts.formatDiagnostics(diagnostics, { ...HOST, getCurrentDirectory: () => root }))
}

const HOST = { getCanonicalFileName: (name: string) => name, getNewLine: () => '\n' }
