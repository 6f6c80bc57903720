import { type ParseArgsConfig, parseArgs } from 'node:util'
import { isWebAddress } from '../../address/addresses.js'
import { isP2PError, P2PError } from '../../base/errors.js'
import { printable } from '../../base/text.js'
import { DEFAULT_NETWORK, isNetworkName } from '../../identity/envelope.js'
import { isPeerId } from '../../identity/peer-id.js'
import { Bench, type TargetOptions } from './bench.js'
import { type Check, PROFILES, type Profile } from './check.js'
import { CHECKS, checksOf } from './checks.js'
import { CircuitBench } from './circuit-bench.js'
import { DIALLER_CHECKS } from './dialler-checks.js'
import { httpRequest, webUrl } from './http.js'
import { listenFor } from './listen.js'
import { type BenchMaker, HANDSHAKE_MS, type Result, runChecks } from './run.js'
import { UNOBSERVABLE } from './unobservable.js'
import { CONFORM_USAGE } from './usage.js'

const DIALLER = 'a rule of the dialler: conform --listen looks at it'

/** The command was called in a wrong way. */
class UsageError extends Error {}

const OPTIONS = {
  profile: { type: 'string' as const, default: 'relay' },
  listen: { type: 'string' as const },
  relay: { type: 'boolean' as const, default: false },
  peer: { type: 'string' as const },
  network: { type: 'string' as const, default: DEFAULT_NETWORK },
  only: { type: 'string' as const, multiple: true as const, default: [] as string[] },
  timeout: { type: 'string' as const, default: '3000' },
  work: { type: 'string' as const, default: '20' },
  verbose: { type: 'boolean' as const, default: false },
  json: { type: 'boolean' as const, default: false },
  help: { type: 'boolean' as const, short: 'h', default: false },
} satisfies ParseArgsConfig['options']

function read(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function whole(flag: string, text: string, min: number, max: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) throw new UsageError(`--${flag} must be a whole number from ${min} to ${max}.`)
  return value
}

function isProfile(text: string): text is Profile {
  return (PROFILES as readonly string[]).includes(text)
}

/**
 * The command `lotus-p2p conform`.
 *
 * @param args what stands behind `conform`.
 * @param say writes a line for whoever reads the results, `complain` one for whoever has called.
 * @returns the exit code: 0 where no clause is broken, 1 where one is or nothing answers, 2 where the call is wrong.
 */
export async function conform(
  args: readonly string[],
  say: (line: string) => void,
  complain: (line: string) => void,
): Promise<number> {
  try {
    return await run(args, say)
  } catch (error) {
    const isUsage = error instanceof UsageError
    if (!isUsage && !isP2PError(error)) throw error
    complain(isUsage ? `${error.message}\n\n${CONFORM_USAGE}` : `lotus-p2p: ${(error as Error).message}`)
    return isUsage ? 2 : 1
  }
}

/** @throws UsageError; P2PError PEER_UNREACHABLE where nothing answers at the address. */
async function run(args: readonly string[], say: (line: string) => void): Promise<number> {
  const { values, positionals } = read(args)
  if (values.help) {
    say(CONFORM_USAGE.trimEnd())
    return 0
  }
  const { profile, network, peer, only } = values
  if (!isNetworkName(network)) throw new UsageError('--network has 1 to 32 characters of a-z, 0-9 and -.')
  const waitMs = whole('timeout', values.timeout, 100, 60_000)
  const maxBits = whole('work', values.work, 0, 32)
  if (values.listen !== undefined) {
    if (positionals.length > 0) throw new UsageError('With --listen the tester is dialled, and dials nobody.')
    const port = whole('listen', values.listen, 0, 65_535)
    const checks = values.relay ? chosen(checksOf('peer'), only) : undefined
    const wants = (clause: string) => fits(clause, only)
    return report(await listenFor({ port, network, waitMs, maxBits, ...(checks && { checks }), wants, say }), values.json, say)
  }
  if (values.relay) throw new UsageError('--relay goes with --listen: the target dials the tester as its relay.')
  const [address, ...more] = positionals
  if (address === undefined || more.length > 0)
    throw new UsageError('Say which peer to test: lotus-p2p conform wss://relay.example')
  if (!isWebAddress(address, 'ws')) throw new UsageError(`Not an address: ${printable(address)}. It begins with ws:// or wss://.`)
  if (!isProfile(profile)) throw new UsageError(`--profile must be one of ${PROFILES.join(', ')}.`)
  if (peer !== undefined && !isPeerId(peer)) throw new UsageError(`--peer is not a peer id: ${printable(peer)}`)
  const checks = chosen(checksOf(profile), only)
  const options: TargetOptions = {
    address,
    network,
    waitMs,
    handshakeMs: HANDSHAKE_MS,
    maxBits,
  }
  await httpRequest(webUrl(address), {}, options.waitMs).catch((error: Error) => {
    throw new P2PError('PEER_UNREACHABLE', `Nothing answers at ${address}: ${error.message}`)
  })
  const make: BenchMaker = (given) => (peer === undefined ? new Bench(given) : new CircuitBench(given, peer))
  const results = await runChecks(checks, options, { make })
  if (values.verbose) results.push(...unobservable(only))
  return report(results, values.json, say)
}

/** Tells the results. @returns the exit code. */
function report(results: readonly Result[], asJson: boolean, say: (line: string) => void): number {
  if (asJson) for (const result of results) say(JSON.stringify(result))
  else for (const line of tableOf(results)) say(line)
  return results.some(({ outcome }) => outcome === 'failed') ? 1 : 0
}

const fits = (clause: string, only: readonly string[]): boolean =>
  only.length === 0 || only.some((wanted) => clause === wanted || clause.startsWith(`${wanted}-`))

function chosen(checks: Check[], only: readonly string[]): Check[] {
  const found = checks.filter(({ clause }) => fits(clause, only))
  if (found.length === 0)
    throw new UsageError(`--only: no clause of this profile is checked under ${printable(only.join(', '))}.`)
  return found
}

/** The clauses that this run has not looked at, and why. */
function unobservable(only: readonly string[]): Result[] {
  const known = new Set(CHECKS.map(({ clause }) => clause))
  const ofDiallers = DIALLER_CHECKS.filter(({ clause }) => !known.has(clause))
  const reasons = { ...Object.fromEntries(ofDiallers.map(({ clause }) => [clause, DIALLER])), ...UNOBSERVABLE }
  return Object.entries(reasons)
    .filter(([clause]) => fits(clause, only))
    .map(([clause, seen]) => ({ clause, title: '', outcome: 'not observable', seen, ms: 0 }))
}

/** Lines for people: clause, outcome, what was seen. What has failed is told with what was due, and again at the end. */
export function tableOf(results: readonly Result[]): string[] {
  const line = ({ clause, outcome, title, seen }: Result) => {
    const due = outcome === 'failed' ? `${title}: ` : ''
    return `${clause.padEnd(6)}${outcome.padEnd(16)}${printable(due + seen, 400)}`
  }
  const failed = results.filter(({ outcome }) => outcome === 'failed')
  const count = (outcome: Result['outcome']) => results.filter((result) => result.outcome === outcome).length
  const sum = `${count('passed')} passed, ${failed.length} failed, ${count('not observable')} not observable`
  return [...results.map(line), '', ...(failed.length > 0 ? [...failed.map(line), ''] : []), sum]
}
