import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { RelayCommand, RelayFacts, RelayProcessOptions } from './relay-process.js'

/** A relay in another process, see `relay-process.ts`. */
export class RelayChild {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    readonly url: string,
    readonly peerId: string,
  ) {}

  static async start(options: RelayProcessOptions, nodeFlags: string[] = []) {
    const folder = await mkdtemp(join(tmpdir(), 'lotus-relay-'))
    const outfile = join(folder, 'relay.mjs')
    // For the packages that are not bundled.
    await symlink(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'))
    await build({
      entryPoints: [new URL('relay-process.ts', import.meta.url).pathname],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
      external: ['classic-level', 'prom-client', '@nats-io/*'],
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    })
    const child = fork(outfile, [JSON.stringify(options)], { execArgv: ['--expose-gc', ...nodeFlags] })
    const [{ url, peerId }] = (await once(child, 'message')) as [{ url: string; peerId: string }]
    return new RelayChild(child, folder, url, peerId)
  }

  get pid(): number {
    return this.child.pid!
  }

  async tell(command: RelayCommand): Promise<RelayFacts> {
    this.child.send(command)
    const [facts] = (await once(this.child, 'message')) as [RelayFacts]
    return facts
  }

  /** Resolves with the exit code. */
  async stop(): Promise<number | null> {
    const exit = once(this.child, 'exit')
    if (this.child.connected && !this.child.killed) this.child.send({ do: 'stop' } satisfies RelayCommand)
    const [code] = (await exit) as [number | null]
    await rm(this.folder, { recursive: true })
    return code
  }

  /** Ends it whatever it does. */
  kill(): void {
    this.child.kill('SIGKILL')
  }
}
