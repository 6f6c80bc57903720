import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { P2PCoordinator } from '../../src/coordinator.js'
import { NatsServer } from './nats-server.js'
import { Balancer, RelayProcesses, type RunningRelay } from './relays.js'

let relays: RelayProcesses
let nats: NatsServer
beforeAll(async () => {
  ;[relays, nats] = await Promise.all([RelayProcesses.make(), NatsServer.start()])
})
const cleanUps: (() => Promise<unknown>)[] = []
afterAll(async () => {
  await Promise.all(cleanUps.map((cleanUp) => cleanUp()))
  await Promise.all([relays.close(), nats.stop()])
})

const LONG = { timeout: 60_000, interval: 20 }
const PROTOCOL = 'numbers'
/** Messages of one pair that are under way at once: so some are under way at every moment of a restart. */
const AT_ONCE = 2

/** Two wallets that talk through relays, the one without an end, until it is told to stop. */
class Pair {
  readonly received: number[] = []
  /** Of those that `sendTo` has accepted. */
  readonly accepted: number[] = []
  private next = 0
  private isOver = false
  private readonly senders: Promise<void>[] = []

  private constructor(
    readonly sender: P2PCoordinator,
    readonly receiver: P2PCoordinator,
  ) {}

  static async of(bootstrap: string[]): Promise<Pair> {
    const [sender, receiver] = [0, 1].map(() => {
      // Circuits are what a relay carries: of wallets that have a direct path, a restart takes nothing.
      const wallet = new P2PCoordinator({ bootstrap, webrtc: false })
      wallet.on('error', () => {})
      cleanUps.push(() => wallet.shutdown())
      return wallet
    }) as [P2PCoordinator, P2PCoordinator]
    const pair = new Pair(sender, receiver)
    receiver.registerProtocol({
      protocolName: PROTOCOL,
      rateLimits: { messagesPerS: 10_000, burst: 10_000 },
      handleMessage: async ({ payload }) => void pair.received.push(payload as number),
    })
    await Promise.all([sender.start(), receiver.start()])
    await sender.connectToPeer(receiver.peerId)
    return pair
  }

  begin(): void {
    for (let i = 0; i < AT_ONCE; i++) this.senders.push(this.send())
  }

  /** Resolves once more has arrived than when it was called: the pair talks. */
  async talks(): Promise<void> {
    const before = this.received.length
    await vi.waitFor(() => expect(this.received.length).toBeGreaterThan(before), LONG)
  }

  /** Stops sending, and waits until all that was accepted is there. */
  async end(): Promise<void> {
    await vi.waitFor(() => expect(this.accepted.length).toBeGreaterThan(100), LONG)
    this.isOver = true
    await Promise.all(this.senders)
    await vi.waitFor(() => expect(this.received.length).toBeGreaterThanOrEqual(this.accepted.length), LONG)
  }

  private async send(): Promise<void> {
    while (!this.isOver) {
      const number = this.next++
      const message = { type: 'number', payload: number, protocol: PROTOCOL }
      const isAccepted = await this.sender.sendTo(this.receiver.peerId, message).then(
        () => true,
        () => false,
      )
      if (isAccepted) this.accepted.push(number)
      // A sender waits where nobody is there, and leaves the others some of the processor where somebody is.
      await new Promise((resolve) => setTimeout(resolve, isAccepted ? 20 : 50))
    }
  }
}

function expectNothingLost(pairs: Pair[]): void {
  for (const { accepted, received } of pairs) {
    const arrived = new Set(received)
    expect(received.length, 'doubled').toBe(arrived.size)
    expect(
      accepted.filter((number) => !arrived.has(number)),
      'lost',
    ).toEqual([])
  }
}

/** Ends a relay as its supervisor does, and starts it again. */
async function restarted(relay: RunningRelay, ...args: string[]): Promise<RunningRelay> {
  expect(await relay.stop()).toBe(0)
  return relays.start('--port', `${relay.port}`, ...args)
}

// Most of their time they wait for relays that leave: both at once.
describe.concurrent('relays that are restarted one after the other', () => {
  it('lose and double nothing of wallets that come to either of two processes, joined by NATS, through a balancer', async () => {
    const key = randomBytes(32).toString('hex')
    // Each process keeps its bans beside its copy of the key.
    const argsOf = async (n: number) => {
      const copy = join(relays.folder, `copy-${n}.key`)
      await writeFile(copy, key, { mode: 0o600 })
      return ['--identity', copy, '--drain', '1', '--nats', nats.url, '--mail']
    }
    const [firstArgs, secondArgs] = [await argsOf(1), await argsOf(2)]
    const [first, second] = await Promise.all([
      relays.start('--port', '0', ...firstArgs),
      relays.start('--port', '0', ...secondArgs),
    ])
    expect(second.peerId).toBe(first.peerId)
    const balancer = await Balancer.start([first.port, second.port])
    cleanUps.push(() => balancer.close())
    const pairs = await Promise.all(Array.from({ length: 3 }, () => Pair.of([balancer.url])))
    for (const pair of pairs) pair.begin()
    await Promise.all(pairs.map((pair) => pair.talks()))
    // All are at the first, go to the second, and come back.
    const firstAgain = await restarted(first, ...firstArgs)
    await Promise.all(pairs.map((pair) => pair.talks()))
    const secondAgain = await restarted(second, ...secondArgs)
    await Promise.all(pairs.map((pair) => pair.talks()))
    await Promise.all(pairs.map((pair) => pair.end()))
    expectNothingLost(pairs)
    for (const { sender, receiver } of pairs) await Promise.all([sender.shutdown(), receiver.shutdown()])
    expect(await Promise.all([firstAgain.stop(), secondAgain.stop()])).toEqual([0, 0])
  }, 240_000)

  it('lose and double nothing of wallets that are at two relays, of identities of their own', async () => {
    const argsOf = (n: number) => ['--identity', join(relays.folder, `own-${n}.key`), '--drain', '1']
    const [first, second] = await Promise.all([
      relays.start('--port', '0', ...argsOf(1)),
      relays.start('--port', '0', ...argsOf(2)),
    ])
    const pairs = await Promise.all(Array.from({ length: 3 }, () => Pair.of([first.url, second.url])))
    for (const pair of pairs) pair.begin()
    await Promise.all(pairs.map((pair) => pair.talks()))
    const firstAgain = await restarted(first, ...argsOf(1))
    const isBack = ({ sender, receiver }: Pair, { peerId }: RunningRelay) =>
      sender.isConnected(peerId) && receiver.isConnected(peerId)
    await vi.waitFor(() => expect(pairs.every((pair) => isBack(pair, firstAgain))).toBe(true), LONG)
    const secondAgain = await restarted(second, ...argsOf(2))
    await vi.waitFor(() => expect(pairs.every((pair) => isBack(pair, secondAgain))).toBe(true), LONG)
    await Promise.all(pairs.map((pair) => pair.talks()))
    await Promise.all(pairs.map((pair) => pair.end()))
    expectNothingLost(pairs)
    for (const { sender, receiver } of pairs) await Promise.all([sender.shutdown(), receiver.shutdown()])
    expect(await Promise.all([firstAgain.stop(), secondAgain.stop()])).toEqual([0, 0])
  }, 240_000)
})
