import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'

const root = process.cwd()
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }
/** The strictest policy a wallet may run under. */
const POLICY = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self' ws:"
/** Next writes scripts into its pages. */
const POLICY_OF_NEXT = POLICY.replace("script-src 'self'", "script-src 'self' 'unsafe-inline'")

/** A folder in which somebody has installed the packed SDK, with the apps of test/apps beside it. */
export interface Installed {
  at(...path: string[]): string
  /** Runs a command to its end. @returns what it prints. */
  run(command: string, args: string[], cwd?: string): string
  /** The same, beside others. */
  runBeside(command: string, args: string[], cwd?: string): Promise<string>
  /** The packed SDK. */
  tarball: string
  remove(): void
}

export function install(): Installed {
  const folder = mkdtempSync(join(tmpdir(), 'lotus-p2p-apps-'))
  const at = (...path: string[]) => join(folder, ...path)
  // As a shell of one's own has it: where tests set NODE_ENV, Vite would build for development.
  const { NODE_ENV: _, ...env } = process.env
  const options = { encoding: 'utf8', timeout: 180_000, env } as const
  const run = (command: string, args: string[], cwd = folder) =>
    execFileSync(command, args, { ...options, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const runBeside = async (command: string, args: string[], cwd = folder) =>
    (await promisify(execFile)(command, args, { ...options, cwd })).stdout
  const dependenciesOf = (file: string) => {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(file, 'utf8')) as Record<
      string,
      Record<string, string>
    >
    return { ...dependencies, ...devDependencies }
  }
  const [{ filename }] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder], root)) as [{ filename: string }]
  const ours = dependenciesOf(join(root, 'package.json'))
  const packages = {
    ...Object.fromEntries(['vite', 'esbuild', 'typescript', '@types/node', '@types/ws', 'ses'].map((name) => [name, ours[name]])),
    ...Object.assign(
      {},
      ...['react', 'vue', 'svelte'].map((app) => dependenciesOf(join(root, 'test/apps', app, 'package.json'))),
    ),
  }
  const named = Object.entries(packages).map(([name, version]) => `${name}@${version}`)
  cpSync(join(root, 'test/apps'), folder, { recursive: true })
  writeFileSync(at('package.json'), JSON.stringify({ private: true, type: 'module' }))
  run('npm', ['install', ...QUIETLY, `./${filename}`, ...named])
  return { at, run, runBeside, tarball: at(filename), remove: () => rmSync(folder, { recursive: true, force: true }) }
}

export const QUIETLY = ['--prefer-offline', '--no-audit', '--no-fund']

/** Serves the files of the folder. */
export async function serve({ at }: Installed): Promise<{ origin: string; close(): void }> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    if (!/^(\/[\w.~-]+)+$/.test(path) || path.includes('..')) return void response.writeHead(404).end()
    try {
      const body = readFileSync(at(path))
      const policy = path.startsWith('/next/') ? POLICY_OF_NEXT : POLICY
      response
        .writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'text/plain', 'Content-Security-Policy': policy })
        .end(body)
    } catch {
      response.writeHead(404).end()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, close: () => server.close() }
}

/** The command that a relay's operator types, from the package as it is installed, at a free port. @returns its address. */
export async function startRelayCommand({ at }: Installed): Promise<{ url: string; stop(): void }> {
  const relay = spawn(at('node_modules/.bin/lotus-p2p'), ['relay', '--port', '0', '--host', '127.0.0.1', '--quiet'], {
    stdio: 'pipe',
  })
  const [url] = await printed(relay, /ws:\/\/127\.0\.0\.1:\d+/)
  return { url, stop: () => relay.kill('SIGTERM') }
}

/** Resolves once a process has printed this. */
export function printed(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let text = ''
    const ended = (code: number | null) => reject(new Error(`It ended with ${code}: ${text}`))
    child.once('exit', ended)
    child.stderr?.on('data', (chunk) => {
      text += chunk
    })
    child.stdout!.on('data', (chunk) => {
      text += chunk
      const found = pattern.exec(text)
      if (found === null) return
      child.off('exit', ended)
      resolve(found)
    })
  })
}
