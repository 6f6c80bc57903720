import type { Attempt, Bench, DialOptions } from '../bench.js'
import type { Channel } from '../channel.js'
import { ensure } from '../check.js'

/** A refusal in the clear is due, with one of these codes. */
export async function refusedWith(attempt: Attempt, codes: string[], what: string): Promise<string> {
  const refusal = await attempt.refusal()
  ensure(refusal !== undefined, `${what}: no refusal in the clear`)
  ensure(codes.includes(refusal.code), `${what}: refused with ${refusal.code}`)
  ensure(await attempt.ends(), `${what}: the connection stays`)
  return refusal.code
}

/** What becomes of a message 3: READY, a CLOSE in the channel, a refusal in the clear, or an end. */
export async function verdict(bench: Bench, options: DialOptions): Promise<{ ready: boolean; code?: string; inClear: boolean }> {
  const channel = await bench.shake(options)
  return verdictOf(channel)
}

export async function verdictOf(channel: Channel): Promise<{ ready: boolean; code?: string; inClear: boolean }> {
  const seen = await channel.until(() => channel.refusal ?? channel.close ?? channel.description ?? (channel.ended || undefined))
  ensure(seen !== undefined, 'silence after message 3')
  const code = (channel.refusal ?? channel.close)?.code
  return { ready: code === undefined && channel.description !== undefined, code, inClear: channel.refusal !== undefined }
}

export function described(channel: Channel): Channel {
  channel.write(channel.describe())
  return channel
}

export async function notTaken(bench: Bench, what: string, codes: string[], options: DialOptions): Promise<string> {
  const { ready, code } = await verdict(bench, options)
  ensure(!ready, `${what}: READY`)
  ensure(code === undefined || codes.includes(code), `${what}: ${code}`)
  return code ?? 'the connection ended'
}
