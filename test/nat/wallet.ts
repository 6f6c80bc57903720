import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Host, type Lab, RELAY } from './lab.js'

interface Answer {
  id: number
  value?: unknown
  error?: string
}

interface Seen {
  /** Payloads, in the order in which they came. */
  got: unknown[]
  /** Each change of the path to the other, such as `circuit>webrtc`. */
  paths: string[]
  disconnected: string[]
  errors: string[]
}

/** A wallet on a host of the lab: `wallet.mjs` in a process of its own, which does what is asked of it here. */
export class Wallet {
  peerId = ''
  private readonly waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  private count = 0

  private constructor(private readonly child: ChildProcess) {
    let output = ''
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    child.on('message', ({ id, value, error }: Answer) => {
      const { resolve, reject } = this.waiting.get(id)!
      this.waiting.delete(id)
      if (error === undefined) resolve(value)
      else reject(new Error(error))
    })
    child.on('exit', (code, signal) => {
      for (const { reject } of this.waiting.values()) reject(new Error(`The wallet ended with ${code ?? signal}: ${output}`))
    })
  }

  static async start(lab: Lab, host: Host, iceServers: object[]): Promise<Wallet> {
    const program = fileURLToPath(new URL('wallet.mjs', import.meta.url))
    const wallet = new Wallet(lab.spawn(host, ['ignore', 'ignore', 'pipe', 'ipc'], process.execPath, program))
    wallet.peerId = await wallet.ask('start', { bootstrap: [RELAY], iceServers, limits: { upgradeMinMs: 500 } })
    return wallet
  }

  connect = (to: Wallet) => this.ask<void>('connect', to.peerId)
  talk = (to: Wallet) => this.ask<void>('talk', to.peerId)
  hush = (to: Wallet) => this.ask<number>('hush', to.peerId)
  path = (to: Wallet) => this.ask<string | undefined>('path', to.peerId)
  seen = () => this.ask<Seen>('seen')
  attempts = () => this.ask<string[]>('attempts')
  selected = () => this.ask<{ local: string; remote: string }>('selected')
  /** Shuts the coordinator down. The process ends with the lab: node-datachannel 0.33.4 at times keeps it after the last close. */
  stop = () => this.ask<void>('stop')

  private ask<Value>(command: string, argument?: unknown): Promise<Value> {
    const id = this.count++
    return new Promise<unknown>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject })
      this.child.send({ id, command, argument }, (error) => error && reject(error))
    }) as Promise<Value>
  }
}
