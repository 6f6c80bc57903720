import { type ChildProcess, execFileSync, type StdioOptions, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
/** `nat-lab.sh` and `turnserver.conf`. */
const netlab = process.env.LOTUS_NETLAB ?? join(root, '../shared/netlab')
const script = join(netlab, 'nat-lab.sh')

/** Where everybody can reach it: relay, STUN and TURN. */
const SERVER = '203.0.113.10'
export const STUN = { urls: `stun:${SERVER}:3478` }
export const TURN = { urls: `turn:${SERVER}:3478`, username: 'u', credential: 'p' }
export const RELAY = `ws://${SERVER}:8787/`

/** The hosts' namespaces, as `nat-lab.sh` calls them. */
const NAMESPACES = ['p2plab-inet', 'p2plab-peer1', 'p2plab-peer2']

/** Clears the lab away once its standard input ends: when it is told to, and when the tests are killed. */
const CLEAR = `read -r _
for name in ${NAMESPACES.join(' ')}; do ip netns pids "$name" | xargs -r kill -KILL; done
"$0" down && rm -rf "$1"`

export type Host = 'peer1' | 'peer2' | 'inet'

/** Why the lab cannot be built here; undefined where it can. */
export async function whyNot(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'it needs root, for network namespaces'
  for (const file of ['nat-lab.sh', 'turnserver.conf']) {
    if (!existsSync(join(netlab, file))) return `${file} is not in ../shared/netlab; name its folder in LOTUS_NETLAB`
  }
  for (const [command, debian] of [
    ['ip', 'iproute2'],
    ['nft', 'nftables'],
    ['turnserver', 'coturn'],
    ['turnutils_stunclient', 'coturn'],
  ] as const) {
    if (spawnSync('sh', ['-c', `command -v ${command}`]).status !== 0)
      return `there is no ${command}; on Debian: apt-get install ${debian}`
  }
  const loaded = await import('node-datachannel/polyfill').catch((error) => String(error))
  if (typeof loaded === 'string') return `node-datachannel cannot be loaded (${loaded})`
  if (!existsSync(join(root, 'dist/cli.js'))) return 'there is no dist/; run npm run build'
  // Building one would pull the network from under who uses it.
  for (const name of NAMESPACES) {
    const { stdout } = spawnSync('ip', ['netns', 'pids', name])
    if (String(stdout).trim() !== '') return 'somebody else uses the lab at the moment'
  }
  const built = spawnSync(script, ['up', 'cone'])
  spawnSync(script, ['down'])
  if (built.status !== 0) return `this machine does not let the lab be built (${String(built.stderr).trim()})`
  return undefined
}

/** Two hosts behind two NATs, and a relay and coturn (STUN, TURN) in between. */
export class Lab {
  private readonly folder = mkdtempSync(join(tmpdir(), 'lotus-nat-'))
  private readonly cleaner = spawn('sh', ['-c', CLEAR, script, this.folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })

  /** `symmetric`: another port is shown to each destination, so that no peer can know which one to aim at (RFC 4787 §4.1). */
  static async up(kind: 'cone' | 'symmetric'): Promise<Lab> {
    const lab = new Lab()
    try {
      execFileSync(script, ['up', kind], { stdio: 'pipe' })
      swallowStrays()
      await Promise.all([lab.turnServer(), lab.relay()])
      return lab
    } catch (error) {
      await lab.down()
      throw error
    }
  }

  spawn(host: Host, stdio: StdioOptions, command: string, ...args: string[]): ChildProcess {
    return spawn(script, ['exec', host, command, ...args], { cwd: this.folder, stdio })
  }

  /** Ends whatever still runs on the hosts. */
  async down(): Promise<void> {
    const cleared = once(this.cleaner, 'exit')
    this.cleaner.stdin!.end()
    const [code] = await cleared
    if (code !== 0) throw new Error(`The lab could not be cleared away (${code}).`)
  }

  private async turnServer(): Promise<void> {
    const conf = join(this.folder, 'turnserver.conf')
    writeFileSync(conf, readFileSync(join(netlab, 'turnserver.conf'), 'utf8').replaceAll('127.0.0.1', SERVER))
    this.spawn('inet', 'ignore', 'turnserver', '-c', conf)
    const ask = ['exec', 'inet', 'turnutils_stunclient', '-p', '3478', SERVER]
    await vi.waitFor(() => execFileSync(script, ask, { stdio: 'pipe', timeout: 1_000 }), { timeout: 15_000, interval: 100 })
  }

  private async relay(): Promise<void> {
    const options = ['--host', SERVER, '--port', '8787', '--pow', '12', '--identity', join(this.folder, 'relay.key')]
    const child = this.spawn('inet', ['ignore', 'pipe', 'pipe'], process.execPath, join(root, 'dist/cli.js'), 'relay', ...options)
    let output = ''
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`The relay ended with ${code}: ${output}`)))
      for (const stream of [child.stdout!, child.stderr!]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          output += text
          if (output.includes('ws://')) resolve()
        })
      }
    })
  }
}

/**
 * As on the internet, what is sent to a private address vanishes. Without any route to it the system tells coturn, which then
 * ends the whole allocation of the peer that has tried one of the other's host candidates.
 */
function swallowStrays(): void {
  const [nobody, device] = ['203.0.113.254', 'br0']
  const ip = (...args: string[]) => execFileSync(script, ['exec', 'inet', 'ip', ...args], { stdio: 'pipe' })
  ip('neigh', 'add', nobody, 'lladdr', '02:00:00:00:00:fe', 'dev', device, 'nud', 'permanent')
  ip('route', 'add', 'default', 'via', nobody)
}
