import { readFileSync } from 'node:fs'
import { P2PError } from '../../src/base/errors.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { natsBackplane } from '../../src/node/backplane/nats.js'
import type { NatsOptions } from '../../src/node/backplane/nats-link.js'
import { levelMail } from '../../src/node/mail-level.js'
import { type RelayServerStats, startRelay } from '../../src/node/relay.js'
import type { RelayOptions } from '../../src/node/relay-options.js'

/**
 * A relay in a process of its own, so that its memory is its own: bundled and run by `startRelayProcess`. Does what its parent
 * says, and answers.
 */
export type RelayCommand =
  /** Sends to all peers but these as much as it can, at once. */
  | { do: 'flood'; except: string[]; bytes: number }
  /** Lets so much time pass for whoever reads `performance.now()`: that is how long nothing has left for a reader. */
  | { do: 'pass'; ms: number }
  | { do: 'stats' }
  | { do: 'collect' }
  | { do: 'ban'; id: string; reason: string }
  | { do: 'unban'; id: string }
  | { do: 'stop' }

export interface RelayFacts {
  rss: number
  /** Bytes of memory that are no pages of files, on Linux: LevelDB maps its files. */
  anonymous: number
  mail: { letters: number; bytes: number; deposited: number } | undefined
  connected: string[]
  banned: string[]
  backplane: RelayServerStats['backplane'] | undefined
  circuits: RelayServerStats['circuits']
  slowReaders: number
  memory: { state: number; refused: number; ended: number; usedBytes: number }
}

let aheadMs = 0
const { performance } = globalThis
const monotonic = performance.now.bind(performance)
performance.now = () => monotonic() + aheadMs

/** What a relay in a process is started with. */
export interface RelayProcessOptions
  extends Omit<RelayOptions, 'identity' | 'logger' | 'server' | 'store' | 'mail' | 'onMail' | 'backplane'> {
  /** Folder in which it keeps mail. */
  mailAt?: string
  /** Where it meets the other processes of the relay. */
  nats?: NatsOptions
  /** Of its identity: the byte that is repeated. */
  seed?: number
  /** By how much the clock of its machine is ahead, milliseconds. */
  clockAheadMs?: number
}

const { mailAt, nats, seed, clockAheadMs = 0, ...given } = JSON.parse(process.argv[2] ?? '{}') as RelayProcessOptions
const options: RelayOptions = given
const date = Date.now.bind(Date)
Date.now = () => date() + clockAheadMs
if (nats !== undefined) options.backplane = natsBackplane(nats)
if (seed !== undefined) options.identity = identityFromSeed(new Uint8Array(32).fill(seed))
if (mailAt !== undefined) options.mail = levelMail(mailAt)
const relay = await startRelay({ port: 0, host: '127.0.0.1', logger: { debug() {}, warn() {}, error() {} }, ...options })

const facts = (): RelayFacts => {
  const { slowReaders, memory, mail, backplane, circuits } = relay.getStats()
  return {
    rss: process.memoryUsage.rss(),
    anonymous: anonymousBytes(),
    mail,
    banned: relay.coordinator.listBans().map(({ id, reason }) => `${id} ${reason}`),
    connected: relay.coordinator.getConnectedPeers().map(({ peerId }) => peerId),
    slowReaders,
    memory,
    backplane,
    circuits,
  }
}

function anonymousBytes(): number {
  if (process.platform !== 'linux') return process.memoryUsage.rss()
  return 1_024 * Number(/RssAnon:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
}

/** Sends until each peer's buffer refuses more. */
async function flood(except: string[], bytes: number): Promise<void> {
  const payload = new Uint8Array(bytes)
  const peers = relay.coordinator.getConnectedPeers().filter(({ peerId }) => !except.includes(peerId))
  await Promise.all(
    peers.map(async ({ peerId }) => {
      for (let full = false; !full; ) {
        const sent = relay.coordinator.sendTo(peerId, { type: 'flood', payload })
        sent.catch((error: unknown) => {
          full = true
          if (!(error instanceof P2PError)) throw error
        })
        await new Promise(setImmediate)
      }
    }),
  )
}

process.on('message', (command: RelayCommand) => {
  // What has no `do` is for another program around this one.
  if (command.do === undefined) return
  void (async () => {
    if (command.do === 'flood') await flood(command.except, command.bytes)
    if (command.do === 'pass') aheadMs += command.ms
    if (command.do === 'collect') globalThis.gc?.()
    if (command.do === 'ban') relay.coordinator.ban(command.id, { reason: command.reason })
    if (command.do === 'unban') relay.coordinator.unban(command.id)
    if (command.do === 'stop') {
      await relay.stop()
      process.disconnect()
      return
    }
    process.send?.(facts())
  })()
})
process.send?.({ url: relay.url, peerId: relay.peerId, ...facts() })
