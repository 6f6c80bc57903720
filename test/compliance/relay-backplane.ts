import { afterEach, describe, expect, it } from 'vitest'
import type { RelayBackplane } from '../../src/backplane/backplane.js'
import { BACKPLANE_LIMITS } from '../../src/backplane/limits.js'
import { P2PError } from '../../src/base/errors.js'

/** Some processes of one relay, and what may happen to them. */
export interface Cluster {
  /** So many processes, which have started. */
  start(count: number): Promise<RelayBackplane[]>
  /** Ends a process without a goodbye. */
  kill(node: RelayBackplane): Promise<void>
  /** Takes the link of all processes away; resolves when they know. */
  takeDown(): Promise<void>
  /** Gives it back; resolves when they know. */
  bringUp(): Promise<void>
  /** Lets time pass until a promise settles. */
  run<T>(promise: Promise<T>): Promise<T>
  /** Lets time pass until a condition holds, at most so many milliseconds. */
  until(condition: () => boolean, atMostMs: number): Promise<void>
  /** The time of the cluster, milliseconds. */
  now(): number
  close(): Promise<void>
}

const text = (value: string) => new TextEncoder().encode(value)
const read = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const nothing = new Uint8Array(0)

type Three = [RelayBackplane, RelayBackplane, RelayBackplane]

