import { coinProofs } from '../../src/coinjoin/coin-proofs.js'
import type { Plugin } from '../../src/core/plugin.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { publicKeyOf } from '../../src/lotus/curve.js'
import { SIGHASH_LOTUS } from '../../src/lotus/sighash.js'
import { proveSpent } from '../../src/lotus/spent.js'
import { rootsOf, type Transaction, txidOf } from '../../src/lotus/transaction.js'
import { aggregateKeys, type Keyset } from '../../src/musig2/keyset.js'
import type { MuSig2Options, PendingRequest } from '../../src/musig2/musig2-options.js'
import { musig2 } from '../../src/musig2/plugin.js'
import type { SignOptions } from '../../src/musig2/sign-options.js'
import type { MuSig2Signer } from '../../src/musig2/signer.js'
import type { SigningSession } from '../../src/musig2/signing-session.js'
import { softwareSigner } from '../../src/musig2/software-signer.js'
import type { BlameReason } from '../../src/protocol/blame.js'
import { statements } from '../../src/statements/plugin.js'
import { createTestNetwork, type TestNetworkOptions, type TestPeerOptions } from '../../src/testing/test-network.js'
import { hostileMember, type Mischief } from './hostile.js'
import { drawing } from './wallets.js'

export interface TableOptions extends TestNetworkOptions {
  /** Accept whatever comes. Default true. */
  accepts?: boolean
  options?: (member: number, signer: MuSig2Signer) => Partial<MuSig2Options>
  /** Members that do not keep to the protocol. */
  hostile?: (member: number) => Mischief | undefined
  peer?: (member: number) => TestPeerOptions
  /** Members without the plugin. */
  without?: (member: number) => boolean
}

/** A member's secret key, and its network identity: by its number, the same in each test. */
export const secretOf = (member: number) => new Uint8Array(32).fill(member + 1)
export const identityOf = (member: number) => identityFromSeed(new Uint8Array(32).fill(member + 101))
const KEYS: Uint8Array[] = []
export const keysOf = (count: number) =>
  Array.from({ length: count }, (_, member) => (KEYS[member] ??= publicKeyOf(secretOf(member))))
/** By members and kind of output: adding up keys takes longer than all else of a payment. */
const scripts = new Map<string, Uint8Array>()
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** A payment out of outputs of a keyset of so many members, which has not been signed. */
export function paymentOf(
  count: number,
  { inputs = 1, taproot = false, seed = 1 }: { inputs?: number; taproot?: boolean; seed?: number } = {},
) {
  const keyset: Keyset = { keys: keysOf(count), taproot }
  const name = `${count} ${taproot}`
  const script = scripts.get(name) ?? aggregateKeys(keyset).script
  scripts.set(name, script)
  const draw = drawing(seed)
  const fundings = Array.from(
    { length: inputs },
    (): Transaction => ({
      version: 2,
      inputs: [{ txid: draw(32), index: 0, script: Uint8Array.of(0x51), sequence: 0xffffffff }],
      outputs: [{ sats: 1_000_000n, script }],
      locktime: 0,
    }),
  )
  const transaction: Transaction = {
    version: 2,
    inputs: fundings.map((each) => ({ txid: txidOf(rootsOf(each)), index: 0, script: new Uint8Array(0), sequence: 0xffffffff })),
    outputs: [
      { sats: BigInt(inputs) * 1_000_000n - 2_000n, script: Uint8Array.from([0x76, 0xa9, 0x14, ...draw(20), 0x88, 0xac]) },
    ],
    locktime: 0,
  }
  return { keyset, transaction, spent: fundings.map((each) => proveSpent(each, 0)), type: SIGHASH_LOTUS }
}

/** So many wallets, connected with each other, that sign together. */
export async function tableOf(count: number, table: TableOptions = {}) {
  const { accepts = true, options, peer, hostile, without, ...network } = table
  const net = createTestNetwork({ latencyMs: 5, ...network })
  const ids: string[] = []
  const blamed = Array.from({ length: count }, (): Blame[] => [])
  const seated = async (member: number, changes: TestPeerOptions = {}) => {
    const signer = softwareSigner({ secretKeys: [secretOf(member)], other: coinProofs(), now: () => net.clock.now() })
    const listening = await net.createPeer({ identity: identityOf(member), ...peer?.(member), ...changes }).use(statements())
    const bare = await listening.use(spy(blamed[member]!))
    bare.on('error', () => {})
    if (without?.(member)) return bare as never
    const mischief = hostile?.(member)
    if (mischief !== undefined) {
      await bare.use(hostileMember(identityOf(member), signer, mischief))
      return bare as never
    }
    const wallet = await bare.use(musig2({ signer, allowFrom: () => true, ...options?.(member, signer) }))
    if (accepts) wallet.musig2.on('request', (request: PendingRequest) => void request.accept().catch(() => {}))
    return wallet
  }
  const wallets = await Promise.all(Array.from({ length: count }, (_, member) => seated(member)))
  for (const wallet of wallets) await net.run(wallet.start())
  ids.push(...wallets.map(({ peerId }) => peerId))
  const connect = async () => {
    for (const [i, wallet] of wallets.entries())
      for (const other of wallets.slice(0, i)) await net.run(wallet.connectToPeer(net.addressOf(other)))
  }
  await connect()
  const cosigners = Object.fromEntries(keysOf(count).map((key, member) => [hex(key), ids[member]!]))
  const request = (changes: Partial<SignOptions> & { inputs?: number; taproot?: boolean; seed?: number } = {}): SignOptions => {
    const { inputs, taproot, seed, ...rest } = changes
    const { keyset, transaction, spent } = paymentOf(count, {
      ...(inputs && { inputs }),
      ...(taproot && { taproot }),
      ...(seed && { seed }),
    })
    return { keyset, transaction, spent, cosigners, purpose: 'Rent, March', ...rest }
  }
  return { net, wallets, ids, request, seated, cosigners, blamed }
}

/** Whom a member has blamed, and for what. */
export type Blame = [peerId: string, reason: string]

function spy(blamed: Blame[]): Plugin<object> {
  return {
    name: 'spy',
    attach(kit) {
      const { blame } = kit
      Object.assign(kit, {
        blame: (key: Uint8Array, reason: BlameReason, text: string) => {
          blamed.push([encodePeerId(key), reason])
          blame(key, reason, text)
        },
      })
      return {}
    },
  }
}

/** The steps that a wallet's snapshots have gone through. */
export function stepsOf(wallet: {
  musig2: { on(event: 'session', listener: (session: SigningSession) => void): unknown }
}): string[] {
  const steps: string[] = []
  wallet.musig2.on('session', ({ step }) => {
    if (steps.at(-1) !== step) steps.push(step)
  })
  return steps
}
