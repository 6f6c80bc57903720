import type { WaitOptions } from '../base/wait.js'
import type { Card } from './card.js'
import type { MailHost, MailKit } from './host.js'
import { MAIL_PROTOCOL, type MailAnswer, type MailRequestType, readMailAnswer } from './messages.js'

const REACH_MS = 20_000

/** By which connections, and as whom, mailboxes are asked: those of others, and our own. */
export interface Courier {
  /** Ed25519 key of the connection, 32 bytes. */
  readonly publicKey: Uint8Array
  /** Connects to a relay. */
  reach(relayId: string, address: string | null): Promise<void>
  /** Finds the card of an owner, Ed25519 key of 32 bytes, in place of the wallet itself, whose relays would learn who is written to. */
  findCard?(owner: Uint8Array): Promise<Card | undefined>
  /** @throws P2PError what the relay refuses with, TIMEOUT, MALFORMED_DATA. */
  ask<T extends MailRequestType>(relayId: string, type: T, payload: unknown): Promise<MailAnswer<T>>
  /** A letter was brought: the connection may end, unless it is in use. */
  release(relayId: string): void
}

/** Under our own name: the relay learns who deposits. */
export function ownCourier(host: MailHost): Courier {
  return {
    get publicKey() {
      return host.kit.publicKey
    },
    reach: (relayId, address) => host.reach(relayId, address, { timeoutMs: REACH_MS }),
    ask: (relayId, type, payload) => asked(host.kit, relayId, type, payload),
    release: (relayId) => host.release(relayId),
  }
}

export async function asked<T extends MailRequestType>(
  kit: Pick<MailKit, 'request'>,
  relayId: string,
  type: T,
  payload: unknown,
  wait?: WaitOptions,
): Promise<MailAnswer<T>> {
  return readMailAnswer(type, await kit.request(relayId, { type, payload, protocol: MAIL_PROTOCOL }, wait))
}
