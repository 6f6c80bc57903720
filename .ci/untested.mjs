// Lists the files of src that no test imports by itself: they are reached through others at most. `--reached` lists those that
// are not even reached through others, by any test.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))
const filesOf = (folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file))

const IMPORT =
  /(?:^|\n)(?:import|export)\b(?<types> type\b)?[^'"]*?\bfrom '(?<path>\.[^']+)'|(?:import|new URL)\('(?<call>\.[^']+)'/g

/** What a file imports of ours, types left out. */
function importsOf(file) {
  return [...readFileSync(join(root, file), 'utf8').matchAll(IMPORT)]
    .filter(({ groups }) => groups.types === undefined)
    .map(({ groups }) => relative(root, join(root, dirname(file), groups.path ?? groups.call)).replace(/\.js$/, '.ts'))
    .filter((path) => path.endsWith('.ts') && existsSync(join(root, path)))
}

/** A file of types alone has nothing to test. */
const hasCode = (file) =>
  /^export (?:async |abstract |default )?(?:function|class|const|let)\b/m.test(readFileSync(join(root, file), 'utf8'))

const tests = [...filesOf('test'), ...filesOf('e2e')]
const direct = new Set(tests.flatMap(importsOf))
const reached = new Set()
const visit = (file) => {
  if (reached.has(file)) return
  reached.add(file)
  for (const target of importsOf(file)) visit(target)
}
for (const file of tests) visit(file)

const known = process.argv.includes('--reached') ? reached : direct
const untested = filesOf('src').filter((file) => hasCode(file) && !known.has(file))
for (const file of untested) console.log(file)
