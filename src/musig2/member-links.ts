import { coreOf } from '../core/core.js'
import type { PluginKit } from '../core/plugin.js'
import { MUSIG2_PROTOCOL, type SigningMessageType, signingMessage } from './messages.js'

/** The ways to the other members of one request. */
export class MemberLinks {
  /** Places of all members but our own. */
  readonly otherMembers: readonly number[]
  /** Peer ids of those that are dialled, and of those that are asked. */
  private readonly dialled = new Set<string>()
  private readonly asked = new Set<string>()

  constructor(
    private readonly kit: PluginKit,
    /** 16 bytes. */
    private readonly id: Uint8Array,
    readonly peerIds: readonly string[],
    own: number,
  ) {
    this.otherMembers = [...peerIds.keys()].filter((member) => member !== own)
  }

  /** The transport that a member is connected by. */
  pathOf(member: number): string | undefined {
    return this.kit.peer(this.peerIds[member]!)?.connection?.transport
  }

  to(member: number, type: SigningMessageType, ...fields: unknown[]): void {
    const message = { type, payload: signingMessage(this.id, ...fields), protocol: MUSIG2_PROTOCOL }
    // Whoever is away hears it when it comes back.
    this.kit.sendTo(this.peerIds[member]!, message).catch(() => {})
  }

  tellAll(type: SigningMessageType, ...fields: unknown[]): void {
    for (const member of this.otherMembers) this.to(member, type, ...fields)
  }

  /** Looks for a member that is away; that it is connected is told to the plugin, and what fails is tried again. */
  async dial(member: number): Promise<void> {
    await once(this.dialled, this.peerIds[member]!, (peerId) => coreOf(this.kit).network.connect(peerId, {})).catch(() => {})
  }

  /** Asks a member to sign. @returns what it says; undefined while it is asked already. @throws P2PError as `request`. */
  ask(member: number, payload: Uint8Array): Promise<unknown> {
    const message = { type: 'request', payload, protocol: MUSIG2_PROTOCOL }
    return once(this.asked, this.peerIds[member]!, async (peerId) => (await this.kit.request(peerId, message)).payload)
  }
}

/** Runs what is not under way for this peer already. */
async function once<T>(busy: Set<string>, peerId: string, run: (peerId: string) => Promise<T>): Promise<T | undefined> {
  if (busy.has(peerId)) return undefined
  busy.add(peerId)
  try {
    return await run(peerId)
  } finally {
    busy.delete(peerId)
  }
}
