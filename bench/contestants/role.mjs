/**
 * What every contestant's process does, so that all are measured by the same loops and the same clock.
 *
 * A contestant is
 *   name, versions
 *   listen({ host, maxConnections, relay }) → address     starts the serving end: counts what arrives, echoes what asks for it
 *   received() → { messages, bytes }                      counted by the serving end
 *   connections() → number                                held open by the serving end
 *   prepare()                                             makes the dialling node; not timed
 *   open(address, 'flood' | 'echo') → link                a new connection
 *     link.send(payload) → undefined | Promise            one message; a promise is backpressure and is awaited
 *     link.echo(payload) → Promise<Uint8Array>            one request and its answer
 *     link.close() → Promise
 *   hold(address)                                         one more idle connection, by a node of its own
 *   commands                                              what only this contestant does
 *
 * Commands come over IPC as { id, command, args } and are answered by { id, result } or { id, error }.
 */
import { setImmediate as macrotask, setTimeout as sleep } from 'node:timers/promises'

/** CLOCK_MONOTONIC on Linux: the same clock in every process of the machine. Milliseconds. */
export const now = () => Number(process.hrtime.bigint()) / 1e6

/** Runs `task(i)` for 0 ≤ i < count, so many at once. */
export async function concurrently(count, width, task) {
  let next = 0
  const lane = async () => {
    while (next < count) await task(next++)
  }
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane))
}

const untilTrue = async (condition, what, timeoutMs = 30_000) => {
  const deadline = now() + timeoutMs
  while (!condition()) {
    if (now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s in vain for ${what()}`)
    await sleep(5)
  }
}

const patterned = (bytes) => Uint8Array.from({ length: bytes }, (_, i) => i & 0xff)

export function serve(contestant) {
  let link
  let flooding

  const commands = {
    listen: (args) => contestant.listen(args),

    /** Messages per second at the receiver, from the first message on: a warm-up, then the window that counts. */
    async countWindow({ bytes, warmupMs, windowMs }) {
      await untilTrue(
        () => contestant.received().messages > 0,
        () => 'a first message',
      )
      await sleep(warmupMs)
      const [from, start] = [contestant.received(), now()]
      await sleep(windowMs)
      const [to, end] = [contestant.received(), now()]
      const messages = to.messages - from.messages
      if (to.bytes !== to.messages * bytes) throw new Error(`messages of another size than ${bytes} bytes arrived`)
      return { perSecond: (messages * 1000) / (end - start) }
    },

    /** Every message that was sent has to arrive. */
    async countAll({ messages }) {
      await untilTrue(
        () => contestant.received().messages >= messages,
        () => `${messages} messages; ${contestant.received().messages} came`,
      )
      if (contestant.received().messages > messages) throw new Error('more messages arrived than were sent')
    },

    async open({ address, mode }) {
      await contestant.prepare()
      link = await contestant.open(address, mode)
    },

    startFlood({ bytes }) {
      const payload = patterned(bytes)
      const state = { stopped: false, sent: 0 }
      const run = async () => {
        let turn = now()
        while (!state.stopped) {
          for (let i = 0; i < 64; i++) {
            const wait = link.send(payload)
            state.sent++
            if (wait) await wait
          }
          // Leaves the process room for its own timers and for the command to stop.
          if (now() - turn > 10) {
            await macrotask()
            turn = now()
          }
        }
        await link.flush?.()
        return state.sent
      }
      flooding = { state, done: run() }
      flooding.done.catch(() => {})
    },

    async stopFlood() {
      flooding.state.stopped = true
      return { messages: await flooding.done }
    },

    /** One request after the other; microseconds of each. */
    async echo({ bytes, warmup, samples }) {
      const payload = patterned(bytes)
      const times = []
      for (let i = 0; i < warmup + samples; i++) {
        const start = process.hrtime.bigint()
        const answer = await link.echo(payload)
        const time = Number(process.hrtime.bigint() - start) / 1e3
        if (answer.byteLength !== bytes || answer[bytes - 1] !== payload[bytes - 1]) throw new Error('the echo differs')
        if (i >= warmup) times.push(time)
      }
      return { times }
    },

    /** A new connection and a first request answered on it; milliseconds of each. */
    async dial({ address, bytes, warmup, samples }) {
      await contestant.prepare()
      const payload = patterned(bytes)
      const times = []
      for (let i = 0; i < warmup + samples; i++) {
        const start = now()
        const fresh = await contestant.open(address, 'echo')
        const answer = await fresh.echo(payload)
        const time = now() - start
        if (answer.byteLength !== bytes) throw new Error('the echo differs')
        if (i >= warmup) times.push(time)
        await fresh.close()
      }
      return { times }
    },

    hold: ({ address, count }) => concurrently(count, 4, () => contestant.hold(address)),

    /** Memory of this process when it has come to rest: after collections, once resident memory stays within 0.5 %. */
    async memory({ connections }) {
      await untilTrue(
        () => contestant.connections() >= connections,
        () => `${connections} connections; ${contestant.connections()} are open`,
      )
      let [last, steady] = [0, 0]
      for (let i = 0; i < 40 && steady < 4; i++) {
        globalThis.gc()
        await sleep(250)
        const { rss } = process.memoryUsage()
        steady = Math.abs(rss - last) < last * 0.005 ? steady + 1 : 0
        last = rss
      }
      if (contestant.connections() !== connections) throw new Error(`${contestant.connections()} connections, not ${connections}`)
      return process.memoryUsage()
    },

    /** Processor time of this process since its start, all threads; microseconds. */
    cpu() {
      const { user, system } = process.cpuUsage()
      return user + system
    },

    exit() {
      setTimeout(() => process.exit(0), 10)
    },

    ...contestant.commands,
  }

  const fail = (error) => {
    process.send?.({ fatal: error?.stack ?? String(error) }, () => process.exit(1))
    setTimeout(() => process.exit(1), 500).unref()
  }
  process.on('uncaughtException', fail)
  process.on('unhandledRejection', fail)
  process.on('disconnect', () => process.exit(0))
  process.on('message', async ({ id, command, args }) => {
    try {
      process.send({ id, result: await commands[command](args ?? {}) })
    } catch (error) {
      process.send({ id, error: `${error?.code ? `${error.code}: ` : ''}${error?.message ?? error}` })
    }
  })
  process.send({ ready: true, versions: contestant.versions })
}
