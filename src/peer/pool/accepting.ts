import { hexOf } from '../../base/bytes.js'
import { asP2PError, noRelayError, type P2PError } from '../../base/errors.js'
import type { Schedule } from '../../channel/handshake.js'
import { SecureChannel } from '../../channel/secure-channel.js'
import { judgeDialler } from '../../defence/certificate-times.js'
import type { PendingHandshake } from '../../defence/handshake-slots.js'
import type { Connection } from '../../transport/transport.js'
import type { PeerContext } from '../peer-context.js'
import { channelOptions } from './channel-options.js'
import { type Members, poolFull } from './members.js'

/** The connections that others make to us. */
export class Accepting {
  readonly stats = { accepted: 0, refused: 0, refusals: {} as Record<string, number> }

  constructor(
    private readonly peerContext: PeerContext,
    private readonly members: Members,
  ) {}

  accept(connection: Connection): void {
    const { members, peerContext } = this
    const { defence } = peerContext
    const full = members.slots.mayFit(connection) ? undefined : poolFull(peerContext)
    // Whoever comes by a direct path has our network address, and is not to learn whose it is.
    const isShown = peerContext.hidesAddress && connection.direct
    const refusal = members.resting ?? defence.refusalAt(connection) ?? (isShown ? noRelayError() : full)
    if (refusal !== undefined) {
      this.refused(refusal)
      SecureChannel.refuse(connection, refusal)
      return
    }
    const source = defence.sourceOf(connection)
    const pending: PendingHandshake = { source, end: () => connection.close() }
    defence.slots.enter(pending)
    const schedule: Schedule = (work) => {
      defence.slots.began(pending)
      return defence.budget.run(source, work)
    }
    let key: string | undefined
    const admit = async (channel: SecureChannel) => {
      await members.admit(channel)
      key = hexOf(channel.hello.publicKey)
      members.entering.set(key, entered)
    }
    const entered: Promise<void> = this.shakeHands(connection, schedule, admit)
      .then(
        (channel) => this.adopt(channel),
        (error) => this.failed(connection, asP2PError(error, 'HANDSHAKE_FAILED', 'An incoming connection failed.')),
      )
      .finally(() => {
        defence.slots.leave(pending)
        if (key !== undefined && members.entering.get(key) === entered) members.entering.delete(key)
      })
  }

  private async shakeHands(
    connection: Connection,
    schedule: Schedule,
    admit: (channel: SecureChannel) => Promise<void>,
  ): Promise<SecureChannel> {
    const { members, peerContext } = this
    const options = await channelOptions(peerContext, members.sessions, (remote) => members.approveRemote(remote))
    const work = peerContext.work?.demand(connection, (key) => members.withKey(key) !== undefined)
    const { clock, limits, defence } = peerContext
    return SecureChannel.accept(connection, {
      ...options,
      work,
      schedule,
      retryBits: () => defence.retryBits(connection),
      judge: (certificate) => judgeDialler(certificate, clock, limits),
      admit,
    })
  }

  private adopt(channel: SecureChannel): void {
    this.stats.accepted++
    try {
      this.members.adopt(channel)
    } catch {
      // Another peer has taken the place meanwhile; the dialler has been told.
      this.stats.accepted--
      this.stats.refused++
    }
  }

  private failed(connection: Connection, error: P2PError): void {
    connection.close()
    this.peerContext.defence.strangerFailed(connection, error)
    // A dialler that only looked who is here, to prove our address or as a feeler, has left by itself.
    if (error.code !== 'CONNECTION_CLOSED') this.refused(error)
    // Failed handshakes of strangers are reported where they cannot be honest, else only counted.
    if (error.details.fault === true || error.code === 'NAME_TAKEN') this.members.fault(error)
  }

  private refused({ code }: P2PError): void {
    this.stats.refused++
    this.stats.refusals[code] = (this.stats.refusals[code] ?? 0) + 1
  }
}
