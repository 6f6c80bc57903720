import { parseArgs } from 'node:util'
import { type Capacity, type CapacityQuestion, capacityFor, MEASURED } from './capacity.js'

const USAGE = `Usage: lotus-p2p capacity --wallets <number> [options]

What so many wallets that are connected at once need, from what was measured (docs/operating.md). A plan on paper: measure on your machines.

  --wallets <number>   connected at once
  --active <percent>   of them, those that send a message a second (5)
  --message <bytes>    bytes of such a message (512)
  --cores <number>     cores of one machine (4)
  --memory <GB>        memory of one machine (8)
  --json               for programs
`

/** The call is wrong. */
class UsageError extends Error {}

/**
 * The command `lotus-p2p capacity`.
 *
 * @param args what stands behind `capacity`.
 * @param say writes a line for whoever reads the plan, `complain` one for whoever has called.
 * @returns the exit code: 0, or 2 where the call is wrong.
 */
export async function capacity(
  args: readonly string[],
  say: (line: string) => void,
  complain: (lines: string) => void,
): Promise<number> {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        wallets: { type: 'string' },
        active: { type: 'string', default: '5' },
        message: { type: 'string', default: '512' },
        cores: { type: 'string', default: '4' },
        memory: { type: 'string', default: '8' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) {
      say(USAGE.trimEnd())
      return 0
    }
    if (values.wallets === undefined) throw new UsageError('Say how many: lotus-p2p capacity --wallets 10000.')
    const question: CapacityQuestion = {
      wallets: whole('wallets', values.wallets, 1, 100_000_000),
      activeShare: whole('active', values.active, 0, 100) / 100,
      messageBytes: whole('message', values.message, 0, 1_048_576),
      cores: whole('cores', values.cores, 1, 256),
      memoryBytes: whole('memory', values.memory, 1, 4_096) * 1e9,
    }
    const plan = capacityFor(question)
    if (values.json) say(JSON.stringify({ ...plan, costs: MEASURED }))
    else for (const line of told(question, plan)) say(line)
    return 0
  } catch (error) {
    complain(
      `Usage: lotus-p2p capacity --wallets <number>; lotus-p2p capacity --help lists the options.\n${(error as Error).message}`,
    )
    return 2
  }
}

function told({ wallets, activeShare, messageBytes, cores, memoryBytes }: CapacityQuestion, plan: Capacity): string[] {
  const row = (name: string, text: string) => `  ${name.padEnd(12)}${text}`
  const mbit = (bits: number) => `${amount(bits / 1e6)} Mbit/s`
  return [
    `${amount(wallets)} wallets, ${amount(100 * activeShare)} % of them with a message of ${amount(messageBytes)} bytes a second`,
    row('cells', `${plan.cells} of ${amount(plan.walletsPerCell)} wallets, each a name, an identity and a NATS cluster`),
    row('processes', `${plan.processes}, each with ${amount(plan.walletsPerProcess)} wallets, on a core of its own`),
    row(
      'options',
      `--max-connections ${plan.maxConnections} --max-memory ${plan.maxMemoryMB}: room for those of one that has died`,
    ),
    row('machines', `${plan.machines} with ${cores} cores and ${amount(memoryBytes / 1e9)} GB, a fifth of them to spare`),
    row(
      'processor',
      `${amount(plan.idleCores)} cores for idle wallets, ${amount(plan.messageCores)} for ${amount(plan.messagesPerS)} messages a second`,
    ),
    row('NATS', `3 servers a cell: ${amount(plan.natsBytes / 1e6)} MB each for subjects, ${amount(plan.natsCores)} cores`),
    row('records', `${amount(plan.recordWritesPerS)} writes a second at each process`),
    row('traffic', `${mbit(plan.idleBitsPerS)} idle, ${mbit(plan.activeBitsPerS)} for messages, in and out together`),
    row('recovery', `${amount(plan.recoveryS)} s of each other process of its cell, where one dies`),
  ]
}

/** Two significant digits below ten, and thousands with commas. */
function amount(value: number): string {
  if (value < 10) return `${Number(value.toPrecision(2))}`
  return `${Math.round(value)}`.replace(/\B(?=(\d{3})+$)/g, ',')
}

/** @throws UsageError */
function whole(flag: string, text: string, min: number, max: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) throw new UsageError(`--${flag} must be a whole number from ${min} to ${max}.`)
  return value
}
