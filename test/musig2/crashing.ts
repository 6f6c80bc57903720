// Members that sign over a network that loses, repeats and reorders, and that crash at every await.
import { expect } from 'vitest'
import { hexOf } from '../../src/base/bytes.js'
import type { Random } from '../../src/base/random.js'
import type { Plugin } from '../../src/core/plugin.js'
import { SIGHASH_FORKID } from '../../src/lotus/sighash.js'
import type { MuSig2Signer } from '../../src/musig2/signer.js'
import { softwareSigner } from '../../src/musig2/software-signer.js'
import { type KeyValueStore, memoryStore } from '../../src/storage/key-value-store.js'
import type { TestNetwork } from '../../src/testing/test-network.js'
import { secretOf, tableOf } from './network.js'

let net: TestNetwork | undefined

/** After each play. */
export async function stopPlay(): Promise<void> {
  await net?.stop()
  net = undefined
}

/** Awaits of a signer and a store in one session: a crash at each of them, and some behind the last. */
const AWAITS = 14
const MEMBERS = 2
const sign = [{ input: 0, type: SIGHASH_FORKID, keyset: 0 }] as const

/** What signers have given out in the plays before: their members have the same keys. */
const earlier = new Set<string>()

/** What all signers of a play have given out. */
class Uses {
  readonly nonces: string[] = []
  readonly signed: string[] = []

  check(): void {
    expect(this.nonces.filter((nonce) => earlier.has(nonce))).toEqual([])
    for (const nonce of this.nonces) earlier.add(nonce)
    expect(new Set(this.nonces).size).toBe(this.nonces.length)
    expect(new Set(this.signed).size).toBe(this.signed.length)
    const known = new Set(this.nonces)
    expect(this.signed.filter((nonce) => !known.has(nonce))).toEqual([])
  }
}

/** One process of a member: it may stop at an await, and from then on nothing that it does leaves it. */
class Process {
  isCrashed = false

  constructor(private readonly onStep: (process: Process) => void) {}

  async step<T>(act: () => Promise<T>): Promise<T> {
    this.look()
    const done = await act()
    this.look()
    return done
  }

  private look(): void {
    if (!this.isCrashed) this.onStep(this)
    if (this.isCrashed) throw new Error('The process has crashed.')
  }

  signer(member: number, uses: Uses): MuSig2Signer {
    // Its generator is stuck: whatever keeps nonces apart is not luck.
    const signer = softwareSigner({
      secretKeys: [secretOf(member)],
      random: (length) => new Uint8Array(length).fill(7),
      now: () => net?.clock.now() ?? 0,
    })
    const own = new Map<string, string[]>()
    return {
      publicKeys: signer.publicKeys,
      prove: (input) => this.step(() => signer.prove(input)),
      createNonces: (input) =>
        this.step(async () => {
          const made = (await signer.createNonces(input)).map(hexOf)
          own.set(input.session, made)
          uses.nonces.push(...made)
          return made.map((nonce) => Uint8Array.from(Buffer.from(nonce, 'hex')))
        }),
      signPartials: (input) =>
        this.step(async () => {
          const parts = await signer.signPartials(input)
          uses.signed.push(...own.get(input.session)!)
          return parts
        }),
      forget: (session) => signer.forget(session),
    }
  }

  store(lasting: KeyValueStore): KeyValueStore {
    const isOfSigning = (key: string) => key.startsWith('musig2/')
    const act = <T>(key: string, call: () => Promise<T>) => (isOfSigning(key) ? this.step(call) : call())
    return {
      get: (key) => act(key, () => lasting.get(key)),
      set: (key, value) => act(key, () => lasting.set(key, value)),
      delete: (key) => act(key, () => lasting.delete(key)),
      keys: (prefix) => act(prefix, () => lasting.keys(prefix)),
      batch: (changes, options) => lasting.batch(changes, options),
    }
  }
}

