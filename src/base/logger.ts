import { fenced } from './fenced.js'

/** Where the SDK writes what it cannot report otherwise. Never gets keys or payloads. */
export interface Logger {
  debug(message: string, facts?: Record<string, unknown>): void
  warn(message: string, facts?: Record<string, unknown>): void
  error(message: string, facts?: Record<string, unknown>): void
}

/** Warnings and errors to the console, nothing else. */
export const consoleLogger: Logger = {
  debug: () => {},
  warn: (message, facts) => console.warn(`lotus-p2p: ${message}`, facts ?? ''),
  error: (message, facts) => console.error(`lotus-p2p: ${message}`, facts ?? ''),
}

/** The logger, fenced: one that throws, or whose promise rejects, as a remote one does offline, breaks nothing; what it was told is lost. */
export function fencedLogger(logger: Logger): Logger {
  const fence =
    (level: keyof Logger): Logger['warn'] =>
    (message, facts) =>
      fenced(() => logger[level](message, facts))
  return logger === consoleLogger ? logger : { debug: fence('debug'), warn: fence('warn'), error: fence('error') }
}
