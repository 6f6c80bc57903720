/** lotus-p2p in two tabs, by its script-tag bundle: they meet by a circuit, and WebRTC takes over by itself. */
import { readFileSync } from 'node:fs'
import { urlOf } from './lotus-peers.mjs'
import { serve } from './role.mjs'
import { oneWay, openTwoTabs } from './tabs.mjs'

const BUNDLE = readFileSync(new URL('../../dist/lotus-p2p.global.js', import.meta.url), 'utf8')

const SCRIPT = `
  /** A new coordinator in place of the one before; its id, once its relay has a reservation for it. */
  window.renew = async (relay) => {
    await window.peer?.shutdown()
    const peer = new LotusP2P.P2PCoordinator({ bootstrap: [relay] })
    window.peer = peer
    peer.registerProtocol({ protocolName: 'bench', handleMessage: async ({ payload }) => window.arrived(payload) })
    await peer.start()
    await new Promise((resolve) => setTimeout(resolve, 300))
    return peer.peerId
  }
  /** Reaches the other by circuit; milliseconds from 'connected' by it until WebRTC serves. */
  window.upgrade = (relayId, id) =>
    new Promise((resolve, reject) => {
      const { peer } = window
      const late = setTimeout(() => {
        reject(new Error('no WebRTC after 15 s, but ' + peer.getPeer(id)?.connection?.transport))
      }, 15_000)
      let start
      peer.on('connected', ({ peerId, connection }) => {
        if (peerId === id && connection.transport === 'circuit') start = performance.now()
      })
      peer.on('path-changed', ({ peerId, connection }) => {
        if (peerId !== id || connection.transport !== 'webrtc') return
        clearTimeout(late)
        if (start === undefined) reject(new Error('WebRTC served before the circuit did'))
        else resolve(performance.now() - start)
      })
      peer.connectToPeer('circuit:' + relayId + '/' + id).catch(reject)
      window.send = (payload) => peer.sendTo(id, { type: 'count', protocol: 'bench', payload })
    })
`

let tabs

/** New coordinators in both tabs; how long the upgrade took. */
async function meet(relay) {
  const url = urlOf(relay)
  const [, id] = await Promise.all([tabs.from, tabs.to].map((tab) => tab.evaluate((url) => window.renew(url), url)))
  return tabs.from.evaluate(([relayId, id]) => window.upgrade(relayId, id), [relay.peerId, id])
}

serve({
  name: 'lotus-tabs',
  versions: {},

  commands: {
    async openTabs({ relay }) {
      tabs = await openTwoTabs(`${BUNDLE}\n${SCRIPT}`)
      await meet(relay)
      return { chromium: tabs.version }
    },
    async tabsOneWay(settings) {
      const result = await oneWay(tabs, settings)
      const paths = await tabs.from.evaluate(() => window.peer.getStats().peers.paths)
      if (paths.webrtc !== 1) throw new Error(`WebRTC did not serve to the end: ${JSON.stringify(paths)}`)
      return result
    },
    /** Milliseconds of each upgrade, by new coordinators every time. */
    async upgrades({ relay, warmup, samples }) {
      const times = []
      for (let i = 0; i < warmup + samples; i++) {
        const time = await meet(relay)
        if (i >= warmup) times.push(time)
      }
      return { times }
    },
  },
})
