import { equalBytes, hexOf } from '../base/bytes.js'
import type { Outpoint } from './coins.js'
import type { MixTransaction } from './mix-transaction.js'
import type { MixPlan } from './plan.js'
import type { MixWallet } from './wallet.js'

export interface RoundResult {
  /** As people read it. */
  readonly txid: string
  /** Our mixed outputs. */
  readonly outputs: readonly Outpoint[]
  readonly change: Outpoint | undefined
  readonly fee: bigint
  /** At most so many outputs look like each of ours, if all other members are strangers to each other. */
  readonly anonymitySet: number
  readonly transaction: Uint8Array | undefined
}

/** The transactions of one round that we have signed, one of each attempt that came so far. At most one of them is ever mined, whichever it is. */
export class SignedMixes {
  private readonly all: { readonly mix: MixTransaction; readonly mixed: readonly Uint8Array[] }[] = []

  constructor(
    private readonly wallet: MixWallet,
    private readonly plan: MixPlan,
  ) {}

  /** Whether a signature of ours may be out. */
  get isLocked(): boolean {
    return this.all.length > 0
  }

  /** @param mixed our own mixed scripts. */
  add(mix: MixTransaction, mixed: readonly Uint8Array[]): void {
    this.all.push({ mix, mixed })
  }

  /** The one that the chain knows. */
  async seen(): Promise<MixTransaction | undefined> {
    for (const { mix, mixed } of this.all) {
      const found = await this.wallet.lookup(outpointOf(mix, mixed[0]!)).catch(() => undefined)
      if (found !== undefined) return mix
    }
    return undefined
  }

  resultOf(mix: MixTransaction, transaction: Uint8Array | undefined, change: Uint8Array | undefined): RoundResult {
    const { fee, pool } = this.plan
    const { mixed } = this.all.find((each) => each.mix === mix)!
    return {
      txid: hexOf(mix.txid.slice().reverse()),
      outputs: mixed.map((script) => outpointOf(mix, script)),
      change: change && outpointOf(mix, change),
      fee,
      anonymitySet: mix.transaction.outputs.filter(({ sats }) => sats === pool.denomination).length,
      transaction,
    }
  }
}

function outpointOf({ txid, transaction: { outputs } }: MixTransaction, script: Uint8Array): Outpoint {
  return { txid, index: outputs.findIndex((output) => equalBytes(output.script, script)) }
}
