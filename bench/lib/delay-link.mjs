/**
 * A link with a round-trip time, for counting round trips.
 *
 * Best: two network namespaces joined by the lab's delay-line.py (real TCP over a slow wire; needs root and /dev/net/tun).
 * Else: a TCP proxy on loopback that delays each direction, and holds back the first bytes of a connection for one
 * round trip, because the TCP handshake with the proxy itself costs no time.
 */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const delayLine = fileURLToPath(new URL('../../../shared/netlab/delay-line.py', import.meta.url))

/**
 * @param options.rttMs round-trip time: half of it in each direction
 * @param options.kind 'netlab' | 'proxy'; without it the best that works
 * @returns { kind, note?, host, serverPrefix, clientPrefix, reach(address), close() }: `host` is where the server listens,
 *   the prefixes are commands to run either end under, `reach` turns the server's address into the one to dial.
 */
export async function openDelayLink({ rttMs, kind }) {
  if (kind === 'proxy') return proxyLink(rttMs)
  try {
    return await netlabLink(rttMs)
  } catch (error) {
    if (kind === 'netlab') throw error
    return { ...(await proxyLink(rttMs)), note: `a delaying TCP proxy, because namespaces did not work: ${error.message}` }
  }
}

const ip = (...args) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 10_000 })

async function netlabLink(rttMs) {
  if (!existsSync(delayLine)) throw new Error('shared/netlab/delay-line.py is not there')
  const [middle, a, b] = ['m', 'a', 'b'].map((end) => `lotus-bench-${process.pid}-${end}`)
  let line
  const close = () => {
    line?.kill('SIGKILL')
    for (const name of [middle, a, b]) {
      try {
        ip('netns', 'del', name)
      } catch {
        // It was never made.
      }
    }
    process.off('exit', close)
  }
  process.on('exit', close)
  try {
    for (const name of [middle, a, b]) ip('netns', 'add', name)
    line = spawn('ip', ['netns', 'exec', middle, 'python3', delayLine, String(rttMs / 2)], { stdio: ['ignore', 'pipe', 'pipe'] })
    await firstOutput(line)
    const ends = [
      ['tapA', a, '10.77.0.1', '02:00:00:00:00:01'],
      ['tapB', b, '10.77.0.2', '02:00:00:00:00:02'],
    ]
    for (const [tap, name, address, mac] of ends) {
      ip('-n', middle, 'link', 'set', tap, 'netns', name)
      ip('-n', name, 'link', 'set', tap, 'address', mac)
      ip('-n', name, 'addr', 'add', `${address}/24`, 'dev', tap)
      ip('-n', name, 'link', 'set', tap, 'up')
      ip('-n', name, 'link', 'set', 'lo', 'up')
    }
    // Neighbours are named here, so that no ARP exchange ever adds a round trip.
    ip('-n', a, 'neigh', 'replace', ends[1][2], 'lladdr', ends[1][3], 'dev', 'tapA')
    ip('-n', b, 'neigh', 'replace', ends[0][2], 'lladdr', ends[0][3], 'dev', 'tapB')
  } catch (error) {
    close()
    throw new Error(
      String(error.stderr ?? error.message)
        .trim()
        .split('\n')
        .at(-1),
    )
  }
  return {
    kind: 'netlab',
    host: '10.77.0.1',
    serverPrefix: ['ip', 'netns', 'exec', a],
    clientPrefix: ['ip', 'netns', 'exec', b],
    reach: (address) => address,
    close,
  }
}

const firstOutput = (child) =>
  new Promise((resolve, reject) => {
    let complaint = ''
    child.stderr.on('data', (chunk) => {
      complaint += chunk
    })
    child.stdout.once('data', resolve)
    child.once('error', reject)
    child.once('exit', () => reject(new Error(complaint || 'delay-line.py ended at once')))
    setTimeout(() => reject(new Error('delay-line.py did not come up')), 5_000).unref()
  })

async function proxyLink(rttMs) {
  let target
  const sockets = new Set()
  const forward = (from, to, delayMs) => {
    from.on('data', (chunk) => setTimeout(() => to.destroyed || to.write(chunk), delayMs))
    from.on('end', () => setTimeout(() => to.end(), delayMs))
    from.on('error', () => to.destroy())
    from.on('close', () => sockets.delete(from))
  }
  const server = createServer({ noDelay: true, pauseOnConnect: true }, (near) => {
    const far = connect({ ...target, noDelay: true })
    for (const socket of [near, far]) sockets.add(socket)
    forward(far, near, rttMs / 2)
    forward(near, far, rttMs / 2)
    near.pause()
    setTimeout(() => near.resume(), rttMs)
  })
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  return {
    kind: 'proxy',
    host: '127.0.0.1',
    serverPrefix: [],
    clientPrefix: [],
    reach(address) {
      target = { host: address.host, port: address.port }
      return { ...address, host: '127.0.0.1', port: server.address().port }
    },
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
