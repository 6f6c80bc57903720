// npm run docs: the site, from the documents as they are in the package and from the sources' doc comments, into site/.dist.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('./', import.meta.url))
const root = fileURLToPath(new URL('../', import.meta.url))
const run = (command, ...args) =>
  execFileSync(command, args, { cwd: here, stdio: 'inherit', shell: process.platform === 'win32' })

if (!existsSync(`${here}node_modules/vitepress`)) run('npm', 'ci', '--no-audit', '--no-fund', '--prefer-offline')

rmSync(`${here}.pages`, { recursive: true, force: true })
rmSync(`${here}.dist`, { recursive: true, force: true })
// Laid out as in the package, so that one link serves there and here.
mkdirSync(`${here}.pages/public`, { recursive: true })
for (const name of ['docs', 'README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md'])
  cpSync(root + name, `${here}.pages/${name}`, { recursive: true })
cpSync(`${root}examples-web/favicon.svg`, `${here}.pages/public/favicon.svg`)

run('npx', '--no-install', 'vitepress', 'build')
run('npx', '--no-install', 'typedoc', '--treatValidationWarningsAsErrors')
