import { setTimeout as pause } from 'node:timers/promises'
import type { Channel } from '../channel.js'
import { type Check, ensure } from '../check.js'
import { HEARTBEAT, Kind, readUint, sequenceEntry, switchEntry } from '../wire.js'
import { endsAt, twoPaths } from './seen.js'

/** The SWITCH entries that have come on a channel. */
const switches = (channel: Channel): number[] =>
  channel.entries.filter(({ kind }) => kind === Kind.SWITCH).map(({ body }) => readUint(body))

export const pathChecks: Check[] = [
  {
    clause: 'S-23',
    title: 'says SWITCH before anything else on each path on which it speaks',
    async run(bench) {
      const channel = await bench.dial()
      await channel.alive()
      const wrong = channel.broke.get('S-23')
      ensure(wrong === undefined, String(wrong))
      ensure(switches(channel)[0] === 0, `SWITCH ${switches(channel)[0]} on the first path`)
      return 'SWITCH 0, then the rest'
    },
  },
  {
    clause: 'S-24',
    title: 'sends nothing but ACK and CLOSE on a path that it has left',
    async run(bench) {
      const { first, second } = await twoPaths(bench)
      second.switchHere(1)
      await second.alive()
      const left = first.entries.length
      for (let i = 0; i < 5; i++) await second.alive()
      await pause(300)
      const late = first.entries
        .slice(left)
        .find(({ kind }) => ![Kind.ACK, Kind.CLOSE].includes(kind as never) && kind < Kind.PADDING)
      ensure(late === undefined, `an entry ${late?.kind.toString(16)} on the path that it has left`)
      return `${first.entries.length - left} entries on the old path, ACK and CLOSE alone`
    },
  },
  {
    clause: 'S-25',
    title: 'follows a SWITCH of a higher count',
    async run(bench) {
      const { first, second } = await twoPaths(bench)
      second.switchHere(1)
      first.switchHere(7)
      ensure(
        await first.until(() => switches(first).includes(7) || undefined),
        `SWITCH ${switches(first).join(', ')} on the path that was chosen with 7`,
      )
      await first.alive()
      return 'SWITCH 7 on the path that was chosen with 7'
    },
  },
  {
    clause: 'S-26',
    title: 'replaces the session of another process, and takes a second channel of the same',
    async run(bench) {
      const { first, second, self } = await twoPaths(bench)
      ensure(!first.isOver, `the first channel is over: ${first.state()}`)
      second.switchHere(1)
      await second.alive()
      const other = await bench.dial({ self: self.reborn() })
      await other.alive()
      await second.until(() => second.isOver || undefined)
      ensure(second.close?.code === 'REPLACED', `another process came, and the old one got ${second.close?.code ?? 'no CLOSE'}`)
      return 'a second channel was taken; another process: REPLACED'
    },
  },
  {
    clause: 'S-29',
    title: 'closes the path that was left, where its dialler does not',
    async run(bench) {
      const { first, second } = await twoPaths(bench)
      second.switchHere(1)
      await second.alive()
      const at = Date.now()
      ensure(await first.until(() => first.isOver || undefined, 2_000 + bench.options.waitMs), 'the old path stays')
      ensure(first.close?.code === 'DUPLICATE_CONNECTION', `the old path ends with ${first.close?.code ?? 'no CLOSE'}`)
      await second.alive()
      return `DUPLICATE_CONNECTION after ${Date.now() - at} ms`
    },
  },
  endsAt('S-30', 'takes no SWITCH on a path whose count is not above the one before', {
    'SWITCH 0 twice': (_, stream) => [switchEntry(0), sequenceEntry(stream, 2, 0, HEARTBEAT)],
    'SWITCH 5, then 4': (_, stream) => [switchEntry(5), switchEntry(4), sequenceEntry(stream, 2, 0, HEARTBEAT)],
  }),
]
