// In the place of src/channel/secure-channel.ts: the same exchange of who is who and the same decisions, as objects.
import type { Clock } from '../../../src/base/clock.js'
import { abortedError, asP2PError, P2PError } from '../../../src/base/errors.js'
import type { Limits } from '../../../src/base/limits.js'
import type { OwnDescription } from '../../../src/channel/description.js'
import { PROTOCOL_VERSIONS, type RemoteHello, type RemotePeer } from '../../../src/channel/hello.js'
import { encodePeerId } from '../../../src/identity/peer-id.js'
import type { P2PMessage } from '../../../src/message/message.js'
import type { Connection, Transport } from '../../../src/transport/transport.js'
import type { ChannelOptions } from './channel-options.js'
import type { ObjectLink, Parcel, ParcelSink } from './object-network.js'

export type { ChannelOptions }

export interface ChannelSink {
  onMessage(message: P2PMessage): void
  onClose(channel: SecureChannel, error: P2PError, fault: boolean): void
}

interface Terms extends ChannelOptions {
  admit?: (channel: SecureChannel) => Promise<void>
}

/** Who somebody is: a key, and the id of the process. */
type Hello = Pick<RemoteHello, 'publicKey' | 'session'>

const NOTHING = new Uint8Array(0)

export class SecureChannel implements ParcelSink {
  hello!: RemoteHello
  remote!: RemotePeer
  ended: P2PError | undefined
  private state: 'handshake' | 'confirming' | 'meeting' | 'open' | 'closed' = 'handshake'
  private readonly limits: Limits
  private readonly clock: Clock
  private sink: ChannelSink | undefined
  /** Messages and the end that came before the sink. */
  private early: ((sink: ChannelSink) => void)[] | undefined
  private settle: ((error?: P2PError) => void) | undefined

  private constructor(
    readonly connection: Connection,
    private terms: Terms | undefined,
  ) {
    this.limits = terms!.limits
    this.clock = terms!.clock
  }

  static async dial(
    transport: Pick<Transport, 'dial'>,
    address: string,
    options: Terms & { signal?: AbortSignal },
  ): Promise<SecureChannel> {
    const connection = await transport.dial(address, { signal: options.signal, firstFrame: NOTHING })
    return new SecureChannel(connection, options).run(options.signal)
  }

  static accept(connection: Connection, options: Terms): Promise<SecureChannel> {
    const channel = new SecureChannel(connection, options)
    const open = channel.run()
    // The first frame of the dialler has come with its opening.
    channel.give({ kind: 'hello', ...options.own })
    return open
  }

  static refuse(connection: Connection, error: P2PError): void {
    ;(connection as ObjectLink).send({ kind: 'end', error })
    connection.close()
  }

  /** What a probe would measure, milliseconds. */
  get rttMs(): number {
    return 2 * (this.connection as ObjectLink).delayMs
  }

  get open(): boolean {
    return this.state === 'open'
  }

  attach(sink: ChannelSink): void {
    this.sink = sink
    for (const tell of this.early ?? []) tell(sink)
    this.early = undefined
  }

  send(message: P2PMessage): void {
    if (!this.open) throw new P2PError('CONNECTION_CLOSED', 'The connection is closed. Connect again.')
    this.give({ kind: 'message', message })
  }

  close(error: P2PError, fault = false): void {
    this.end(error, fault, true)
  }

  /** A link loses nothing that was sent before its end. */
  async leave(error: P2PError): Promise<void> {
    this.close(error)
  }

  onParcel(parcel: Parcel): void {
    if (this.state === 'closed') return
    switch (parcel.kind) {
      case 'message':
        this.tell((sink) => sink.onMessage(parcel.message))
        break
      case 'end':
        this.end(told(parcel.error), false, false)
        break
      case 'hello':
        void this.judged(() => this.confirm(parcel))
        break
      case 'confirm':
        void this.judged(() => this.enter(parcel))
        break
      case 'ready':
        void this.judged(() => this.meet(parcel.description))
    }
  }

  onClose(): void {
    this.end(this.ended ?? new P2PError('CONNECTION_LOST', 'The connection broke. Connect again.'), false, false)
  }

  private run(signal?: AbortSignal): Promise<SecureChannel> {
    return new Promise((resolve, reject) => {
      const abort = () => this.end(abortedError('The dial', signal?.reason), false, true)
      const { handshakeTimeoutMs } = this.limits
      const timer = this.clock.setTimeout(() => {
        this.end(new P2PError('HANDSHAKE_TIMEOUT', `No handshake within ${handshakeTimeoutMs} ms.`), false, true)
      }, handshakeTimeoutMs)
      this.settle = (error) => {
        signal?.removeEventListener('abort', abort)
        this.settle = undefined
        this.clock.clearTimeout(timer)
        if (error === undefined) resolve(this)
        else reject(error)
      }
      if (signal?.aborted) return abort()
      signal?.addEventListener('abort', abort)
      ;(this.connection as ObjectLink).attach(this)
    })
  }

  /** We have dialled: who is there is decided before we tell who we are. */
  private async confirm(hello: Hello): Promise<void> {
    this.hello = helloOf(hello)
    await this.terms?.admit?.(this)
    const { terms } = this
    if (this.isOver() || terms === undefined) return
    this.state = 'confirming'
    this.give({ kind: 'confirm', ...terms.own, description: terms.describe() })
  }

  private async enter(hello: Hello & { readonly description: OwnDescription }): Promise<void> {
    this.hello = helloOf(hello)
    await this.terms?.admit?.(this)
    if (!this.isOver()) await this.meet(hello.description)
  }

  private async meet(description: OwnDescription): Promise<void> {
    this.state = 'meeting'
    const peerId = description.name ?? encodePeerId(this.hello.publicKey)
    // What the peer has proven and what it has told, in one object.
    this.remote = { ...this.hello, ...description, peerId }
    this.hello = this.remote
    await this.terms?.approveRemote?.(this.remote)
    const { terms } = this
    if (this.isOver() || terms === undefined) return
    if (!this.connection.outbound) this.give({ kind: 'ready', description: terms.describe() })
    this.state = 'open'
    this.terms = undefined
    this.settle?.()
  }

  private async judged(step: () => Promise<void>): Promise<void> {
    try {
      await step()
    } catch (error) {
      this.end(asP2PError(error, 'HANDSHAKE_FAILED', 'The handshake failed.'), false, true)
    }
  }

  private give(parcel: Parcel): void {
    ;(this.connection as ObjectLink).send(parcel)
  }

  private isOver(): boolean {
    return this.state === 'closed'
  }

  private end(error: P2PError, fault: boolean, tellPeer: boolean): void {
    if (this.state === 'closed') return
    this.state = 'closed'
    this.ended = error
    this.terms = undefined
    if (tellPeer) this.give({ kind: 'end', error })
    this.connection.close()
    if (this.settle !== undefined) this.settle(error)
    else this.tell((sink) => sink.onClose(this, error, fault))
  }

  private tell(tell: (sink: ChannelSink) => void): void {
    if (this.sink !== undefined) tell(this.sink)
    else {
      this.early ??= []
      this.early.push(tell)
    }
  }
}

function helloOf({ publicKey, session }: Hello): RemoteHello {
  return { publicKey, session, version: PROTOCOL_VERSIONS[0]! }
}

/** An error as it is read from the wire: its code and sentence, and that they are the peer's. */
function told({ code, message }: P2PError): P2PError {
  return new P2PError(code, message, { details: { byPeer: true } })
}
