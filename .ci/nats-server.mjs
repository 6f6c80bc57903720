// Installs nats-server where it is missing and may be installed: tests of many processes behind one name start it themselves, and fail without it.
import { execFileSync, spawnSync } from 'node:child_process'

const isThere = () => spawnSync('nats-server', ['--version']).status === 0
const isRoot = process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0

if (!isThere() && isRoot) {
  console.log('Installing nats-server')
  const options = { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  execFileSync('apt-get', ['update', '-qq'], options)
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'nats-server'], options)
}
if (isThere()) console.log(execFileSync('nats-server', ['--version'], { encoding: 'utf8' }).trim())
else {
  console.error('There is no nats-server. On Debian, as root: apt-get install nats-server')
  process.exitCode = 1
}
