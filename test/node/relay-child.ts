import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { mkdtemp, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { RelayCommand, RelayFacts, RelayProcessOptions } from './relay-process.js'

const bundled = new Map<string, Promise<string>>()

/** A relay's program, made once for all that a test file starts. @returns its folder. */
async function bundle(program: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lotus-relay-'))
  // For the packages that are not bundled.
  await symlink(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'))
  await build({
    entryPoints: [new URL(program, import.meta.url).pathname],
    outfile: join(folder, 'relay.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
    external: ['classic-level', 'prom-client', '@nats-io/*'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  })
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A relay in another process, see `relay-process.ts`; another program, by its path from here, has to understand what that one does. */
export class RelayChild {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    readonly peerId: string,
  ) {}

  static async start(options: RelayProcessOptions, nodeFlags: string[] = [], program = 'relay-process.ts') {
    const making = bundled.get(program) ?? bundle(program)
    bundled.set(program, making)
    const folder = await making
    const child = fork(join(folder, 'relay.mjs'), [JSON.stringify(options)], { execArgv: ['--expose-gc', ...nodeFlags] })
    const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`The relay has ended with ${code}.`)))
    ended.catch(() => {})
    const [{ url, peerId }] = (await Promise.race([once(child, 'message'), ended])) as [{ url: string; peerId: string }]
    return new RelayChild(child, url, peerId)
  }

  get pid(): number {
    return this.child.pid!
  }

  tell(command: RelayCommand): Promise<RelayFacts> {
    return this.ask(command)
  }

  /** Sends what another program than `relay-process.ts` understands. Resolves with its answer. */
  async ask<T>(message: object): Promise<T> {
    this.child.send(message)
    const [answer] = (await once(this.child, 'message')) as [T]
    return answer
  }

  /** Resolves with the exit code. */
  async stop(): Promise<number | null> {
    const exit = once(this.child, 'exit')
    if (this.child.connected && !this.child.killed) this.child.send({ do: 'stop' } satisfies RelayCommand)
    const [code] = (await exit) as [number | null]
    return code
  }

  /** Stops it where it stands, as a machine that swaps. */
  freeze(): void {
    this.child.kill('SIGSTOP')
  }

  thaw(): void {
    this.child.kill('SIGCONT')
  }

  /** Ends it whatever it does. */
  kill(): void {
    this.child.kill('SIGKILL')
  }
}
