import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'

/** `lotus-p2p relay` in processes of its own, as an operator starts it. */
export class RelayProcesses {
  private readonly running = new Set<ChildProcess>()

  private constructor(
    readonly folder: string,
    /** The command, as one file. */
    readonly cli: string,
  ) {}

  static async make(): Promise<RelayProcesses> {
    const folder = await mkdtemp(join(tmpdir(), 'lotus-relays-'))
    const bundle = join(folder, 'cli.mjs')
    await build({
      entryPoints: [new URL('../../src/node/cli.ts', import.meta.url).pathname],
      outfile: bundle,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
      external: ['classic-level', 'prom-client', '@nats-io/*'],
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    })
    await symlink(new URL('../../node_modules', import.meta.url).pathname, join(folder, 'node_modules'))
    return new RelayProcesses(folder, bundle)
  }

  /** Runs a command to its end. */
  async run(...args: string[]): Promise<{ code: number | null; out: string; errors: string }> {
    const child = spawn(process.execPath, [this.cli, ...args])
    let [out, errors] = ['', '']
    child.stdout.on('data', (data) => {
      out += data
    })
    child.stderr.on('data', (data) => {
      errors += data
    })
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, out, errors }
  }

  /** Starts a relay; resolves when it listens. */
  async start(...args: string[]): Promise<RunningRelay> {
    const child = spawn(process.execPath, [this.cli, 'relay', '--host', '127.0.0.1', '--log', 'json', ...args])
    this.running.add(child)
    child.once('close', () => this.running.delete(child))
    const relay = new RunningRelay(child)
    const started = (await relay.says('started')) as unknown as { addresses: [string]; peerId: string }
    relay.url = started.addresses[0]
    relay.peerId = started.peerId
    return relay
  }

  async close(): Promise<void> {
    for (const child of this.running) child.kill('SIGKILL')
    await rm(this.folder, { recursive: true })
  }
}

export interface LogLine {
  time: string
  level: string
  event: string
  [fact: string]: unknown
}

export class RunningRelay {
  url = ''
  peerId = ''
  readonly lines: LogLine[] = []
  errors = ''
  readonly exit: Promise<number | null>
  private readonly waiting = new Set<() => void>()

  constructor(readonly child: ChildProcess) {
    let rest = ''
    child.stdout!.on('data', (data) => {
      const lines = `${rest}${data}`.split('\n')
      rest = lines.pop()!
      this.lines.push(...lines.map((line) => JSON.parse(line) as LogLine))
      for (const look of [...this.waiting]) look()
    })
    child.stderr!.on('data', (data) => {
      this.errors += data
    })
    this.exit = once(child, 'close').then(([code]) => code as number | null)
    void this.exit.then(() => {
      for (const look of [...this.waiting]) look()
    })
  }

  get port(): number {
    return Number(new URL(this.url).port)
  }

  /** The first line of this event, once it is there. */
  says(event: string): Promise<LogLine> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.lines.find((line) => line.event === event)
        if (found === undefined && this.child.exitCode === null) return
        this.waiting.delete(look)
        if (found === undefined) reject(new Error(`It ended with ${this.child.exitCode}: ${this.errors}`))
        else resolve(found)
      }
      this.waiting.add(look)
      look()
    })
  }

  /** Resolves with the exit code. */
  stop(): Promise<number | null> {
    this.child.kill('SIGTERM')
    return this.exit
  }
}

/**
 * Brings connections to the first of several relays that is healthy, as a balancer in front of them does: it asks `/healthz` for each, and goes on
 * to the next where one refuses.
 */
export class Balancer {
  private readonly sockets = new Set<Socket>()

  private constructor(
    private readonly server: Server,
    /** Ports of the relays; changed as they come and go. */
    readonly ports: number[],
  ) {}

  static async start(ports: number[]): Promise<Balancer> {
    const server = createServer()
    const balancer = new Balancer(server, ports)
    server.on('connection', (socket) => void balancer.serve(socket))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return balancer
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    this.server.close()
    await once(this.server, 'close')
  }

  private async serve(client: Socket): Promise<void> {
    this.keep(client)
    for (const port of [...this.ports]) {
      const isHealthy = await fetch(`http://127.0.0.1:${port}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      )
      if (!isHealthy) continue
      const relay = connect(port, '127.0.0.1')
      const isThere = await once(relay, 'connect').then(
        () => true,
        () => false,
      )
      if (!isThere) continue
      this.keep(relay)
      client.on('close', () => relay.destroy())
      relay.on('close', () => client.destroy())
      client.pipe(relay).pipe(client)
      return
    }
    client.destroy()
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => this.sockets.delete(socket))
  }
}
