import { isWeb, learnt, NamedAddress, needLearnt } from '../../address/dial-policy.js'
import { BoundedMap } from '../../base/bounded-map.js'
import { hexOf } from '../../base/bytes.js'
import { asP2PError, isP2PError, P2PError } from '../../base/errors.js'
import { tupleKey } from '../../base/tuple-key.js'
import type { PausableWait } from '../../base/wait.js'
import { SecureChannel } from '../../channel/secure-channel.js'
import { isWorkNeeded, workNeeded } from '../../channel/work.js'
import { encodePeerId } from '../../identity/peer-id.js'
import type { Transport } from '../../transport/transport.js'
import { duplicate } from '../connection/path.js'
import { SharedDials } from '../dial/shared-dials.js'
import type { PeerContext, PeerEvents } from '../peer-context.js'
import { channelOptions } from './channel-options.js'
import { type Members, poolFull } from './members.js'

/** Addresses remembered as proven: more than a routing table and the peers of a relay have. */
const MAX_PROVEN = 16_384

/** How an address is dialled. */
interface Way {
  readonly address: string
  readonly isLearnt: boolean
  readonly transport: Pick<Transport, 'dial'>
}

/** The connections that we make. */
export class Dialling {
  readonly stats = { dialled: 0, dialsFailed: 0 }
  private readonly dials: SharedDials
  /** Who was found last at an address that we have dialled. */
  private readonly proven = new BoundedMap<string, string>(MAX_PROVEN)

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

  /** @param target a plain text is an address that others have told, and has to pass the dial policy. */
  async dial(target: string | NamedAddress, expected: string | undefined, wait: PausableWait): Promise<string> {
    this.checkOpen()
    const { members } = this
    const { work, limits } = this.peerContext
    const text = target instanceof NamedAddress ? target.text : target
    const known = members.all().find(({ activeChannel: { connection } }) => {
      return connection.outbound && connection.remoteAddress === text
    })
    if (known !== undefined && (expected === undefined || members.get(expected) === known)) return known.peerId
    const { address, transport, isLearnt } = this.way(target, expected)
    const timeoutMs = wait.timeoutMs ?? limits.dialTimeoutMs
    return this.dials.join(tupleKey(address, expected, isLearnt), { ...wait, timeoutMs }, (signal) => {
      const attempt = () => this.attempt(transport, address, expected, signal, () => dial)
      const dial: Promise<string> = work === undefined ? attempt() : work.dial(address, signal, attempt)
      return dial
    })
  }

  /** Whether a handshake that we began at an address has proven the key of this `lp1…` id there. */
  isProven(address: string, peerId: string): boolean {
    return this.proven.get(address) === peerId
  }

  abortAll(error: Error): void {
    this.dials.abortAll(error)
  }

  /** @param self the dial that this is an attempt of, which others of the same peer wait for. */
  private async attempt(
    transport: Way['transport'],
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
        ...(await channelOptions(peerContext, members.sessions, (told) => members.approveRemote(told, expected))),
        work: peerContext.work,
        judge: (certificate, now) => peerContext.judge(address, certificate, now!),
        signal,
        admit: async (channel) => {
          const { publicKey, work } = channel.hello
          remote = publicKey
          await members.admit(channel, expected)
          // The store has answered late, and nobody waits for this dial any more.
          if (signal.aborted) throw signal.reason
          const reached = hexOf(publicKey)
          // Another address of the same peer is a step ahead of this one.
          earlier = confirming.get(reached)
          if (earlier !== undefined) throw duplicate()
          if (work !== undefined && !work.proven) throw workNeeded(work, publicKey)
          key = reached
          confirming.set(key, self())
        },
      })
      this.prove(address, channel.remote.publicKey)
      members.adopt(channel)
      return channel.remote.peerId
    } catch (error) {
      // One of the two ends has settled on another connection between them.
      if (remote !== undefined && isP2PError(error, 'DUPLICATE_CONNECTION')) {
        if (earlier !== undefined) return earlier
        // The other one may be a word behind.
        await members.entering.get(hexOf(remote))
        const other = members.withKey(remote)
        if (other !== undefined) {
          other.found(address)
          members.slots.dialled.add(other)
          return other.peerId
        }
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

  /**
   * The one way to a transport, and so the place that nothing passes without the dial policy, and past `privacy`.
   *
   * @throws P2PError INVALID_ADDRESS, NO_RELAY.
   */
  way(target: string | NamedAddress, expected: string | undefined): Way {
    const { transports, allowPrivate, hidesAddress } = this.peerContext
    const isNamed = target instanceof NamedAddress
    const address = isNamed ? target.text : needLearnt(target, expected, this.peerContext)
    const isLearnt = !isNamed && !allowPrivate && isWeb(address)
    const transport = transports.forAddress(address)
    // Whoever has told an address may be behind it: also that of a relay, which it says that it can be reached through.
    if (hidesAddress && transport.direct && !isNamed) {
      const message = `Privacy allows no direct path to ${address}. Where it is a relay, name it in bootstrap.`
      throw new P2PError('NO_RELAY', message)
    }
    return {
      address,
      isLearnt,
      transport: isLearnt ? { dial: (to, options) => transport.dial(to, { ...options, learnt: true }) } : transport,
    }
  }

  /** A handshake that we began has found the holder of this key at an address. */
  prove(address: string, publicKey: Uint8Array): void {
    // As others write it, where the application has named it with a path or a slash.
    if (isWeb(address)) this.proven.set(learnt(address, this.peerContext) ?? address, encodePeerId(publicKey))
  }

  /** @throws P2PError why nothing is dialled: as `Members.resting`. */
  checkOpen(): void {
    const { resting } = this.members
    if (resting !== undefined) throw resting
  }
}
