/** Wallets for `bench/cluster.mjs`, many in one process: commands over IPC, answered by { id, result } or { id, error }. */
import { setTimeout as pause } from 'node:timers/promises'
import { identityFromSeed, memoryStore, P2PCoordinator } from '../../dist/index.js'
import { mailbox } from '../../dist/mail.js'

const wallets = []
const now = () => Number(process.hrtime.bigint()) / 1e6
/** By the number of a wallet here: what it has got. */
const got = []
/** Why wallets have lost their relay. */
let disconnects = []

async function start(address, more = {}) {
  const wallet = new P2PCoordinator({
    ...more,
    bootstrap: [address],
    allowPrivate: true,
    webrtc: false,
    logger: { debug() {}, warn() {}, error() {} },
  })
  const number = wallets.push(wallet) - 1
  got[number] = { count: 0, echoes: new Map(), flows: new Map() }
  wallet.on('message', ({ type, payload }, { peerId }) => {
    const mine = got[number]
    if (type === 'flood') mine.count++
    else if (type === 'ping') void wallet.sendTo(peerId, { type: 'pong', payload }).catch(() => {})
    else if (type === 'pong') mine.echoes.get(payload)?.()
    else if (type === 'numbered') {
      const flow = mine.flows.get(peerId) ?? []
      mine.flows.set(peerId, flow)
      flow.push([payload.n, now() - payload.at])
    }
  })
  wallet.on('disconnected', ({ isRelay }, { code }) => {
    if (isRelay) disconnects.push(code)
  })
  await wallet.start()
  while (wallet.status !== 'online') await pause(10)
  return { number, peerId: wallet.peerId }
}

async function concurrently(count, width, task) {
  let next = 0
  await Promise.all(
    Array.from({ length: Math.min(width, count) }, async () => {
      while (next < count) await task(next++)
    }),
  )
}

const flows = []

/** How long the card of a new mailbox may take to relays and DHT, milliseconds. */
const CARD_MS = 5_000
/** Owners of mailboxes: what outlives their being away. */
const owners = []
const letters = []
let mailed = []
const letterOf = (from, to, n) => [from, to, n].join(' ')

async function present(owner) {
  const { identity, store, address } = owner
  const wallet = new P2PCoordinator({
    ...{ identity, store, bootstrap: [address], allowPrivate: true, webrtc: false },
    plugins: [mailbox({ count: 1, strangers: { bits: 0 } })],
    logger: { debug() {}, warn() {}, error() {} },
  })
  owner.wallet = wallet
  wallet.on('message', ({ payload }, { peerId }) => void letters.push(letterOf(peerId, wallet.peerId, payload)))
  await wallet.start()
  while (!wallet.mail.boxes().some(({ isOpen }) => isOpen)) await pause(50)
  return wallet.peerId
}

