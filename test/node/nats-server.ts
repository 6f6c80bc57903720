import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, vi } from 'vitest'

/** A real nats-server with JetStream, on a port of its own: Debian's package `nats-server`. */
export class NatsServer {
  private child: ChildProcess | undefined

  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly config: string,
  ) {}

  /**
   * @param config lines of its configuration file beside port and JetStream; `FOLDER` stands for a folder of its own.
   * @param isWhole whether it is the whole file, as of an operator, of which only the port is changed.
   * @param files what is written there before it starts, by name.
   */
  static async start(config = '', files: Record<string, string> = {}, isWhole = false): Promise<NatsServer> {
    const folder = await mkdtemp(join(tmpdir(), 'lotus-nats-'))
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 })
    const port = await freePort()
    const fast = `ping_interval: "2s", ping_max: 2${config.includes('max_pending') ? '' : ', max_pending: 256MB'}`
    const monitor = await freePort()
    const own = `host: 127.0.0.1\nport: ${port}\nhttp: "127.0.0.1:${monitor}"\n${fast}\njetstream { store_dir: "${folder}/js", max_mem: 512MB, max_file: 1GB }\n`
    const whole = isWhole ? config.replace(/^port: .*$/m, `host: 127.0.0.1\nport: ${port}`) : own + config
    const server = new NatsServer(folder, port, whole.replaceAll('FOLDER', folder))
    if (!isWhole) server.monitor = `http://127.0.0.1:${monitor}`
    await writeFile(join(folder, 'nats.conf'), server.config)
    await server.run()
    return server
  }

  /** Several that are one NATS cluster; resolves when all have joined it, and JetStream has a leader. */
  static async cluster(count: number): Promise<NatsServer[]> {
    const ports = await Promise.all(Array.from({ length: count }, freePort))
    const routes = ports.map((port) => `"nats://127.0.0.1:${port}"`).join()
    const servers = await Promise.all(
      ports.map((port, n) =>
        NatsServer.start(`server_name: n${n}\ncluster { name: test, listen: "127.0.0.1:${port}", routes: [${routes}] }\n`),
      ),
    )
    for (const server of servers) {
      await vi.waitFor(
        async () => {
          const { meta_cluster: meta } = (await (await fetch(`${server.monitor}/jsz`)).json()) as {
            meta_cluster?: { leader?: string; cluster_size?: number }
          }
          expect([meta?.leader, meta?.cluster_size]).toEqual([expect.stringMatching(/./), count])
        },
        { timeout: 30_000, interval: 50 },
      )
    }
    return servers
  }

  /** Where it tells of itself, unless its configuration is an operator's. */
  private monitor = ''

  /** Connections of clients. */
  async clients(): Promise<number> {
    return (await this.varz()).connections
  }

  /** Connections that it has ended because too much waited for them. */
  async slowConsumers(): Promise<number> {
    return (await this.varz()).slow_consumers
  }

  private async varz() {
    return (await (await fetch(`${this.monitor}/varz`)).json()) as { connections: number; slow_consumers: number }
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`
  }

  get pid(): number {
    return this.child!.pid!
  }

  /** The path of a file in its folder. */
  path(name: string): string {
    return join(this.folder, name)
  }

  /** Ends it at once. What is stored stays. */
  async kill(): Promise<void> {
    const { child } = this
    if (child === undefined || child.exitCode !== null) return
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
  }

  /** Starts it again after `kill`. */
  async run(): Promise<void> {
    const child = spawn('nats-server', ['-c', join(this.folder, 'nats.conf')], { stdio: ['ignore', 'ignore', 'pipe'] })
    let errors = ''
    child.stderr.on('data', (data) => {
      errors = (errors + data).slice(-4_000)
    })
    // No test of processes is left out where it is missing.
    const failed = new Promise<never>((_, reject) => {
      child.once('error', (cause) => reject(new Error('These tests need nats-server: apt-get install nats-server', { cause })))
      child.once('exit', (code) => reject(new Error(`nats-server has ended with ${code}: ${errors}`)))
    })
    failed.catch(() => {})
    this.child = child
    await Promise.race([failed, vi.waitFor(() => reach(this.port), { timeout: 20_000, interval: 20 })])
  }

  async stop(): Promise<void> {
    await this.kill()
    await rm(this.folder, { recursive: true, force: true })
  }
}

function reach(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', reject)
    // It says INFO at once when it takes clients.
    socket.once('data', () => {
      socket.destroy()
      resolve()
    })
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
