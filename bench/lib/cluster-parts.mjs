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

export class Nats {
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

/** Round robin; what one target refuses goes to the next. @returns its port. */
export function balance(targets) {
  let next = 0
  const server = createServer((client) => {
    const first = next++
    client
      .setNoDelay(true)
      .on('error', () => client.destroy())
      .pause()
    const attempt = (tried) => {
      if (tried >= targets.length) return client.destroy()
      const target = connect(targets[(first + tried) % targets.length], '127.0.0.1')
      const refused = () => attempt(tried + 1)
      target.once('error', refused)
      target.once('connect', () => {
        target.off('error', refused).on('error', () => target.destroy())
        target.setNoDelay(true)
        target.on('close', () => client.destroy())
        client.on('close', () => target.destroy())
        client.pipe(target).pipe(client)
      })
    }
    attempt(0)
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)))
}

export async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}
