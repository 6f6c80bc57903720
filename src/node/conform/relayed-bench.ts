import { Bench, type TargetOptions } from './bench.js'
import type { Channel } from './channel.js'
import { Incoming } from './circuits/incoming.js'
import type { Doorway } from './dialled.js'
import { Failed } from './outcome.js'
import type { Pipe } from './pipe.js'
import { HEARTBEAT, HOP, NO_BYTES } from './wire.js'

/** What the tester grants as a relay. */
const RESERVED = { expiresInS: 3_600, maxCircuits: 64, circuitMs: 3_600_000, circuitBytes: 1e9, circuitBytesPerS: 1e9 }

/** The tester as the relay of a target that dials it, one connection at a time. */
export class RelayDoor {
  private channel: Channel | undefined

  /** @param dialMs how long the target may take to dial again, milliseconds. */
  constructor(
    private readonly doorway: Doorway,
    private readonly dialMs: number,
  ) {}

  /** The connection that is there, or the next one. @throws Failed. */
  async relayed(): Promise<Channel> {
    if (this.channel === undefined || this.channel.isOver) this.channel = await this.accept()
    return this.channel
  }

  /** Ends the connection, so that the next check has one of its own. */
  end(): void {
    this.channel?.pipe.end()
    this.channel = undefined
  }

  private async accept(): Promise<Channel> {
    const dialled = await this.doorway.next(this.dialMs)
    // What was on its way when the connection before ended is not sent again.
    dialled.self.renumber()
    await dialled.answer()
    const channel = dialled.channel(await dialled.third())
    channel.onMessage.add(({ type, protocol, id }) => {
      if (type === 'reserve') channel.say({ type: 'reserved', protocol, inReplyTo: id, payload: RESERVED })
    })
    dialled.ready(channel, { protocols: [HEARTBEAT, HOP] })
    channel.switchHere(0)
    await channel.until(() => channel.description ?? (channel.isOver || undefined))
    if (channel.description === undefined) throw new Failed(`no DESCRIPTION of the target, ${channel.state()}`)
    return channel
  }
}

/** A bench whose target has dialled the tester as its relay: it is called there by circuits. */
export class RelayedBench extends Bench {
  private isRelay = false

  constructor(
    options: TargetOptions,
    private readonly door: RelayDoor,
  ) {
    super(options)
  }

  override get isDirect(): boolean {
    return false
  }

  override relayed(): Promise<Channel> {
    this.isRelay = true
    return this.door.relayed()
  }

  protected override async carry(first: Uint8Array = NO_BYTES): Promise<Pipe> {
    return Incoming.begin(await this.door.relayed(), first).pipe
  }

  override end(): void {
    super.end()
    // A check that has played the relay has left circuits behind.
    if (this.isRelay) this.door.end()
  }
}
