import { hexOf } from '../../base/bytes.js'
import { asP2PError, isP2PError } from '../../base/errors.js'
import { type WaitOptions, withDeadline } from '../../base/wait.js'
import type { RemoteHello } from '../../channel/hello.js'
import { SecureChannel } from '../../channel/secure-channel.js'
import { isWorkNeeded, workNeeded } from '../../channel/work.js'
import type { Transport } from '../../transport/transport.js'
import { duplicate } from '../connection/path.js'
import { probe } from '../dial/probe.js'
import { SharedDials } from '../dial/shared-dials.js'
import type { PeerContext, PeerEvents } from '../peer-context.js'
import { channelOptions } from './channel-options.js'
import { type Members, poolFull } from './members.js'

/** The connections that we make. */
export class Dialling {
  readonly stats = { dialled: 0, dialsFailed: 0 }
  private readonly dials: SharedDials

  constructor(
    private readonly peerContext: PeerContext,
    private readonly members: Members,
    events: PeerEvents,
  ) {
    this.dials = new SharedDials(
      peerContext.clock,
      () => events.changed(),
      () => peerContext.work?.pausedMs ?? 0,
    )
  }

  /** Dials under way. */
  get count(): number {
    return this.dials.count
  }

  async dial(address: string, expected: string | undefined, wait: WaitOptions): Promise<string> {
    this.checkOpen()
    const transport = this.transportFor(address)
    const { members } = this
    const { work, limits } = this.peerContext
    const known = members.all().find(({ activeChannel: { connection } }) => {
      return connection.outbound && connection.remoteAddress === address
    })
    if (known !== undefined && (expected === undefined || members.get(expected) === known)) return known.peerId
    const timeoutMs = wait.timeoutMs ?? limits.dialTimeoutMs
    return this.dials.join(`${address} ${expected ?? ''}`, { signal: wait.signal, timeoutMs }, (signal) => {
      const attempt = () => this.attempt(transport, address, expected, signal, () => dial)
      const dial: Promise<string> = work === undefined ? attempt() : work.dial(address, signal, attempt)
      return dial
    })
  }

  async look(address: string, wait: WaitOptions): Promise<RemoteHello> {
    this.checkOpen()
    const transport = this.transportFor(address)
    const { clock, limits } = this.peerContext
    const within = { signal: wait.signal, timeoutMs: wait.timeoutMs ?? limits.dialTimeoutMs }
    return withDeadline(clock, `Looking at ${address}`, within, async (signal) =>
      probe(transport, address, {
        ...(await channelOptions(this.peerContext, this.members.sessions)),
        judge: (certificate, now) => this.peerContext.judge(address, certificate, now!),
        signal,
      }),
    )
  }

  abortAll(error: Error): void {
    this.dials.abortAll(error)
  }

  /** @param self the dial that this is an attempt of, which others of the same peer wait for. */
  private async attempt(
    transport: Transport,
    address: string,
    expected: string | undefined,
    signal: AbortSignal,
    self: () => Promise<string>,
  ): Promise<string> {
    const { peerContext, members } = this
    const { confirming } = members
    if (members.size >= peerContext.maxConnections) throw poolFull(peerContext)
    this.stats.dialled++
    let remote: Uint8Array | undefined
    let key: string | undefined
    let earlier: Promise<string> | undefined
    try {
      const channel = await SecureChannel.dial(transport, address, {
        ...(await channelOptions(peerContext, members.sessions, (told) => members.approve(told, expected))),
        work: peerContext.work,
        judge: (certificate, now) => peerContext.judge(address, certificate, now!),
        signal,
        admit: async (channel) => {
          const { publicKey, work } = channel.hello
          remote = publicKey
          await members.admit(channel, expected)
          const reached = hexOf(publicKey)
          // Another address of the same peer is a step ahead of this one.
          earlier = confirming.get(reached)
          if (earlier !== undefined) throw duplicate()
          if (work !== undefined && !work.proven) throw workNeeded(work, publicKey)
          key = reached
          confirming.set(key, self())
        },
      })
      members.adopt(channel)
      return channel.remote.peerId
    } catch (error) {
      // One of the two ends has settled on another connection between them.
      if (remote !== undefined && isP2PError(error, 'DUPLICATE_CONNECTION')) {
        if (earlier !== undefined) return earlier
        // The other one may be a word behind.
        await members.entering.get(hexOf(remote))
        const other = members.withKey(remote)
        if (other !== undefined) return other.peerId
      }
      if (peerContext.work !== undefined && isWorkNeeded(error)) throw error
      this.stats.dialsFailed++
      if (members.resting !== undefined) throw members.resting
      if (isP2PError(signal.reason)) throw signal.reason
      const failure = asP2PError(error, 'PEER_UNREACHABLE', `No connection to ${address}.`)
      failure.details.address ??= address
      throw failure
    } finally {
      if (key !== undefined) confirming.delete(key)
    }
  }

  /** @throws P2PError INVALID_ADDRESS. */
  private transportFor(address: string): Transport {
    return this.peerContext.transports.forAddress(address)
  }

  private checkOpen(): void {
    const { resting } = this.members
    if (resting !== undefined) throw resting
  }
}
