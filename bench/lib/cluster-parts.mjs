/** The processes of `bench/cluster.mjs`: relays, wallets, nats-server, and a balancer of TCP connections in this one. */
import { fork, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const alive = new Set()
const folders = []
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A process that is told what to do over IPC. */
export class Part {
  #calls = new Map()
  #next = 1

  constructor(child) {
    this.child = child
    alive.add(child)
    child.on('exit', () => {
      alive.delete(child)
      for (const { reject } of this.#calls.values()) reject(new Error('The process has ended.'))
    })
    child.on('message', ({ id, result, error }) => {
      const call = this.#calls.get(id)
      this.#calls.delete(id)
      if (error !== undefined) call?.reject(new Error(error))
      else call?.resolve(result)
    })
  }

  static async start(file, ...args) {
    const child = fork(new URL(file, import.meta.url), args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    const part = new Part(child)
    const ready = await new Promise((resolve, reject) => {
      child.once('message', resolve)
      child.once('exit', () => reject(new Error(`${file} has ended.`)))
    })
    return Object.assign(part, ready)
  }

  call(command, args) {
    const id = this.#next++
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject })
      this.child.send({ id, command, args })
    })
  }

  kill() {
    this.child.kill('SIGKILL')
  }
}

export const now = () => Number(process.hrtime.bigint()) / 1e6

export function end(...parts) {
  for (const part of parts.flat()) part.kill()
}

/** Wallets, many in a process. */
export const wallets = () => Part.start('./cluster-wallets.mjs')

/** The nats-server of all clusters, started with the first. */
export const own = { nats: undefined }
let clusters = 0
/** Processes of one relay, which announce the balancer before them. */
export class Relay {
  processes = []
  #balancer
  #options

  /** @param name of their cluster; false: one process without NATS. */
  static async start(count, options = {}, isCluster = true) {
    if (own.nats === undefined) {
      own.nats = new Nats(await freePort())
      await own.nats.start()
    }
    const relay = new Relay()
    relay.#balancer = await balance()
    const nats = isCluster ? { nats: { servers: own.nats.url, cluster: `b${++clusters}` } } : {}
    relay.#options = JSON.stringify({ ...options, ...nats, announce: [relay.url] })
    await relay.add(count)
    return relay
  }

  /** The one address that wallets know. */
  get url() {
    return this.#balancer.url
  }

  async add(count) {
    const started = Array.from({ length: count }, () => Part.start('./cluster-relay.mjs', this.#options))
    this.processes.push(...(await Promise.all(started)))
    this.#aim(this.processes)
  }

  /** The balancer sends nobody there any more. */
  remove(part) {
    this.processes = this.processes.filter((other) => other !== part)
    this.#aim(this.processes)
  }

  /** Newcomers go to one process while something is done. */
  async only(part, task) {
    this.#aim([part])
    const result = await task(this.url)
    this.#aim(this.processes)
    return result
  }

  /** What all processes together have of something that `facts` tells. */
  async sumOf(of) {
    const facts = await Promise.all(this.processes.map((part) => part.call('facts')))
    return facts.reduce((sum, each) => sum + of(each), 0)
  }

  end() {
    end(this.processes)
    this.#balancer.close()
  }

  #aim(parts) {
    this.#balancer.targets = parts.map(({ url }) => Number(new URL(url).port))
  }
}

class Nats {
  #child
  constructor(port) {
    this.port = port
    this.url = `nats://127.0.0.1:${port}`
    this.folder = mkdtempSync(join(tmpdir(), 'lotus-bench-nats-'))
    folders.push(this.folder)
    writeFileSync(
      join(this.folder, 'nats.conf'),
      `host: 127.0.0.1\nport: ${port}\nping_interval: "2s"\nping_max: 2\nmax_pending: 256MB\njetstream { store_dir: "${this.folder}/js" }\n`,
    )
  }

  async start() {
    this.#child = spawn('nats-server', ['-c', join(this.folder, 'nats.conf')], { stdio: 'ignore' })
    alive.add(this.#child)
    while (!(await reaches(this.port))) await pause(20)
  }

  async kill() {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill('SIGKILL')
    await ended
    alive.delete(this.#child)
  }

  get rss() {
    return 1_024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8'))[1])
  }
}

function reaches(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    socket.once('data', () => {
      socket.destroy()
      resolve(true)
    })
  })
}

/** Round robin over ports, which may change; what one refuses goes to the next. */
async function balance() {
  let next = 0
  const sockets = new Set()
  const keep = (socket) => {
    sockets.add(socket)
    socket.setNoDelay(true).on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  }
  const server = createServer((client) => {
    const first = next++
    const targets = [...balancer.targets]
    keep(client)
    client.pause()
    const attempt = (tried) => {
      if (tried >= targets.length) return client.destroy()
      const target = connect(targets[(first + tried) % targets.length], '127.0.0.1')
      const refused = () => attempt(tried + 1)
      target.once('error', refused)
      target.once('connect', () => {
        target.off('error', refused)
        keep(target)
        target.on('close', () => client.destroy())
        client.on('close', () => target.destroy())
        client.pipe(target).pipe(client)
      })
    }
    attempt(0)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const balancer = {
    targets: [],
    url: `ws://127.0.0.1:${server.address().port}`,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
  return balancer
}

async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}