/** Sends what members say to each other once more, now and then. */
function repeating(random: Random): Plugin<object> {
  return {
    name: 'repeating',
    attach(kit) {
      const { sendTo } = kit
      Object.assign(kit, {
        sendTo: async (...[peerId, message, options]: Parameters<typeof sendTo>) => {
          if (random.unit() < 0.2) sendTo.call(kit, peerId, message, options).catch(() => {})
          return sendTo.call(kit, peerId, message, options)
        },
      })
      return {}
    },
  }
}

/**
 * Plays so many attempts to sign, one after the other, by members that crash at random awaits.
 *
 * @param nonceCommitments in sessions with a round of commitments to nonces.
 */
export async function play(
  random: Random,
  attempts: number,
  nonceCommitments = false,
): Promise<{ uses: Uses; signed: number; crashes: number }> {
  const uses = new Uses()
  const stores = Array.from({ length: MEMBERS }, () => memoryStore())
  const processes: Process[] = []
  /** Who crashes, and after how many awaits of its process. */
  let victim = -1
  let awaits = 0
  let hosts = 0
  const crashed: number[] = []
  const peerOf = (member: number) => {
    const host = `host${hosts++}`
    const process = new Process((each) => {
      if (member !== victim || processes[member] !== each || awaits-- > 0) return
      each.isCrashed = true
      net!.network.vanish(host)
      crashed.push(member)
    })
    processes[member] = process
    return { host, store: process.store(stores[member]!), plugins: [repeating(random)] }
  }
  const table = await tableOf(MEMBERS, {
    seed: Math.floor(random.unit() * 2 ** 31),
    jitterMs: 20,
    peer: peerOf,
    options: (member) => ({ signer: processes[member]!.signer(member, uses) }),
  })
  net = table.net
  net.network.conditions = { ...net.network.conditions, loss: 0.005, reorder: 0.005 }
  const wallets = [...table.wallets]
  let signed = 0
  let crashes = 0
  for (let seed = 1; seed <= attempts; seed++) {
    await meet(wallets)
    victim = Math.floor(random.unit() * (MEMBERS + 1)) - 1
    awaits = Math.floor(random.unit() * AWAITS)
    const initiator = Math.floor(random.unit() * MEMBERS)
    wallets[initiator]!.musig2.sign(table.request({ seed, sign, nonceCommitments })).then(
      () => signed++,
      () => {},
    )
    for (let ms = 0; ms < 400 && crashed.length === 0; ms += 20) await net.clock.advance(20)
    for (const member of crashed.splice(0)) {
      crashes++
      victim = -1
      wallets[member]!.shutdown().catch(() => {})
      const again = await table.seated(member)
      wallets[member] = again
      await net.run(again.start())
      await meet(wallets)
      await net.clock.advance(400 + Math.floor(random.unit() * 2_000))
    }
    victim = -1
    // What is not signed by now is given up, at any step.
    for (const { musig2 } of wallets) {
      for (const { id, step, txid } of musig2.sessions) {
        if (step === 'signed') musig2.reportBroadcast(txid)
        else if (isLive(musig2, id)) musig2.reject(id)
      }
    }
    await net.clock.advance(50)
  }
  uses.check()
  expect(table.blamed.flat()).toEqual([])
  return { uses, signed, crashes }
}

/** Connects those that a crash or a lost frame has parted, as often as it takes: what is dialled may be lost too. */
async function meet(wallets: Awaited<ReturnType<typeof tableOf>>['wallets']): Promise<void> {
  const isAlone = (wallet: (typeof wallets)[number]) => wallet.getStats().peers.connectedPeers < wallets.length - 1
  for (let times = 0; times < 10 && wallets.some(isAlone); times++) {
    for (const wallet of wallets.filter(isAlone)) {
      for (const other of wallets) {
        if (other !== wallet) await net!.run(wallet.connectToPeer(net!.addressOf(other)).catch(() => {}))
      }
    }
  }
}

function isLive(musig2: object, id: string): boolean {
  return (musig2 as { live: Map<string, unknown> }).live.has(id)
}
