import { identityFromSeed } from '../../src/identity/identity.js'
import { P2PCoordinator } from '../../src/index.js'
import { mailbox } from '../../src/mail/index.js'
import { levelStore } from '../../src/node/level-store.js'

/** A wallet in a process of its own, with a store of LevelDB: bundled and run by `processes.test.ts`, which it tells what happens. */
export interface WalletOptions {
  seed: number
  store: string
  relay: string
  send?: { to: string; texts: string[] }
  /** The text whose handler never ends. */
  hangAt?: string
  /** A peer to be connected to. */
  meet?: string
}

export type WalletFact =
  | { is: 'ready'; peerId: string }
  | { is: 'outcome'; outcome: string }
  | { is: 'receipt'; receipt: string }
  | { is: 'message'; text: unknown; mailed: boolean; redelivered: boolean; from: string }

const { seed, store, relay, send, hangAt, meet } = JSON.parse(process.argv[2] ?? '{}') as WalletOptions
const tell = (fact: WalletFact) => process.send?.(fact)
const level = levelStore(store)
const wallet = new P2PCoordinator({
  identity: identityFromSeed(new Uint8Array(32).fill(seed)),
  store: level,
  bootstrap: [relay],
  allowPrivate: true,
  webrtc: false,
  logger: { debug() {}, warn() {}, error() {} },
  // Receipts leave with the last words alone, which are waited for however slow the machine is.
  limits: { mailAfterMs: 200, receiptMs: 3_600_000, closeGraceMs: 20_000 } as object,
  plugins: [mailbox({ strangers: { bits: 4 }, count: 1 })],
})
wallet.on('message', async ({ payload, mailed = false, redelivered = false }, from) => {
  tell({ is: 'message', text: payload, mailed, redelivered, from: from.peerId })
  if (payload === hangAt) await new Promise(() => {})
})
wallet.on('mail-receipt', ({ receipt }) => tell({ is: 'receipt', receipt }))
const isReachable = new Promise<void>((resolve) => {
  wallet.on('mailbox', ({ isOpen, hasCard }) => {
    if (isOpen && hasCard) resolve()
  })
})
await wallet.start()
await isReachable
tell({ is: 'ready', peerId: wallet.peerId })
if (meet !== undefined) await wallet.connectToPeer(meet)
for (const payload of send?.texts ?? []) {
  const { outcome } = await wallet.sendTo(send!.to, { type: 'note', payload }, { queue: true })
  void outcome.then((outcome) => tell({ is: 'outcome', outcome }))
}
process.on('message', async () => {
  await wallet.shutdown()
  await level.close()
  process.disconnect()
})
