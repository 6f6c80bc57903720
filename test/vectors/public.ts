import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const FOLDER = process.env.LOTUS_VECTORS ?? fileURLToPath(new URL('../../../shared/vectors', import.meta.url))

/**
 * A file of public test vectors. They are data of others and not part of the repository: `LOTUS_VECTORS` names the folder that
 * has them, `../shared/vectors` beside the repository by default.
 *
 * @returns its text; undefined, and a line on the console, where the file is not there: skip what needs it.
 * @throws Error where the file is not there and `REQUIRE_VECTORS` is 1.
 */
export function publicVectors(name: string): string | undefined {
  const path = `${FOLDER}/${name}`
  if (existsSync(path)) return readFileSync(path, 'utf8')
  if (process.env.REQUIRE_VECTORS === '1') throw new Error(`REQUIRE_VECTORS is set, and the public vectors ${path} are missing.`)
  console.info(`The public vectors ${path} are not here: the tests that need them are SKIPPED.`)
  return undefined
}
