import { isBytes } from '../base/bytes.js'
import { platformTimer } from '../base/clock.js'
import { P2PError } from '../base/errors.js'
import type { Logger } from '../base/logger.js'
import { printable } from '../base/text.js'

/** Least first. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Characters of one line for people that others have a say in. */
const MAX_TEXT = 256

export interface RelayLogOptions {
  /** `json`: one object a line, for what collects logs. */
  form: 'text' | 'json'
  /** What is less than this is not told. */
  level: LogLevel
  /** Writes a line, which has its end already; `errors` where a terminal is to show it apart. */
  write(line: string, errors: boolean): void
  /** Milliseconds since the Unix epoch. */
  now(): number
}

/** What happens at a relay, for people or for programs. Holds no keys and no messages. */
export class RelayLog {
  /** For what the SDK has to tell beside its events. */
  readonly logger: Logger = {
    debug: (message, facts) => this.tell('debug', 'debug', { message, ...facts }, message),
    warn: (message, facts) => this.tell('warn', 'warning', { message, ...facts }, message),
    error: (message, facts) => this.tell('error', 'error', { message, ...facts }, message),
  }

  constructor(private readonly options: RelayLogOptions) {}

  /**
   * Tells of one event.
   *
   * @param event its name in lower case with hyphens, for programs.
   * @param facts for programs.
   * @param text for people; its lines are as they are given, but for what no terminal should get.
   */
  tell(level: LogLevel, event: string, facts: Record<string, unknown>, text: string | readonly string[]): void {
    const { options } = this
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(options.level)) return
    const isGrave = level === 'warn' || level === 'error'
    if (options.form === 'json') {
      const time = new Date(options.now()).toISOString()
      options.write(`${JSON.stringify({ time, level, event, ...safe(facts) })}\n`, false)
    } else if (typeof text === 'string') {
      options.write(`${isGrave ? 'lotus-p2p: ' : ''}${printable(text, MAX_TEXT)}\n`, isGrave)
    } else for (const line of text) options.write(`${line}\n`, isGrave)
  }

  /** As `tell`, with the time in front of the text. */
  tellNow(level: LogLevel, event: string, facts: Record<string, unknown>, text: string): void {
    this.tell(level, event, facts, `${new Date(this.options.now()).toISOString()} ${text}`)
  }
}

/** Lines wait for others for so long, milliseconds: to write to a pipe stops everything, and costs more than all else that a line does. */
const TOGETHER_MS = 50
const MAX_TOGETHER = 65_536

/**
 * Lines that are written together. What waits when the process ends by itself is to be flushed; what kills it at once takes a twentieth of a
 * second of lines with it.
 */
export class Lines {
  private waiting = ''
  private timer: NodeJS.Timeout | undefined

  constructor(private readonly write: (lines: string) => void) {}

  add(line: string): void {
    this.waiting += line
    if (this.waiting.length > MAX_TOGETHER) this.flush()
    else this.timer ??= platformTimer(() => this.flush(), TOGETHER_MS).unref()
  }

  flush(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    const lines = this.waiting
    this.waiting = ''
    if (lines !== '') this.write(lines)
  }
}

/** What JSON has a form for: errors by code and message, big numbers as digits, bytes by their length. */
function safe(facts: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, safeFact(fact)]))
}

function safeFact(fact: unknown): unknown {
  if (fact instanceof P2PError) return { code: fact.code, message: printable(fact.message, MAX_TEXT) }
  if (fact instanceof Error) return { code: fact.name, message: printable(fact.message, MAX_TEXT) }
  if (isBytes(fact)) return `${fact.length} bytes`
  if (typeof fact === 'bigint') return `${fact}`
  if (typeof fact === 'string') return printable(fact, MAX_TEXT)
  if (Array.isArray(fact)) return fact.slice(0, 64).map(safeFact)
  // Of what the SDK tells nothing is deeper.
  return typeof fact === 'object' && fact !== null ? printable(String(fact), MAX_TEXT) : fact
}
