import { invalidAddress } from '../address/web-address.js'
import { appended } from '../base/appended.js'
import { P2PError } from '../base/errors.js'
import { boolean, custom, Fault, number, object, text } from '../message/shape.js'
import type { Transport } from './transport.js'

const transportShape = /* @__PURE__ */ (() => {
  const method = custom((value) => typeof value === 'function')
  const { MAX_VALUE } = Number
  return object({ name: text(1, 64), rank: number(-MAX_VALUE, MAX_VALUE), direct: boolean(), canDial: method, dial: method })
})()

/**
 * The transports of a coordinator.
 *
 * @example
 * const registry = new TransportRegistry([webSocket()])
 * registry.forAddress('wss://relay.example').dial('wss://relay.example', { firstFrame })
 */
export class TransportRegistry {
  private transports: readonly Transport[] = []

  /** @throws P2PError INVALID_CONFIG, as `add`. */
  constructor(transports: readonly Transport[] = []) {
    for (const transport of transports) this.add(transport)
  }

  /** In the order in which they were added. */
  get all(): readonly Transport[] {
    return this.transports
  }

  /** @throws P2PError INVALID_CONFIG for what is no transport, and where a transport of that name is there already. */
  add(transport: Transport): void {
    const fault = transportShape(transport)
    if (fault instanceof Fault) throw new P2PError('INVALID_CONFIG', `This is no Transport: see its ${fault.at || 'members'}.`)
    const { name } = transport
    if (this.transports.some((known) => known.name === name)) {
      throw new P2PError('INVALID_CONFIG', `There is a transport "${name}" already.`)
    }
    // A list that grows in place has room for sixteen more.
    this.transports = appended(this.transports, transport)
  }

  remove(transport: Transport): void {
    this.transports = this.transports.filter((known) => known !== transport)
  }

  canDial(address: string): boolean {
    return this.transports.some((transport) => transport.canDial(address))
  }

  /** @returns the highest rank among the transports that can dial an address; -Infinity where none can. */
  rankOf(address: string): number {
    return Math.max(...this.transports.filter((transport) => transport.canDial(address)).map(({ rank }) => rank))
  }

  /** @returns of the transports that can dial an address the one added last. @throws P2PError INVALID_ADDRESS where none can. */
  forAddress(address: string): Transport {
    const transport = [...this.transports].reverse().find((candidate) => candidate.canDial(address))
    if (transport !== undefined) return transport
    throw invalidAddress(address, 'no transport here understands it; a relay is at wss:// or ws://')
  }
}
