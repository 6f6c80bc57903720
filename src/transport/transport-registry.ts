import { invalidAddress } from '../address/web-address.js'
import { P2PError } from '../base/errors.js'
import type { Transport } from './transport.js'

/**
 * The transports of a coordinator.
 *
 * @example
 * const registry = new TransportRegistry([webSocket()])
 * registry.forAddress('wss://relay.example').dial('wss://relay.example', { firstFrame })
 */
export class TransportRegistry {
  private readonly transports: Transport[] = []

  /** @throws P2PError INVALID_CONFIG, as `add`. */
  constructor(transports: readonly Transport[] = []) {
    for (const transport of transports) this.add(transport)
  }

  /** In the order in which they were added. */
  get all(): readonly Transport[] {
    return this.transports
  }

  /** @throws P2PError INVALID_CONFIG where a transport of that name is there already. */
  add(transport: Transport): void {
    const { name } = transport
    if (this.transports.some((known) => known.name === name)) {
      throw new P2PError('INVALID_CONFIG', `There is a transport "${name}" already.`)
    }
    this.transports.push(transport)
  }

  remove(transport: Transport): void {
    this.transports.splice(this.transports.indexOf(transport), 1)
  }

  canDial(address: string): boolean {
    return this.transports.some((transport) => transport.canDial(address))
  }

  /** @returns of the transports that can dial an address the one added last. @throws P2PError INVALID_ADDRESS where none can. */
  forAddress(address: string): Transport {
    const transport = [...this.transports].reverse().find((candidate) => candidate.canDial(address))
    if (transport !== undefined) return transport
    throw invalidAddress(address, 'no transport here understands it')
  }
}
