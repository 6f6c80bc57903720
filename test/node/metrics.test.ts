import { request } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { P2PCoordinator } from '../../src/coordinator.js'
import { type Relay, startRelay } from '../../src/node/relay.js'
import type { RelayOptions } from '../../src/node/relay-options.js'

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function relayOf(options: RelayOptions): Promise<Relay> {
  const relay = await startRelay({ port: 0, host: '127.0.0.1', ...options })
  cleanUps.push(() => relay.stop())
  return relay
}

async function walletAt(relay: Relay): Promise<P2PCoordinator> {
  const wallet = new P2PCoordinator()
  cleanUps.push(() => wallet.shutdown())
  await wallet.connectToPeer(relay.url)
  return wallet
}

const read = (relay: Relay, headers: Record<string, string> = {}) =>
  fetch(`${relay.url.replace('ws', 'http')}/metrics`, { headers })

/** The text format of Prometheus 0.0.4: every line is a comment of known form or a sample. Returns the samples. */
function parse(text: string): Map<string, number> {
  expect(text.endsWith('\n')).toBe(true)
  const samples = new Map<string, number>()
  const types = new Map<string, string>()
  for (const line of text.split('\n')) {
    if (line === '') continue
    const type = /^# TYPE ([a-z_][a-z0-9_]*) (counter|gauge|histogram|summary)$/.exec(line)
    if (type !== null) {
      expect(types.has(type[1]!), line).toBe(false)
      types.set(type[1]!, type[2]!)
      continue
    }
    if (/^# HELP [a-z_][a-z0-9_]* \S.*$/.test(line)) continue
    const sample = /^([a-z_][a-z0-9_]*)(\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+\})? (-?[0-9.e+-]+|NaN|[+-]?Inf)$/i.exec(line)
    expect(sample, line).not.toBeNull()
    const [, name = '', labels = '', value] = sample!
    const family = [name, name.replace(/_(bucket|sum|count)$/, '')].find((candidate) => types.has(candidate))
    expect(family, line).toBeDefined()
    // Prometheus conventions: one prefix, `_total` for counters alone.
    expect(name).toMatch(/^lotus_p2p_/)
    if (types.get(family!) === 'counter') expect(name).toMatch(/_total$/)
    expect(samples.has(name + labels), line).toBe(false)
    samples.set(name + labels, Number(value))
  }
  return samples
}

describe('/metrics of a relay', () => {
  it('says in the form of Prometheus what getStats says', async () => {
    const relay = await relayOf({ metrics: true, origins: ['https://wallet.example'] })
    const [alice, bob] = [await walletAt(relay), await walletAt(relay)]
    bob.registerProtocol({ protocolName: 'chat', handleMessage: async () => {} })
    await alice.connectToPeer(bob.peerId)
    const arrived = new Promise((resolve) => bob.once('message', resolve))
    await alice.sendTo(bob.peerId, { type: 'hello', payload: 'x'.repeat(5_000) })
    await arrived
    await alice.announceResource('session', 's1', 1)
    const foreign = await fetch(`${relay.url.replace('ws', 'http')}/lotus-p2p/2`, {
      method: 'POST',
      headers: { Origin: 'https://else.example' },
    })
    expect(foreign.status).toBe(403)

    const response = await read(relay)
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4; charset=utf-8$/)
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
    const samples = parse(await response.text())
    const { peers, traffic, dht } = relay.coordinator.getStats()
    const { circuits, listener, memory } = relay.getStats()
    const facts: Record<string, number> = {
      peers: peers.connectedPeers,
      'connections{transport="websocket"}': 2,
      handshakes_accepted_total: peers.accepted,
      circuits: 1,
      circuits_opened_total: circuits.opened,
      circuit_bytes_total: circuits.bytes,
      dht_records: dht.records,
      sockets: listener.sockets,
      'connections_refused_total{reason="origin"}': 1,
      memory_ceiling_bytes: memory.maxBytes,
      memory_state: 0,
      slow_readers_ended_total: 0,
    }
    for (const [name, value] of Object.entries(facts)) expect(samples.get(`lotus_p2p_${name}`), name).toBe(value)
    expect(samples.get('lotus_p2p_circuit_bytes_total')).toBeGreaterThan(5_000)
    expect(samples.get('lotus_p2p_messages_received_total')).toBeGreaterThan(5)
    expect(samples.get('lotus_p2p_messages_received_total')).toBeLessThanOrEqual(traffic.messagesIn)
    expect(samples.get('lotus_p2p_defence{fact="rememberedIds"}')).toBeGreaterThanOrEqual(0)
    expect([...samples.keys()]).toEqual(
      expect.arrayContaining(['lotus_p2p_process_resident_memory_bytes', 'lotus_p2p_nodejs_eventloop_lag_seconds']),
    )
    // A second scrape counts on, not twice.
    expect(parse(await (await read(relay)).text()).get('lotus_p2p_handshakes_accepted_total')).toBe(peers.accepted)
  })

  it('counts refused handshakes by their code', async () => {
    const relay = await relayOf({ metrics: true, maxConnections: 1 })
    await walletAt(relay)
    await expect(walletAt(relay)).rejects.toMatchObject({ code: 'POOL_FULL' })
    const samples = parse(await (await read(relay)).text())
    expect(samples.get('lotus_p2p_handshakes_refused_total{code="POOL_FULL"}')).toBe(
      relay.coordinator.getStats().defence.refusals.POOL_FULL,
    )
  })

  it('is not there unless asked for, and not for whoever a proxy on the same machine asks for', async () => {
    expect((await read(await relayOf({}))).status).toBe(404)
    const relay = await relayOf({ metrics: true })
    expect((await read(relay)).status).toBe(200)
    for (const name of ['X-Forwarded-For', 'X-Real-IP', 'Forwarded', 'Via']) {
      expect((await read(relay, { [name]: '203.0.113.7' })).status, name).toBe(404)
    }
  })

  it('answers under names of this machine only: a page whose own name leads here reads nothing', async () => {
    const relay = await relayOf({ metrics: true })
    const { port } = new URL(relay.url)
    const statusAs = (host: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        request({ host: '127.0.0.1', port, path: '/metrics', headers: { Host: host } }, (response) => {
          response.resume()
          resolve(response.statusCode)
        })
          .on('error', reject)
          .end()
      })
    for (const host of ['localhost', `localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, 'LOCALHOST']) {
      expect([host, await statusAs(host)]).toEqual([host, 200])
    }
    const others = ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example', 'localhost.evil.example', '192.168.0.7']
    for (const host of others) expect([host, await statusAs(host)]).toEqual([host, 404])
  })

  it('with a token is for whoever brings it, and nobody else', async () => {
    const token = 'correct-horse-battery'
    const relay = await relayOf({ metrics: { token } })
    expect((await read(relay)).status).toBe(404)
    expect((await read(relay, { Authorization: 'Bearer wrong-horse-battery' })).status).toBe(404)
    expect((await read(relay, { Authorization: `Bearer ${token}`, 'X-Forwarded-For': '203.0.113.7' })).status).toBe(200)
    await expect(relayOf({ metrics: { token: 'short' } })).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
  })
})
