import { compareBytes, hexOf } from '../base/bytes.js'
import type { Clock } from '../base/clock.js'
import { P2PError } from '../base/errors.js'
import { taggedHash } from '../identity/envelope.js'
import type { Identity } from '../identity/identity.js'
import { decode, encode } from '../message/codec.js'
import type { KeyValueStore } from '../storage/key-value-store.js'
import { type Statement, type VerifiedStatement, verifyStatement, wireStatement } from './statement.js'

const PREFIX = 'own-statement/'

/** A place in which one key says one thing. */
export type Slot = Omit<Statement, 'value'>

/**
 * What we have stated, in the store: a reload that would have us say another thing in the same slot would make us liars, with a proof.
 * Each statement is kept before it leaves.
 */
export class OwnSlots {
  constructor(
    private readonly around: {
      store: KeyValueStore
      clock: Clock
      network: string
      /** Ours; its key is derived late. */
      identity: Identity
      /** How long a statement is remembered, milliseconds. */
      keptMs: number
    },
  ) {}

  /** What we have said in a slot; undefined where nothing is remembered. @throws P2PError STORAGE_FAILED. */
  async recall(slot: Slot): Promise<VerifiedStatement | undefined> {
    const { store, network, identity } = this.around
    try {
      const bytes = await store.get(this.keyOf(slot))
      if (bytes === undefined) return undefined
      const [, payload, signature] = decode(bytes) as [number, Uint8Array, Uint8Array]
      const statement = await verifyStatement({ publicKey: identity.publicKey, payload, signature }, { network })
      if (this.keyOf(statement) === this.keyOf(slot)) return statement
    } catch (error) {
      throw failed(error)
    }
    throw failed()
  }

  /** Keeps a statement. @throws P2PError STORAGE_FAILED: it must not leave then. */
  async keep(statement: VerifiedStatement): Promise<void> {
    const { store, clock } = this.around
    const [, payload, signature] = wireStatement(statement)
    try {
      await store.set(this.keyOf(statement), encode([clock.now(), payload, signature]))
    } catch (error) {
      throw failed(error)
    }
  }

  /** Forgets what is too old to be met again; a store that fails is no reason to fail. */
  async prune(): Promise<void> {
    const { store, clock, keptMs } = this.around
    for (const key of await store.keys(PREFIX)) {
      const [at] = decode((await store.get(key)) ?? encode([0])) as [unknown]
      if (typeof at !== 'number' || at < clock.now() - keptMs) await store.delete(key)
    }
  }

  private keyOf({ protocol, session, round, slot }: Slot): string {
    const { network, identity } = this.around
    return PREFIX + hexOf(taggedHash('own-statement', network, identity.publicKey, encode([protocol, session, round, slot])))
  }
}

/** @throws P2PError EQUIVOCATION where what was said is not this value. */
export function checkSame(said: Statement, value: Uint8Array): void {
  if (compareBytes(said.value, value) === 0) return
  const { round, slot } = said
  throw new P2PError('EQUIVOCATION', 'You have said something else in this slot. Take another slot, round or session.', {
    details: { round, slot },
  })
}

function failed(cause?: unknown): P2PError {
  return new P2PError('STORAGE_FAILED', 'The store of own statements failed. Check P2PConfig.store.', { cause })
}
