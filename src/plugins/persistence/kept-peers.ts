import { coreOf } from '../../core/core.js'
import type { PluginKit } from '../../core/plugin.js'
import { int, parsed, text, tuple } from '../../message/shape.js'
import { asTold, type PeerInfo, PeerState } from '../../protocol/peer-info.js'
import { readState, stateOf } from './state-format.js'
import type { StateWriter } from './state-writer.js'

const PREFIX = 'wanted/'

const entryShape = /* @__PURE__ */ (() => tuple(int(0), text(0, 256)))()

/**
 * The peers that the application has connected to, in the store: `wanted/<peer id>` → version, until when it is dialled (ms; 0 while it is
 * connected), the address where it was dialled or ''.
 */
export class KeptPeers {
  private readonly ids = new Set<string>()
  /** Where each was dialled last, if not through others. */
  private readonly addresses = new Map<string, string>()

  constructor(
    private readonly kit: PluginKit,
    private readonly writer: StateWriter,
  ) {}

  async load(): Promise<number> {
    const { clock, limits, store } = this.kit
    const { reconnector } = coreOf(this.kit).network
    const { found, bad } = await readState(store, PREFIX, (members, key) => {
      const [until, address] = parsed(entryShape, members, 'wanted peer')
      return { peerId: key.slice(PREFIX.length), until, address }
    })
    for (const [key, { peerId, until, address }] of found.slice(-limits.maxConnections)) {
      if (until > 0 && until <= clock.now()) this.writer.writeSoon({ key, delete: true })
      else {
        this.ids.add(peerId)
        if (address !== '') this.addresses.set(peerId, address)
        // The store does not say who has named the address: the dial policy judges it, and the peer's own key must be there.
        reconnector.want(peerId, address === '' ? peerId : away(peerId, address))
      }
    }
    return bad
  }

  /** `connectToPeer` has connected it. */
  add(peerId: string): void {
    this.ids.add(peerId)
    this.note(peerId, 0)
  }

  connected({ peerId }: PeerInfo): void {
    if (this.ids.has(peerId)) this.note(peerId, 0)
  }

  disconnected({ peerId }: PeerInfo): void {
    const { clock, limits } = this.kit
    // Whether it is kept is decided behind this event.
    queueMicrotask(() => {
      if (!this.ids.has(peerId)) return
      if (coreOf(this.kit).isNamed(peerId)) this.note(peerId, clock.now() + limits.reconnectGiveUpMs)
      else {
        this.ids.delete(peerId)
        this.addresses.delete(peerId)
        this.writer.writeSoon({ key: PREFIX + peerId, delete: true })
      }
    })
  }

  private note(peerId: string, until: number): void {
    const address = this.kit.dialer.chosen().find((peer) => peer.peerId === peerId)?.address
    if (address !== undefined) this.addresses.set(peerId, address)
    this.writer.writeSoon({ key: PREFIX + peerId, value: stateOf(until, this.addresses.get(peerId) ?? '') })
  }
}

/** A peer of which nothing but an address is known, which somebody has told. */
function away(peerId: string, address: string): PeerInfo {
  return { peerId, addresses: asTold({ others: [address] }), state: PeerState.DISCONNECTED, lastSeen: 0 }
}
