import { invalidAddress } from '../address/web-address.js'
import { isPeerId } from '../identity/peer-id.js'
import type { Connection, DialOptions, Transport } from '../transport/transport.js'
import type { ExitQuestion } from './asker.js'
import { ANSWER_PART_BYTES, MAX_PARTS } from './exit-messages.js'
import type { Persona } from './persona.js'
import { OnionStream } from './stream.js'
import { STREAM_ID_BYTES } from './stream-messages.js'

const SCHEME = 'onion:'

/** `onion:<lp1 id>`: a peer that is reached through the onion. */
export function onionAddress(peerId: string): string {
  return `onion:${peerId}`
}

/** Dials peers by streams through the onion. A coordinator that has it has no other transport. */
export class OnionTransport implements Transport {
  readonly name = 'onion'
  readonly rank = 1
  readonly direct = false

  /** @param exitsOf ids of the exits that a peer is connected to; undefined: any may be tried. */
  constructor(
    private readonly persona: Persona,
    private readonly exitsOf: (peerId: string, signal: AbortSignal | undefined) => Promise<ReadonlySet<string> | undefined>,
  ) {}

  canDial(address: string): boolean {
    return address.startsWith(SCHEME)
  }

  /** @throws P2PError INVALID_ADDRESS, and as `Asker.ask`. */
  async dial(address: string, { signal, firstFrame }: DialOptions): Promise<Connection> {
    const peerId = address.slice(SCHEME.length)
    if (!isPeerId(peerId)) throw invalidAddress(address, 'it must be onion:<lp1 id>')
    const { asker, purpose, parts } = this.persona
    const { random, clock, limits, carrier, entries, paths } = parts
    const id = random.bytes(STREAM_ID_BYTES)
    // Cells may come before the answer to the opening does.
    const early: Uint8Array[] = []
    let stream: OnionStream | undefined
    const question: ExitQuestion = {
      action: 'circuit',
      args: [peerId, id, firstFrame],
      answerBytes: (MAX_PARTS - 1) * ANSWER_PART_BYTES,
      exits: await this.exitsOf(peerId, signal),
      signal,
      timeoutMs: limits.dialTimeoutMs,
      onContent: (content) => {
        if (stream === undefined) early.push(content)
        else stream.content(content)
      },
    }
    const { exit } = await asker.ask(question)
    let stopWatching = () => {}
    stream = new OnionStream({
      carrier,
      entries,
      paths,
      clock,
      limits,
      purpose,
      exit,
      stream: id,
      address,
      credit: MAX_PARTS - 1,
      onEnd: () => stopWatching(),
    })
    const [guard] = entries.open()
    if (guard !== undefined) stopWatching = carrier.onLost(guard.hop.id, () => stream!.lostGuard())
    for (const content of early) stream.content(content)
    return stream.pipe
  }
}