/** What every RelayBackplane must do, with three processes. */
export function relayBackplaneCompliance(name: string, create: () => Promise<Cluster>): void {
  describe(`${name} as a backplane`, () => {
    let cluster: Cluster
    let nodes: Three
    const clusters: Cluster[] = []
    afterEach(async () => {
      for (const each of clusters.splice(0)) await each.close()
    })

    const threeOf = async (cluster: Cluster) => {
      const three = (await cluster.start(3)) as Three
      await cluster.until(() => three.every((node) => node.nodes().length === 3), 5_000)
      return three
    }
    const setUp = async () => {
      cluster = await create()
      clusters.push(cluster)
      nodes = await threeOf(cluster)
      return nodes
    }
    /** For tests that wait long, and so at the same time: each has its processes for itself. */
    const beside = async (test: (cluster: Cluster, nodes: Three) => Promise<void>) => {
      const own = await create()
      try {
        await test(own, await threeOf(own))
      } finally {
        await own.close()
      }
    }

    it('knows its processes, with what they say of themselves, and hears a goodbye at once', async () => {
      const [one, two, three] = await setUp()
      expect(
        one
          .nodes()
          .map(({ nodeId }) => nodeId)
          .sort(),
      ).toEqual([one, two, three].map(({ nodeId }) => nodeId).sort())
      expect(one.nodes().find(({ nodeId }) => nodeId === two.nodeId)).toMatchObject({ maxPeers: 7, draining: false })
      for (const { nodeId } of nodes) expect(nodeId).toMatch(/^[\w-]{10}$/)
      const gone: string[] = []
      one.on('node-gone', (nodeId) => gone.push(nodeId))
      await cluster.run(two.close())
      await cluster.until(() => gone.length > 0, 5_000)
      expect(gone).toEqual([two.nodeId])
      expect(one.nodes()).toHaveLength(2)
    })

    it('asks whoever holds a peer, wherever it is, and follows it as it moves', async () => {
      const [one, two, three] = await setUp()
      for (const node of nodes) node.answer('who', (bytes, from) => text(`${read(bytes)} ${from.peer} ${nodes.indexOf(node)}`))
      await cluster.run(two.hold('lp1x'))
      expect(read(await cluster.run(one.askPeer('lp1x', 'who', text('hi'))))).toBe('hi lp1x 1')
      two.release('lp1x')
      await cluster.run(three.hold('lp1x'))
      expect(read(await cluster.run(one.askPeer('lp1x', 'who', text('hi'))))).toBe('hi lp1x 2')
      expect(read(await cluster.run(two.askPeer('lp1x', 'who', text('hi'))))).toBe('hi lp1x 2')
    })

    it('says within 50 ms that nobody holds a peer, or that a process is none', async () => {
      const [one] = await setUp()
      const questions = [() => one.askPeer('lp1nobody', 'who', nothing), () => one.askNode('aaaaaaaaaa', 'who', nothing)]
      for (const ask of questions) {
        const took: number[] = []
        // A machine that is busy with something else delays some of them.
        for (let n = 0; n < 10; n++) {
          const since = cluster.now()
          await expect(cluster.run(ask())).rejects.toMatchObject({ code: 'PEER_NOT_FOUND' })
          took.push(cluster.now() - since)
        }
        expect(Math.min(...took)).toBeLessThan(50)
      }
    })

    it('brings errors back with code and details, and times out where no answer comes', async () => {
      const [one, two] = await setUp()
      two.answer('who', () => {
        throw new P2PError('CIRCUIT_REFUSED', 'Too many.', { details: { limit: 'maxCircuits', retryAfterMs: 7 } })
      })
      two.answer('slow', () => new Promise(() => {}))
      const asked = cluster.run(one.askNode(two.nodeId, 'who', nothing))
      await expect(asked).rejects.toMatchObject({
        code: 'CIRCUIT_REFUSED',
        message: 'Too many.',
        details: { limit: 'maxCircuits', retryAfterMs: 7 },
      })
      await expect(cluster.run(one.askNode(two.nodeId, 'slow', nothing, { timeoutMs: 100 }))).rejects.toMatchObject({
        code: 'TIMEOUT',
      })
      await expect(cluster.run(one.askNode(two.nodeId, 'odd', nothing))).rejects.toMatchObject({ code: 'PROTOCOL_NOT_SUPPORTED' })
      const controller = new AbortController()
      const aborted = one.askNode(two.nodeId, 'slow', nothing, { signal: controller.signal })
      controller.abort()
      await expect(cluster.run(aborted)).rejects.toMatchObject({ code: 'ABORTED' })
    })

    it('keeps what is cast to one process in order, each once', async () => {
      const [one, two] = await setUp()
      const got: number[] = []
      two.receive('frame', (bytes, { nodeId }) => {
        expect(nodeId).toBe(one.nodeId)
        got.push(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0))
      })
      for (let i = 0; i < 1_000; i++) {
        const bytes = new Uint8Array(256)
        new DataView(bytes.buffer).setUint32(0, i)
        expect(one.toNode(two.nodeId, 'frame', bytes)).toBe(true)
      }
      await cluster.until(() => got.length >= 1_000, 5_000)
      expect(got).toEqual(Array.from({ length: 1_000 }, (_, i) => i))
    })

    it('carries a mebibyte less a kibibyte both ways, and refuses more', async () => {
      const [one, two] = await setUp()
      two.answer('echo', (bytes) => bytes)
      const body = crypto.getRandomValues(new Uint8Array(BACKPLANE_LIMITS.maxBackplaneBytes).subarray(0, 65_536))
      const large = new Uint8Array(BACKPLANE_LIMITS.maxBackplaneBytes).fill(7)
      large.set(body)
      const answer = await cluster.run(one.askNode(two.nodeId, 'echo', large))
      expect(answer.length).toBe(large.length)
      expect(Buffer.compare(answer, large)).toBe(0)
      const more = new Uint8Array(large.length + 1)
      await expect(cluster.run(one.askNode(two.nodeId, 'echo', more))).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
    })

    it('casts to all others, to those of a group, and to whoever holds a peer; never to itself', async () => {
      const [one, two, three] = await setUp()
      const got: string[] = []
      for (const [i, node] of nodes.entries()) node.receive('news', (bytes) => got.push(`${i} ${read(bytes)}`))
      two.join('readers')
      one.join('readers')
      await cluster.run(one.hold('lp1x'))
      await cluster.run(three.hold('lp1x'))
      one.toAll('news', text('all'))
      one.toGroup('readers', 'news', text('group'))
      one.toPeer('lp1x', 'news', text('peer'))
      await cluster.until(() => got.length >= 4, 5_000)
      two.leaveGroup('readers')
      one.toGroup('readers', 'news', text('nobody'))
      await cluster.run(one.gather('none', nothing, { slowestMs: 100 }))
      expect(got.sort()).toEqual(['1 all', '1 group', '2 all', '2 peer'])
    })

    it('gathers what all know, ends with the last answer, and waits for none that has died', async () => {
      const [one, two, three] = await setUp()
      two.answer('find', (bytes) => text(`two ${read(bytes)}`))
      three.answer('find', (bytes) => text(`three ${read(bytes)}`))
      const answers = await cluster.run(one.gather('find', text('x'), { slowestMs: 1_000 }))
      expect(answers.map(({ bytes }) => read(bytes)).sort()).toEqual(['three x', 'two x'])
      expect(await cluster.run(one.gather('find', text('x'), { enough: 1 }))).toHaveLength(1)
      await cluster.kill(three)
      const since = cluster.now()
      const rest = await cluster.run(one.gather('find', text('x'), { slowestMs: 200 }))
      expect(rest.map(({ nodeId }) => nodeId)).toEqual([two.nodeId])
      expect(cluster.now() - since).toBeLessThan(1_000)
    })

    it.concurrent('sees a death without a goodbye: at once where it is asked, and within 9 s otherwise', () =>
      beside(async (cluster, [one, two, three]) => {
        const gone: string[] = []
        one.on('node-gone', (nodeId) => gone.push(`one ${nodeId}`))
        three.on('node-gone', (nodeId) => gone.push(`three ${nodeId}`))
        await cluster.run(two.hold('lp1x'))
        await cluster.kill(two)
        const isNobody = async () => {
          const asked = one.askNode(two.nodeId, 'who', nothing, { timeoutMs: 500 })
          return await cluster.run(asked).then(
            () => false,
            ({ code }: P2PError) => code === 'PEER_NOT_FOUND',
          )
        }
        // The server takes a moment to see the socket close.
        for (let tries = 0; !(await isNobody()); tries++) expect(tries).toBeLessThan(20)
        await expect(cluster.run(one.askPeer('lp1x', 'who', nothing))).rejects.toMatchObject({ code: 'PEER_NOT_FOUND' })
        expect(gone).toEqual([`one ${two.nodeId}`])
        await cluster.until(() => gone.length === 2, 9_000)
        expect(gone[1]).toBe(`three ${two.nodeId}`)
        expect(three.nodes()).toHaveLength(2)
      }))

    it.concurrent('has one leader in each role, another one within 8 s of its death, and at once after a goodbye', () =>
      beside(async (cluster, nodes) => {
        const leading = new Set<RelayBackplane>()
        for (const node of nodes) {
          node.lead('walker', (leads) => {
            if (leads) leading.add(node)
            else leading.delete(node)
          })
          await cluster.until(() => leading.size === 1, 5_000)
        }
        const [first] = leading as Set<RelayBackplane>
        expect(first).toBe(nodes[0])
        leading.delete(first!)
        await cluster.kill(first!)
        await cluster.until(() => leading.size > 0, 8_500)
        expect(leading.size).toBe(1)
        const [second] = leading as Set<RelayBackplane>
        const third = nodes.find((node) => node !== first && node !== second)!
        leading.delete(second!)
        await cluster.run(second!.close())
        await cluster.until(() => leading.has(third), 5_000)
      }))

    it('shares a map: changes come to all, and of three that compare and set one wins', async () => {
      const [one, two, three] = await setUp()
      const seen: string[] = []
      three.shared.watch('ban.', (key, entry) => seen.push(`${key} ${entry === undefined ? '-' : read(entry.value)}`))
      const revision = await cluster.run(one.shared.put('ban.a', text('1'), 0))
      await cluster.until(() => two.shared.get('ban.a') !== undefined && seen.length === 1, 5_000)
      expect(two.shared.get('ban.a')!.revision).toBe(revision)
      await expect(cluster.run(two.shared.put('ban.a', text('2'), 0))).rejects.toMatchObject({ code: 'STALE_RECORD' })
      const settled = await cluster.run(
        Promise.allSettled(nodes.map((node, i) => node.shared.put('ban.a', text(`w${i}`), revision))),
      )
      expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      const winner = settled.findIndex(({ status }) => status === 'fulfilled')
      await cluster.until(() => nodes.every((node) => read(node.shared.get('ban.a')!.value) === `w${winner}`), 5_000)
      await cluster.run(two.shared.put('other', text('x')))
      await cluster.run(two.shared.delete('ban.a'))
      await cluster.until(() => nodes.every((node) => node.shared.get('ban.a') === undefined), 5_000)
      expect(seen).toEqual(['ban.a 1', `ban.a w${winner}`, 'ban.a -'])
      const [late] = (await cluster.start(1)) as [RelayBackplane]
      await cluster.until(() => late.shared.get('other') !== undefined, 5_000)
      expect(late.shared.entries('').map(([key]) => key)).toEqual(['other'])
    })

    it('logs records: the newest of each name for whoever comes late, and each as it comes', async () => {
      const [one, two] = await setUp()
      await cluster.run(one.records.append('a', text('a1')))
      await cluster.run(one.records.append('b', text('b1')))
      await cluster.run(one.records.append('a', text('a2')))
      const got: string[] = []
      const stop = await cluster.run(two.records.replay((bytes) => got.push(read(bytes))))
      expect(got).toEqual(['b1', 'a2'])
      await cluster.run(two.records.append('c', text('c1')))
      await cluster.run(one.records.append('a', text('a3')))
      await cluster.until(() => got.length >= 4, 5_000)
      expect(got.slice(2)).toEqual(['c1', 'a3'])
      stop()
    })

    it('refuses while the link is down, says so at once, and is whole again after it', async () => {
      const [one, two] = await setUp()
      const states: string[] = []
      one.on('down', () => states.push('down'))
      one.on('up', () => states.push('up'))
      two.answer('who', () => text('two'))
      const got: string[] = []
      two.receive('news', (bytes) => got.push(read(bytes)))
      await cluster.run(two.hold('lp1x'))
      const waiting = one.askNode(two.nodeId, 'never', nothing, { timeoutMs: 60_000 }).catch(({ code }: P2PError) => code)
      two.answer('never', () => new Promise(() => {}))
      await cluster.takeDown()
      expect([one.state, two.state]).toEqual(['down', 'down'])
      const questions: (() => Promise<unknown>)[] = [
        () => one.askPeer('lp1x', 'who', nothing),
        () => one.askNode(two.nodeId, 'who', nothing),
        () => one.shared.put('a', nothing),
      ]
      for (const ask of questions) {
        await expect(cluster.run(ask())).rejects.toMatchObject({ code: 'BACKPLANE_DOWN' })
      }
      expect(await cluster.run(waiting)).toMatch(/BACKPLANE_DOWN|PROTOCOL_NOT_SUPPORTED/)
      expect(one.toNode(two.nodeId, 'news', text('lost'))).toBe(false)
      expect(one.toAll('news', text('lost'))).toBe(false)
      expect(await cluster.run(one.gather('who', nothing))).toEqual([])
      const holding = two.hold('lp1y')
      await cluster.bringUp()
      await cluster.run(holding)
      expect(states).toEqual(['down', 'up'])
      expect(read(await cluster.run(one.askPeer('lp1x', 'who', nothing)))).toBe('two')
      expect(read(await cluster.run(one.askPeer('lp1y', 'who', nothing)))).toBe('two')
      one.toAll('news', text('again'))
      await cluster.until(() => got.length > 0, 5_000)
      expect(got).toEqual(['again'])
      await cluster.run(one.shared.put('a', text('kept')))
      await cluster.until(() => two.shared.get('a') !== undefined, 5_000)
    })

    it('reads nothing of what is no message, and counts it', async () => {
      const [one, two] = await setUp()
      two.receive('news', () => {
        throw new Error('A receiver that fails.')
      })
      one.toNode(two.nodeId, 'news', nothing)
      one.toNode(two.nodeId, 'unheard', nothing)
      await cluster.until(() => two.getStats().unread >= 2, 5_000)
      expect(two.getStats()).toMatchObject({ up: true, nodes: 3 })
      expect(one.getStats().sent).toMatchObject({ news: 1, unheard: 1 })
    })
  })
}
