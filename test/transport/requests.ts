import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage } from 'node:http'

const STARTED = 'http.server.request.start'

/** Settles once a server of this process has begun with so many requests whose method and address are like this. */
export function requests(pattern: RegExp, count = 1): Promise<void> {
  return new Promise((resolve) => {
    let left = count
    const onStart = (event: unknown) => {
      const { method, url } = (event as { request: IncomingMessage }).request
      if (!pattern.test(`${method} ${url}`) || --left > 0) return
      unsubscribe(STARTED, onStart)
      // The handlers of the server come right after this.
      setImmediate(resolve)
    }
    subscribe(STARTED, onStart)
  })
}
