import { P2PError } from '../base/errors.js'
import { type Core, coreOf } from '../core/core.js'
import type { Plugin } from '../core/plugin.js'
import { P2PCoordinator } from '../core.js'
import { OnionTransport } from './onion-transport.js'
import type { Persona } from './persona.js'

/**
 * A coordinator in the name of a persona, whose only transport is the onion: nothing that a peer tells it can make it show the address of
 * the wallet.
 *
 * @throws P2PError INVALID_CONFIG for a plugin that brings a transport.
 */
export function onionCoordinator(persona: Persona, plugins: readonly Plugin[]): P2PCoordinator {
  const { clock, random, network, logger } = persona.parts
  const transport = new OnionTransport(persona, async (peerId, signal) => {
    const peer = await persona.letters.resolve(peerId, { signal }).catch(() => undefined)
    const relays = (peer?.addresses.relays ?? []).map((relay) => relay.split('#').at(-1)!)
    return relays.length > 0 ? new Set(relays) : undefined
  })
  let inner: Core | undefined
  const only: Plugin = {
    name: 'onion-only',
    attach(kit) {
      inner = coreOf(kit)
      for (const other of [...inner.transports.all]) inner.removeTransport(other)
      kit.addTransport(transport)
      return {}
    },
  }
  const { identity } = persona
  const coordinator = new P2PCoordinator({ network, identity, clock, random, logger, plugins: [only, ...plugins] })
  const other = inner!.transports.all.find(({ name }) => name !== transport.name)
  if (other !== undefined) {
    void coordinator.shutdown().catch(() => {})
    throw new P2PError('INVALID_CONFIG', `A plugin brings the transport "${other.name}", which would show who the wallet is.`, {
      details: { option: 'plugins' },
    })
  }
  return coordinator as P2PCoordinator
}
