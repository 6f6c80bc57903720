import type { RelayBackplane } from '../../backplane/backplane.js'
import { BoundedMap } from '../../base/bounded-map.js'
import type { Unsubscribe } from '../../base/events.js'
import type { P2PCoordinator } from '../../coordinator.js'
import type { Plugin, PluginKit } from '../../core/plugin.js'
import { encodePeerId } from '../../identity/peer-id.js'
import { decode, encode } from '../../message/codec.js'
import { bytes, int, parsed, tuple } from '../../message/shape.js'

/** Peers of which is remembered what the others were told: of one that is forgotten they are told again. */
const MAX_TOLD = 20_000
/** Faults of one kind in one message at most: fewer than ban whoever has a good name. */
const MAX_FAULTS = 64
const shape = /* @__PURE__ */ (() => tuple(bytes(32), int(0, MAX_FAULTS), int(0, MAX_FAULTS)))()

interface Faults {
  offence: number
  flood: number
}

export interface SharedBlame extends Plugin {
  /** Called once the coordinator has been made. */
  begin(coordinator: Pick<P2PCoordinator, 'on' | 'reputationOf'>): void
  close(): void
}

/**
 * What a peer did at one process counts at all: whoever moves on after each fault is banned as one who stays. When a peer has gone, which a fault
 * brings about, the others are told what it was blamed for since the last time. Lateness is not told: others can bring it about, and it bans nobody; nor
 * are two statements where there may be one: they ban at once, and the ban is shared.
 */
export function sharedBlame(backplane: RelayBackplane): SharedBlame {
  const told = new BoundedMap<string, Faults>(MAX_TOLD)
  const stops: Unsubscribe[] = []
  let kit: PluginKit
  return {
    name: 'shared-blame',
    attach(given) {
      kit = given
      return {}
    },
    begin(coordinator) {
      const faultsOf = (peerId: string): Faults => {
        const { offence = 0, flood = 0 } = coordinator.reputationOf(peerId).faults
        return { offence, flood }
      }
      const remember = (peerId: string, faults: Faults) => {
        if (faults.offence + faults.flood > 0) told.set(peerId, faults)
      }
      stops.push(
        coordinator.on('disconnected', ({ publicKey }) => {
          if (publicKey === undefined) return
          const peerId = encodePeerId(publicKey)
          const [now, before] = [faultsOf(peerId), told.get(peerId)]
          const [offences, floods] = [newOf(now.offence, before?.offence), newOf(now.flood, before?.flood)]
          if (offences + floods > 0) backplane.toAll('peer-blame', encode([publicKey, offences, floods]))
          remember(peerId, now)
        }),
        backplane.receive('peer-blame', (body) => {
          const [publicKey, offences, floods] = parsed(shape, decode(body), 'What another process blames a peer for')
          const key = publicKey.slice()
          const text = 'Faults at another process of this relay.'
          for (let n = 0; n < offences; n++) kit.blame(key, 'PROTOCOL_VIOLATION', text)
          for (let n = 0; n < floods; n++) kit.blame(key, 'RATE_LIMITED', text)
          // What has come from there does not go back.
          const peerId = encodePeerId(key)
          const before = told.get(peerId)
          remember(peerId, { offence: (before?.offence ?? 0) + offences, flood: (before?.flood ?? 0) + floods })
        }),
      )
    },
    close() {
      for (const stop of stops.splice(0)) stop()
    },
  }
}

/** Of a count that begins anew where a reputation was forgotten. */
function newOf(now: number, before = 0): number {
  return Math.min(MAX_FAULTS, now >= before ? now - before : now)
}
