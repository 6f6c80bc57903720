import { afterAll, expect, vi } from 'vitest'
import { P2PCoordinator } from '../../src/coordinator.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { Balancer } from './balancer.js'
import { RelayChild } from './relay-child.js'
import type { RelayProcessOptions } from './relay-process.js'

export const HOUR_MS = 3_600_000
export const LONG = { timeout: 60_000, interval: 20 }
/** What a test has started, and how it ends. */
export const cleanUps: (() => unknown)[] = []
afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp()
})

export const portOf = ({ url }: RelayChild) => Number(new URL(url).port)

/**
 * Processes of a relay behind a balancer.
 *
 * @param servers addresses of NATS, for each process.
 * @param more what else each is started with.
 */
export async function processes(servers: string[][], more: Partial<RelayProcessOptions>[] = []) {
  const balancer = await Balancer.start()
  cleanUps.push(() => balancer.stop())
  const relays = await Promise.all(
    servers.map(async (own, n) => {
      const relay = await RelayChild.start({
        port: 0,
        host: '127.0.0.1',
        announce: [`ws://${balancer.host}`],
        allowPrivate: true,
        seed: 200,
        nats: { servers: own, cluster: 'c1' },
        ...more[n],
      })
      cleanUps.push(() => relay.kill())
      return relay
    }),
  )
  balancer.targets = relays.map(portOf)
  return { balancer, relays }
}

/** A wallet that the balancer brings to one process for as long as it starts. */
export async function wallet(balancer: Balancer, at: RelayChild, limits = {}): Promise<P2PCoordinator> {
  const { targets } = balancer
  balancer.targets = [portOf(at)]
  const coordinator = new P2PCoordinator({
    identity: identityFromSeed(crypto.getRandomValues(new Uint8Array(32))),
    bootstrap: [`ws://${balancer.host}`],
    allowPrivate: true,
    webrtc: false,
    logger: { debug() {}, warn() {}, error() {} },
    limits,
  })
  cleanUps.push(() => coordinator.shutdown())
  await coordinator.start()
  balancer.targets = targets
  return coordinator
}

/** Why wallets lose their relay from now on. */
export function lossesOf(relay: string, ...wallets: P2PCoordinator[]): string[] {
  const losses: string[] = []
  for (const each of wallets) {
    each.on('disconnected', ({ peerId }, { code }) => {
      if (peerId === relay) losses.push(code)
    })
  }
  return losses
}

/** Sends numbers one after the other until it is told to stop. */
export function talk(from: P2PCoordinator, to: P2PCoordinator) {
  const [accepted, got]: [number[], number[]] = [[], []]
  to.on('message', ({ payload }, { peerId }) => {
    if (peerId === from.peerId) got.push(payload as number)
  })
  let isOver = false
  const sending = (async () => {
    for (let n = 0; !isOver; n++) {
      await from.sendTo(to.peerId, { type: 'note', payload: n }).then(
        () => accepted.push(n),
        () => {},
      )
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })()
  return {
    got,
    /** Resolves once more has arrived than when it was called. */
    async goesOn() {
      const before = got.length
      await vi.waitFor(() => expect(got.length).toBeGreaterThan(before + 5), LONG)
    },
    /** What was accepted has come, once and in order. */
    async end() {
      isOver = true
      await sending
      await vi.waitFor(() => expect(got.length).toBeGreaterThanOrEqual(accepted.length), LONG)
      expect(got).toEqual(accepted)
    },
  }
}
