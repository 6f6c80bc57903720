// A chain of made-up coins for the page that mixes: it gives coins away, tells of them, and takes a transaction once, if its sums and
// signatures are right. It has no blocks that anybody mines, and forgets all when it ends.
import { createHash, randomBytes } from 'node:crypto'

const HEIGHT = 800_000
const DEPTH = 10
const MAX_COINS = 10_000
/** A transaction of 100,000 bytes, in hex. */
const MAX_BODY = 210_000
const MAX_SATS = 1_000_000_000n
const HEX = /^([0-9a-f]{2})+$/

const bytesOf = (digits) => Uint8Array.from(Buffer.from(digits, 'hex'))
const hex = (bytes) => Buffer.from(bytes).toString('hex')
const nameOf = ({ txid, index }) => hex(txid) + index.toString(16).padStart(8, '0')

/** @param sdk what `lotus-p2p/musig2` exports. @returns answers a request below `/chain/` with what becomes JSON. */
export function toyChain({ decodeTransaction, p2pkhScript, readScript, rootsOf, schnorrVerify, sighashOf, txidOf }) {
  /** By outpoint: { sats, script, confirmations }. */
  const coins = new Map()
  /** By txid as people read it. */
  const transactions = new Map()

  const plain = (coin) => coin && { ...coin, sats: String(coin.sats), script: hex(coin.script) }

  function give({ script, sats }) {
    if (!HEX.test(script) || !/^\d{1,12}$/.test(sats) || BigInt(sats) > MAX_SATS || coins.size >= MAX_COINS)
      throw new Error('No such coin is given away.')
    const outpoint = { txid: new Uint8Array(randomBytes(32)), index: 0 }
    coins.set(nameOf(outpoint), { sats: BigInt(sats), script: bytesOf(script), confirmations: DEPTH })
    return { txid: hex(outpoint.txid), index: outpoint.index }
  }

  function take({ bytes }) {
    if (!HEX.test(bytes)) throw new Error('This is no transaction.')
    const transaction = decodeTransaction(bytesOf(bytes))
    const { inputs, outputs } = transaction
    const names = inputs.map(nameOf)
    const spent = names.map((name) => coins.get(name))
    if (spent.includes(undefined) || new Set(names).size < names.length) throw new Error('A coin is spent, or was never there.')
    const sum = (all) => all.reduce((total, { sats }) => total + sats, 0n)
    if (sum(outputs) > sum(spent)) throw new Error('It pays more than it spends.')
    const unsigned = { ...transaction, inputs: inputs.map((input) => ({ ...input, script: new Uint8Array(0) })) }
    if (!inputs.every((input, i) => isSigned(unsigned, i, spent, input.script))) throw new Error('A signature does not hold.')
    for (const name of names) coins.delete(name)
    const txid = txidOf(rootsOf(transaction))
    for (const [index, { sats, script }] of outputs.entries())
      coins.set(nameOf({ txid, index }), { sats, script, confirmations: 0 })
    const id = hex(txid.slice().reverse())
    transactions.set(id, { bytes, spent: spent.map(plain) })
    return { txid: id }
  }

  /** One push of a signature with its type, and, for P2PKH, one of the key. */
  function isSigned(transaction, i, spent, script) {
    const [signature, type] = [script.subarray(1, 65), script[65]]
    const read = readScript(spent[i].script)
    const key = read?.kind === 'taproot' ? read.publicKey : script.subarray(67)
    const isForm = script[0] === 65 && script.length === (read?.kind === 'taproot' ? 66 : 100) && [0x41, 0x61].includes(type)
    if (!isForm || (read.kind === 'p2pkh' && hex(p2pkhScript(key)) !== hex(spent[i].script))) return false
    return schnorrVerify(signature, sighashOf(transaction, i, spent, type), key)
  }

  return async (request, path) => {
    const [, , what, which] = path.split('/')
    if (request.method === 'POST') {
      const body = JSON.parse(await readBody(request))
      if (what === 'coins') return give(body)
      if (what === 'transactions') return take(body)
    } else {
      if (what === 'coins') return plain(coins.get(which)) ?? null
      if (what === 'transactions') return transactions.get(which) ?? null
      if (what === 'tip') return HEIGHT
      if (what === 'blocks') return createHash('sha256').update(`toy block ${which}`).digest('hex')
    }
    throw new Error('There is no such thing on this chain.')
  }
}

async function readBody(request) {
  let body = ''
  for await (const part of request.setEncoding('utf8')) {
    body += part
    if (body.length > MAX_BODY) throw new Error('That is too much.')
  }
  return body
}
