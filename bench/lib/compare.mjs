import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { runPaired } from './paired.mjs'

/**
 * Pairs a commit with the checkout at `root`: builds the commit in a worktree beside the benchmark, kept for the next time, and runs both
 * in turn. `release` stands for the newest tag `v…`; where there is none, there is nothing to compare, which is said.
 *
 * @throws Error where the commit is not known, or cannot be built.
 */
export async function compare(root, ref, settings) {
  const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  let commit
  try {
    const name = ref === 'release' ? git('describe', '--tags', '--abbrev=0', '--match', 'v*') : ref
    commit = git('rev-parse', '--verify', `${name}^{commit}`)
  } catch {
    if (ref !== 'release') throw new Error(`--compare: there is no commit "${ref}".`)
    console.log('There is no release to compare with yet.')
    return
  }
  const before = `${root}bench/.compare/${commit}`
  if (!existsSync(`${before}/package.json`)) git('worktree', 'add', '--force', '--detach', before, commit)
  for (const [folder, program, ...args] of [
    ['node_modules', 'npm', 'ci', '--no-audit', '--no-fund'],
    ['dist/node.js', 'npm', 'run', 'build'],
  ]) {
    if (existsSync(`${before}/${folder}`)) continue
    console.log(`${program} ${args.join(' ')}, for ${ref} …`)
    execFileSync(program, args, { cwd: before, stdio: ['ignore', 'ignore', 'inherit'] })
  }
  console.log(`\nBefore: ${ref}, ${commit.slice(0, 12)}. After: this checkout. Medians of ${settings.rounds} rounds, in turn.`)
  await runPaired([before, root.replace(/\/$/, '')], settings)
}