const commands = {
  async start({ count, address, mail = false }) {
    const from = now()
    const started = []
    const more = () => (mail ? { plugins: [mailbox({ count: 1 })] } : {})
    await concurrently(count, 32, async () => void started.push(await start(address, more())))
    return { started, ms: now() - from }
  },
  connect: async ({ from, to }) => {
    const begun = now()
    await wallets[from].connectToPeer(to)
    return now() - begun
  },
  /** As `connect`, of one that has just come and may not have its reservation yet. */
  async meet({ from, to }) {
    for (let tries = 0; tries < 50; tries++) {
      const isMet = await wallets[from].connectToPeer(to).catch(() => {})
      if (isMet !== undefined) return
      await pause(100)
    }
    throw new Error('Two wallets do not meet.')
  },
  disconnect: async ({ from, to }) => wallets[from].disconnectFromPeer(to),
  /** Milliseconds until an id that nobody has is refused. */
  async unknown({ from, id }) {
    const begun = now()
    await wallets[from].connectToPeer(id).catch(() => {})
    return now() - begun
  },
  /** Messages sent one way in so many milliseconds. */
  async flood({ from, to, bytes, ms }) {
    const payload = new Uint8Array(bytes)
    const until = now() + ms
    let sent = 0
    while (now() < until) {
      const batch = Array.from({ length: 64 }, () => wallets[from].sendTo(to, { type: 'flood', payload }))
      await Promise.all(batch)
      sent += batch.length
    }
    return sent
  },
  received: ({ number }) => got[number].count,
  async echo({ from, to, rounds }) {
    const times = []
    for (let i = 0; i < rounds; i++) {
      const begun = now()
      await new Promise((resolve, reject) => {
        got[from].echoes.set(i, resolve)
        wallets[from].sendTo(to, { type: 'ping', payload: i }).catch(reject)
      })
      got[from].echoes.delete(i)
      times.push(now() - begun)
    }
    return times
  },
  /** One watches a resource, here, for what another generator announces. */
  watch({ number, type }) {
    got[number].seen = new Map()
    wallets[number].watchResources(type, {}, (resource) => void got[number].seen.set(resource.id ?? resource.resourceId, now()))
  },
  seen: ({ number }) => [...got[number].seen],
  async announce({ number, type, count }) {
    const times = []
    for (let i = 0; i < count; i++) {
      times.push([`r${i}`, now()])
      await wallets[number].announceResource(type, `r${i}`, { i })
      await pause(20)
    }
    return times
  },
  /** Numbered messages each `everyMs`, until `stopFlows`. */
  flow({ from, to, everyMs }) {
    const flow = { accepted: [], n: 0 }
    flow.timer = setInterval(() => {
      const n = flow.n++
      const payload = { n, at: now() }
      wallets[from].sendTo(to, { type: 'numbered', payload }).then(
        () => flow.accepted.push(n),
        () => {},
      )
    }, everyMs)
    return flows.push(flow) - 1
  },
  async stopFlows() {
    for (const { timer } of flows) clearInterval(timer)
    await pause(8_000)
    return flows.splice(0).map(({ accepted }) => accepted)
  },
  /** Wallets with a mailbox each. */
  async owners({ count, address }) {
    for (let i = 0; i < count; i++) {
      const seed = crypto.getRandomValues(new Uint8Array(32))
      owners.push({ identity: identityFromSeed(seed), store: memoryStore(), address })
    }
    const started = []
    await concurrently(count, 16, async (i) => void started.push(await present(owners[i])))
    return { started }
  },
  /** Once their cards are where others look for them. */
  async leave() {
    await pause(CARD_MS)
    await concurrently(owners.length, 16, (i) => owners[i].wallet.shutdown())
  },
  comeBack: () => concurrently(owners.length, 16, (i) => present(owners[i])),
  letters: () => letters,
  /** Numbered letters, in turn from each wallet here to each owner. @returns those whose outcome is `'mailed'`. */
  async mail({ to, count }) {
    const begun = now()
    mailed = []
    await concurrently(count, 64 * wallets.length, async (n) => {
      const from = wallets[n % wallets.length]
      const peerId = to[Math.floor(n / wallets.length) % to.length]
      const { outcome } = await from.sendTo(peerId, { type: 'letter', payload: n }, { queue: true })
      if ((await outcome) === 'mailed') mailed.push(letterOf(from.peerId, peerId, n))
    })
    return { mailed, ms: now() - begun }
  },
  mailed: () => mailed.length,
  flowed: ({ number, from }) => got[number].flows.get(from) ?? [],
  online: () => wallets.filter(({ status }) => status === 'online').length,
  /** Those since it was asked last. */
  disconnects() {
    const told = disconnects
    disconnects = []
    return told
  },
  cpu: () => (process.cpuUsage().user + process.cpuUsage().system) / 1_000,
}

process.on('message', async ({ id, command, args }) => {
  try {
    process.send({ id, result: (await commands[command](args ?? {})) ?? null })
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) })
  }
})
process.send({ ready: true })
