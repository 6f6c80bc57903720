import { createRequire } from 'node:module'

/** xpi-ts, the Lotus ecosystem's own library, written by others: what it accepts, the network accepts. Its CommonJS half runs in Node 20. */
interface Bitcore {
  Transaction: new (bytes: Buffer) => { id: string; inputs: { script: unknown; output?: unknown }[] }
  Script: new (bytes: Buffer) => unknown
  Output: new (content: { script: unknown; satoshis: number }) => unknown
  Interpreter: {
    new (): {
      verify(scriptSig: unknown, script: unknown, tx: unknown, index: number, flags: number, sats: number): boolean
      errstr: string
    }
    SCRIPT_VERIFY_CLEANSTACK: number
    SCRIPT_ENABLE_SIGHASH_FORKID: number
  }
  PublicKey: new (bytes: Buffer) => OracleKey
  PrivateKey: new (hex: string) => OracleSecret
  Point: { pointToCompressed(point: OraclePoint): Buffer }
  Schnorr: { sign(hash: Buffer, key: OracleSecret, endian: 'big'): { toBuffer(): Buffer } }
  calculateTapTweak(key: OracleKey, root: Buffer): Buffer
  muSig2KeyAgg(keys: OracleKey[]): OracleContext
  muSig2NonceGen(key: OracleSecret, aggregated: OracleKey, message: Buffer, extra: Buffer): OracleNonce
  muSig2NonceAgg(nonces: [OraclePoint, OraclePoint][]): { R1: OraclePoint; R2: OraclePoint }
  muSig2PartialSign(
    nonce: OracleNonce,
    key: OracleSecret,
    context: OracleContext,
    index: number,
    sum: unknown,
    message: Buffer,
  ): OracleNumber
  signTaprootKeyPathWithMuSig2(
    nonce: OracleNonce,
    key: OracleSecret,
    context: OracleContext,
    index: number,
    sum: unknown,
    message: Buffer,
    tweak: Buffer,
  ): OracleNumber
}
type OraclePoint = { readonly isPoint: unique symbol }
interface OracleKey {
  point: OraclePoint
  toBuffer(): Buffer
}
interface OracleSecret {
  publicKey: OracleKey
}
interface OracleNumber {
  toBuffer(options: { size: number }): Buffer
}
interface OracleContext {
  aggregatedPubKey: OracleKey
}
export interface OracleNonce {
  publicNonces: [OraclePoint, OraclePoint]
}

export const bitcore: Bitcore = createRequire(import.meta.url)('xpi-ts').Bitcore

export interface Spent {
  sats: bigint
  script: Uint8Array
}

/** What the interpreter says of each input: undefined where it is satisfied. */
export function verdictOf(transaction: Uint8Array, spent: readonly Spent[]): { txid: string; faults: (string | undefined)[] } {
  const { Transaction, Script, Output, Interpreter } = bitcore
  const scripts = spent.map(({ script }) => new Script(Buffer.from(script)))
  const tx = new Transaction(Buffer.from(transaction))
  for (const [i, input] of tx.inputs.entries())
    input.output = new Output({ script: scripts[i], satoshis: Number(spent[i]!.sats) })
  const flags = Interpreter.SCRIPT_ENABLE_SIGHASH_FORKID | Interpreter.SCRIPT_VERIFY_CLEANSTACK
  const faults = tx.inputs.map((input, i) => {
    const interpreter = new Interpreter()
    return interpreter.verify(input.script, scripts[i], tx, i, flags, Number(spent[i]!.sats))
      ? undefined
      : interpreter.errstr || 'refused'
  })
  return { txid: tx.id, faults }
}
