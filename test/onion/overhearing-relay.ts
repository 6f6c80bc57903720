import { hexOf } from '../../src/base/bytes.js'
import { Messaging } from '../../src/core/messaging.js'
import { encode } from '../../src/message/codec.js'
import type { P2PMessage } from '../../src/message/message.js'
import { OnionHop } from '../../src/node/onion-hop.js'
import { ONION_PROTOCOL } from '../../src/onion/messages.js'
import { openContent, type PeeledPacket } from '../../src/onion/packet.js'
import type { PeerInfo } from '../../src/protocol/peer-info.js'

/** A relay in a process of its own, as `relay-process.ts`, that keeps all that it reads and tells it. */

/** Something that a relay has read: a message of a peer, or what stood in a packet under the layer that is its own. */
export interface Overheard {
  /** The type of a message, with `beside:` before it where it is none of the onion; or `peeled:` and what the packet told the hop to do. */
  what: string
  /** The `lp1…` id of who has sent it; undefined: the relay itself. */
  from: string | undefined
  /** Byte strings, in hex: what came, and what could be read of it. */
  parts: string[]
}

const overheard: Overheard[] = []

/** Puts a function before a method. */
function before<Arguments extends unknown[]>(
  { prototype }: { prototype: object },
  method: string,
  look: (...args: Arguments) => void,
): void {
  const methods = prototype as Record<string, (...args: Arguments) => unknown>
  const original = methods[method]!
  methods[method] = function (this: unknown, ...args) {
    look(...args)
    return original.apply(this, args)
  }
}

before(Messaging, 'receive', ({ type, protocol, payload }: P2PMessage, { info }: { info: PeerInfo }) => {
  const what = protocol === ONION_PROTOCOL ? type : `beside:${type}`
  overheard.push({ what, from: info.peerId, parts: [hexOf(encode(payload))] })
})

before(OnionHop, 'act', (peeled: PeeledPacket, { packet, from }: { packet: Uint8Array; from: string | undefined }) => {
  const parts = [packet]
  if (peeled.command === 'inbox') parts.push(peeled.tag, peeled.surbId)
  if (peeled.command === 'exit') parts.push(openContent(peeled.delta))
  overheard.push({ what: `peeled:${peeled.command}`, from, parts: parts.map(hexOf) })
})

/** What its parent says: to tell all that was heard since it has told it last. */
process.on('message', (command: { tell?: 'overheard' }) => {
  if (command.tell === 'overheard') process.send?.(overheard.splice(0))
})
await import('../node/relay-process.js')
