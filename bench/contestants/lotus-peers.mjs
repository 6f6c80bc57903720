/** What the lotus-p2p contestants share: coordinators, and those that have to stay. */
import { P2PCoordinator } from '../../dist/index.js'

/** Coordinators that stay open until the process ends. */
export const held = []

export const urlOf = ({ host, port }) => `ws://${host}:${port}`

/** A new coordinator that is connected to this address. */
export async function connected(address, config = {}) {
  const coordinator = new P2PCoordinator(config)
  await coordinator.connectToPeer(urlOf(address))
  return coordinator
}
