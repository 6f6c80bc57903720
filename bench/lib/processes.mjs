/** Contestants' processes: started, spoken to over IPC, and ended whatever happens. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const contestants = new URL('../contestants/', import.meta.url)
const alive = new Set()

/** Ends every process that is still there. */
export function killAll() {
  for (const child of alive) child.kill('SIGKILL')
}
process.on('exit', killAll)

export class Contestant {
  #child
  #calls = new Map()
  #nextId = 1
  #stderr = ''
  #ended
  #end

  /**
   * @param contestant 'lotus' | 'libp2p' | 'ws' | 'rtc'
   * @param options.program its file in contestants/, where it has several
   * @param options.runtime path of the node executable
   * @param options.nodeArgs its arguments
   * @param options.prefix a command to run it under, e.g. in a network namespace
   */
  static async start(contestant, { runtime, nodeArgs = [], prefix = [], program = contestant }) {
    const started = new Contestant(contestant, program, runtime, nodeArgs, prefix)
    await started.#wait(started.#readiness, 30_000, 'start')
    return started
  }

  #readiness
  constructor(contestant, program, runtime, nodeArgs, prefix) {
    this.name = contestant
    const [command, ...args] = [...prefix, runtime, ...nodeArgs, fileURLToPath(new URL(`${program}.mjs`, contestants))]
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    this.#child = child
    alive.add(child)
    this.#ended = new Promise((resolve) => {
      this.#end = resolve
    })
    this.#readiness = new Promise((resolve, reject) => {
      child.on('message', (message) => {
        if (message.ready) {
          this.versions = message.versions
          resolve()
        } else if (message.fatal) {
          this.#stderr = message.fatal
        } else {
          const call = this.#calls.get(message.id)
          this.#calls.delete(message.id)
          if ('error' in message) call?.reject(new Error(`${contestant}: ${message.error}`))
          else call?.resolve(message.result)
        }
      })
      const gone = (what) => {
        alive.delete(child)
        this.#end()
        const reason = this.#stderr.trim().split('\n').slice(-12).join('\n')
        const error = new Error(`${contestant}: ${what}${reason ? `: ${reason}` : ''}`)
        reject(error)
        for (const call of this.#calls.values()) call.reject(error)
        this.#calls.clear()
      }
      child.on('error', (error) => gone(error.message))
      child.on('exit', (code, signal) => gone(`its process ended (${signal ?? `exit code ${code}`})`))
    })
    this.#readiness.catch(() => {})
    child.stderr.on('data', (chunk) => {
      this.#stderr = (this.#stderr + chunk).slice(-4_000)
    })
  }

  /** Carries out a command of role.mjs. Rejects when it fails, the process ends, or the time is over. */
  call(command, args, { timeoutMs = 60_000 } = {}) {
    const id = this.#nextId++
    const answer = new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject })
      this.#child.send({ id, command, args }, (error) => error && reject(new Error(`${this.name}: ${error.message}`)))
    })
    answer.catch(() => {})
    return this.#wait(answer, timeoutMs, command)
  }

  #wait(promise, timeoutMs, what) {
    let timer
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${this.name}: '${what}' took more than ${timeoutMs / 1000} s`)), timeoutMs)
    })
    return Promise.race([promise, late]).finally(() => clearTimeout(timer))
  }

  /** Ends the process: by itself, so that a profile gets written, or by force. */
  async stop() {
    if (!alive.has(this.#child)) return
    const force = setTimeout(() => this.#child.kill('SIGKILL'), 10_000)
    this.call('exit', {}, { timeoutMs: 10_000 }).catch(() => {})
    await this.#ended
    clearTimeout(force)
  }
}
