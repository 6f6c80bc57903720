import { readFileSync } from 'node:fs'
import type { Authenticator, NatsConnection } from '@nats-io/transport-node'
import { backplaneDown } from '../../backplane/errors.js'
import { P2PError } from '../../base/errors.js'
import { TypedEvents, type Unsubscribe } from '../../base/events.js'

/** How the processes of a relay reach NATS. */
export interface NatsOptions {
  /** `nats://host:4222` or `tls://host:4222`; several of one NATS cluster. */
  servers: string | string[]
  /** The name of this relay's processes together: letters, digits, `-` and `_`, 1 to 32. Default `'lotus'`. */
  cluster?: string | undefined
  /** The seed of this process's nkey (`SU…`), or the file that holds it. Default: none, for a NATS that asks for none. */
  nkey?: string | undefined
  /** Where answers come, which the permissions of no other process's user cover. Default: `_INBOX.` and the public nkey (`U…`); without one `_INBOX`. */
  inboxPrefix?: string | undefined
  /**
   * Servers that have each of what is kept: 3 at a NATS cluster of three. Default: as it was made, and 1 for what is made. Streams that are there are
   * changed to it.
   */
  replicas?: number | undefined
  /** File with the certificates that sign those of the NATS servers (PEM). Default: those of the system. */
  ca?: string | undefined
}

/** One connection to NATS, for the backplane and for whatever else is kept there. */
export interface NatsLink {
  readonly cluster: string
  readonly state: 'up' | 'down'
  readonly replicas: number | undefined
  /**
   * Connects at the first call. Not in the published types: those of NATS do not compile under every strict option of an application.
   *
   * @internal
   * @throws P2PError BACKPLANE_DOWN, INVALID_CONFIG.
   */
  connection(): Promise<NatsConnection>
  on(event: 'up' | 'down', listener: () => void): Unsubscribe
}

const CLUSTER = /^[A-Za-z0-9_-]{1,32}$/
/** Of a stream, at JetStream. */
const MAX_REPLICAS = 5
/** Pings that tell a connection that is cut: two of them unanswered. */
const PING_INTERVAL_MS = 2_000
const MAX_PINGS_OUT = 2
const RECONNECT_MS = 200
const CONNECT_MS = 5_000

/** The connection of one process. It is made anew whenever it breaks, for ever. */
export class NatsClient implements NatsLink {
  readonly cluster: string
  readonly replicas: number | undefined
  state: 'up' | 'down' = 'down'
  private connecting: Promise<NatsConnection> | undefined
  private isClosed = false
  private readonly events = new TypedEvents<{ up: []; down: [] }>(() => {})

  /** @throws P2PError INVALID_CONFIG. */
  constructor(private readonly options: NatsOptions) {
    const { cluster = 'lotus', replicas } = options
    if (!CLUSTER.test(cluster)) {
      throw new P2PError('INVALID_CONFIG', 'The name of a cluster has 1 to 32 letters, digits, "-" and "_".')
    }
    if (replicas !== undefined && !(Number.isInteger(replicas) && replicas >= 1 && replicas <= MAX_REPLICAS)) {
      throw new P2PError('INVALID_CONFIG', `NATS keeps what processes share at 1 to ${MAX_REPLICAS} of its servers.`)
    }
    this.cluster = cluster
    this.replicas = replicas
  }

  connection(): Promise<NatsConnection> {
    if (this.isClosed) return Promise.reject(backplaneDown())
    this.connecting ??= this.connect().catch((error) => {
      this.connecting = undefined
      throw error
    })
    return this.connecting
  }

  on(event: 'up' | 'down', listener: () => void): Unsubscribe {
    return this.events.on(event, listener)
  }

  /** Lets what was published leave. */
  async close(): Promise<void> {
    this.isClosed = true
    const connection = await this.connecting?.catch(() => undefined)
    if (connection === undefined) return
    // To drain waits for a server that may be away.
    if (this.state === 'up') await connection.drain().catch(() => {})
    else await connection.close()
    this.state = 'down'
    this.events.clear()
  }

  private async connect(): Promise<NatsConnection> {
    const { connect, nkeyAuthenticator, nkeys } = await loadClient()
    const { servers, ca } = this.options
    const seed = seedOf(this.options.nkey)
    const authenticator: Authenticator | undefined = seed && nkeyAuthenticator(seed)
    const ownInbox = seed === undefined ? '_INBOX' : `_INBOX.${nkeys.fromSeed(seed).getPublicKey()}`
    let connection: NatsConnection
    try {
      connection = await connect({
        servers,
        name: `lotus-p2p ${this.cluster}`,
        inboxPrefix: this.options.inboxPrefix ?? ownInbox,
        pingInterval: PING_INTERVAL_MS,
        maxPingOut: MAX_PINGS_OUT,
        maxReconnectAttempts: -1,
        reconnectTimeWait: RECONNECT_MS,
        reconnectJitter: RECONNECT_MS,
        reconnectJitterTLS: RECONNECT_MS,
        timeout: CONNECT_MS,
        // The stack of each question would cost more than the question.
        noAsyncTraces: true,
        ...(authenticator && { authenticator }),
        ...(ca !== undefined && { tls: { caFile: ca } }),
      })
    } catch (cause) {
      throw backplaneDown(cause)
    }
    this.state = 'up'
    void this.follow(connection)
    return connection
  }

  private async follow(connection: NatsConnection): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect') this.change('down')
      else if (type === 'reconnect') this.change('up')
    }
    this.change('down')
  }

  private change(state: 'up' | 'down'): void {
    if (this.state === state || this.isClosed) return
    this.state = state
    this.events.emit(state)
  }
}

async function loadClient(): Promise<typeof import('@nats-io/transport-node')> {
  try {
    return await import('@nats-io/transport-node')
  } catch (cause) {
    throw missingPackage(cause)
  }
}

/** The client gives Node's Buffers, of which `slice` makes no copy. */
export function plainBytes({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

export function missingPackage(cause: unknown): P2PError {
  return new P2PError(
    'INVALID_CONFIG',
    'Several processes of a relay need NATS: npm install @nats-io/transport-node @nats-io/jetstream @nats-io/kv',
    { cause },
  )
}

/** @throws P2PError INVALID_CONFIG for what is no seed of an nkey. */
function seedOf(given: string | undefined): Uint8Array | undefined {
  if (given === undefined) return undefined
  const isSeed = (text: string) => /^SU[A-Z2-7]{56}$/.test(text)
  let text = given.trim()
  if (!isSeed(text)) {
    try {
      // A file of `nsc` or `nk` may have lines around the seed.
      text = readFileSync(given, 'utf8').split(/\s+/).find(isSeed) ?? ''
    } catch (cause) {
      throw new P2PError('INVALID_CONFIG', 'The nkey is neither a seed (SU…) nor a file that can be read.', { cause })
    }
  }
  if (!isSeed(text)) throw new P2PError('INVALID_CONFIG', 'The file of the nkey holds no seed of a user (SU…).')
  return new TextEncoder().encode(text)
}
