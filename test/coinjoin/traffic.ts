// What the members of rounds send, by what it is for: bytes of payloads before they are sealed.
import { encode } from '../../src/message/codec.js'
import { readStatement } from '../../src/statements/statement.js'
import { Statements } from '../../src/statements/statements.js'

export interface Traffic {
  /** By kind of message; of statements by round and slot too. */
  readonly by: Map<string, { messages: number; bytes: number }>
  end(): void
}

/** Counts all messages of statements of this process, until `end`. */
export function trafficOf(): Traffic {
  const by: Traffic['by'] = new Map()
  const add = (name: string, messages: number, bytes: number) => {
    const found = by.get(name) ?? { messages: 0, bytes: 0 }
    by.set(name, { messages: found.messages + messages, bytes: found.bytes + bytes })
  }
  const prototype = Statements.prototype as unknown as { send(peerId: string, type: string, payload: unknown): void }
  const { send } = prototype
  prototype.send = function (peerId, type, payload) {
    if (type === 'statements') {
      for (const wire of (payload as [unknown, unknown[]])[1]) {
        const { round, slot } = readStatement(wire)
        add(`${type}: ${slot} of round ${round}`, 1, encode(wire).length)
      }
      add(`${type}: head`, 1, 40)
    } else add(type, 1, encode(payload).length)
    send.call(this, peerId, type, payload)
  }
  return {
    by,
    end() {
      prototype.send = send
    },
  }
}

/** A table of it, of each member. */
export function tableOfTraffic({ by }: Traffic, members: number): string {
  const rows = [...by].sort(([, a], [, b]) => b.bytes - a.bytes)
  return rows
    .map(
      ([name, { messages, bytes }]) =>
        `${name.padEnd(34)} ${(messages / members).toFixed(1).padStart(8)} ${(bytes / members / 1_000).toFixed(1).padStart(8)} kB`,
    )
    .join('\n')
}
