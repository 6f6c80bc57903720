// How long wallets need to sign together, in one process, beside the arithmetic alone: `npm run bench:musig2`, after `npm run build`.
// Each row: from `sign()` to the last member that has the signature. Cosigners accept at once. Connections are there already.
import { createRequire } from 'node:module'
import { performance } from 'node:perf_hooks'

const ROUNDS = Number(process.env.ROUNDS ?? 3)
const dist = (name) => import(new URL(`../dist/${name}.js`, import.meta.url))
const { identityFromSeed, P2PCoordinator, statements } = await dist('core')
const m = await dist('musig2')
const { startRelay, webSocketServer } = await dist('node')
const { Bitcore } = createRequire(import.meta.url)('xpi-ts')

/** Signers, inputs, how they are connected, and the target in milliseconds. */
const ROWS = [
  [3, 1, 'loopback', undefined],
  [10, 1, 'loopback', 1_000],
  [10, 1, 'relay', 1_200],
  [15, 1, 'loopback', 2_000],
  [15, 128, 'loopback', 20_000],
]
const LIMITS = { signingPhaseMs: 120_000 }

const secretOf = (i) => new Uint8Array(32).fill(i + 1)
const hex = (bytes) => Buffer.from(bytes).toString('hex')
let funded = 0

function paymentOf(count, inputs) {
  const keys = Array.from({ length: count }, (_, i) => m.publicKeyOf(secretOf(i)))
  const keyset = { keys }
  const { script } = m.aggregateKeys(keyset)
  const fundings = Array.from({ length: inputs }, () => ({
    version: 2,
    inputs: [{ txid: new Uint8Array(32).fill(7), index: funded++, script: Uint8Array.of(0x51), sequence: 0xffffffff }],
    outputs: [{ sats: 1_000_000n, script }],
    locktime: 0,
  }))
  const transaction = {
    version: 2,
    inputs: fundings.map((each) => ({
      txid: m.txidOf(m.rootsOf(each)),
      index: 0,
      script: new Uint8Array(0),
      sequence: 0xffffffff,
    })),
    outputs: [{ sats: BigInt(inputs) * 1_000_000n - 50_000n, script: m.p2pkhScript(keys[0]) }],
    locktime: 0,
  }
  return { keys, keyset, transaction, spent: fundings.map((each) => m.proveSpent(each, 0)) }
}

/** What the interpreter of xpi-ts says of the first and the last input. */
function check(signed, spent) {
  const { Transaction, Script, Output, Interpreter } = Bitcore
  const tx = new Transaction(Buffer.from(signed.transaction))
  for (const [i, input] of tx.inputs.entries())
    input.output = new Output({ script: new Script(Buffer.from(spent[i].script)), satoshis: Number(spent[i].sats) })
  const flags = Interpreter.SCRIPT_ENABLE_SIGHASH_FORKID | Interpreter.SCRIPT_VERIFY_CLEANSTACK
  for (const i of new Set([0, spent.length - 1])) {
    const holds = new Interpreter().verify(
      tx.inputs[i].script,
      new Script(Buffer.from(spent[i].script)),
      tx,
      i,
      flags,
      Number(spent[i].sats),
    )
    if (!holds) throw new Error(`The interpreter refuses input ${i}.`)
  }
}

async function arithmetic(count, inputs) {
  const { keys, keyset, transaction, spent } = paymentOf(count, inputs)
  const signers = keys.map((_, i) => m.softwareSigner({ secretKeys: [secretOf(i)] }))
  const request = m.encodeRequest({
    id: crypto.getRandomValues(new Uint8Array(16)),
    expiresAt: Date.now() + 600_000,
    purpose: '',
    members: keys.map((walletKey, i) => ({ walletKey, networkKey: new Uint8Array(32).fill(i) })),
    keysets: [keyset],
    transaction,
    spent,
    sign: spent.map((_, input) => ({ input, type: m.SIGHASH_FORKID, keyset: 0 })),
  })
  const startedAt = performance.now()
  const session = hex(crypto.getRandomValues(new Uint8Array(32)))
  const nonces = []
  for (const signer of signers) nonces.push(await signer.createNonces({ session, request }))
  const byInput = spent.map((_, i) => nonces.map((all) => all[i]))
  const partials = []
  for (const signer of signers) partials.push(await signer.signPartials({ session, nonces: byInput }))
  // Each member reads the request, and adds up for itself.
  for (const _ of signers)
    if ((await m.combine(m.readRequest(request), nonces, partials)).signed === undefined) throw new Error('It does not hold.')
  return performance.now() - startedAt
}

async function network(count, inputs, path) {
  const ends = []
  try {
    const relay = path === 'relay' ? await startRelay({ port: 0, host: '127.0.0.1' }) : undefined
    if (relay) ends.push(() => relay.stop())
    const wallets = Array.from({ length: count }, (_, i) => {
      const wallet = new P2PCoordinator({
        identity: identityFromSeed(new Uint8Array(32).fill(i + 101)),
        ...(relay ? { bootstrap: [relay.url] } : { listen: [webSocketServer()] }),
        plugins: [statements(), m.musig2({ signer: m.softwareSigner({ secretKeys: [secretOf(i)] }), allowFrom: () => true })],
        limits: LIMITS,
      })
      wallet.on('error', () => {})
      ends.push(() => wallet.shutdown())
      return wallet
    })
    await Promise.all(wallets.map((wallet) => wallet.start()))
    for (const [i, wallet] of wallets.entries())
      for (const other of wallets.slice(0, i)) await wallet.connectToPeer(relay ? other.peerId : other.addresses[0])
    const { keys, keyset, transaction, spent } = paymentOf(count, inputs)
    const cosigners = Object.fromEntries(keys.map((key, i) => [hex(key), wallets[i].peerId]))
    const accepted = wallets
      .slice(1)
      .map(
        (wallet) => new Promise((resolve, reject) => wallet.musig2.on('request', ({ accept }) => accept().then(resolve, reject))),
      )
    const startedAt = performance.now()
    const all = await Promise.all([wallets[0].musig2.sign({ transaction, spent, keyset, cosigners }), ...accepted])
    const ms = performance.now() - startedAt
    check(all[0], spent)
    return ms
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
let missed = false
console.log(
  '| signers | inputs | path | ms (median) | fastest | arithmetic alone, ms | target, ms |\n|---:|---:|---|---:|---:|---:|---:|',
)
/** `ROWS=1,3`: these alone, counted from 0. */
const chosen = process.env.ROWS ? process.env.ROWS.split(',').map((row) => ROWS[Number(row)]) : ROWS
for (const [count, inputs, path, target] of chosen) {
  const rounds = inputs > 1 ? 1 : ROUNDS
  const times = []
  const alone = []
  for (let i = 0; i < rounds; i++) {
    alone.push(await arithmetic(count, inputs))
    times.push(await network(count, inputs, path))
  }
  missed ||= target !== undefined && median(times) > target
  const cells = [
    count,
    inputs,
    path,
    median(times).toFixed(0),
    Math.min(...times).toFixed(0),
    median(alone).toFixed(0),
    target ?? '',
  ]
  console.log(`| ${cells.join(' | ')} |`)
}
if (missed) console.log('\nA target was missed.')
