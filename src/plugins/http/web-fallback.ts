import { asWebAddress, isWebAddress } from '../../address/addresses.js'
import { platformTimer } from '../../base/clock.js'
import { abortedError, asP2PError, P2PError } from '../../base/errors.js'
import { HTTP_LIMITS } from '../../base/limits/http.js'
import { type Limits, limitsOf } from '../../base/limits.js'
import type { Connection, DialOptions, Transport } from '../../transport/transport.js'
import { webSocket } from '../../transport/websocket.js'
import { httpDial } from './http.js'

/** WebSocket attempts of one dial, the second at once after the first: a middlebox that has slept lets the second through. */
const WEBSOCKET_ATTEMPTS = 2

/**
 * WebSocket, and HTTP to the same host where the network lets no WebSocket through: after two quick failures, or beside a
 * WebSocket that has not opened within `limits.httpHeadStartMs`. Whichever opens first carries the connection. Nothing is remembered of
 * it: whoever holds up one WebSocket would decide how the next dials go.
 *
 * @param options.limits default: those of the coordinator that dials.
 * @example
 * new P2PCoordinator({ transports: [webFallback()], bootstrap: ['wss://relay.example'] })
 */
export function webFallback(options?: { limits?: Limits | undefined }): Transport {
  const ways: Ways = { webSocket: webSocket(), http: httpDial }
  const isHttp = (address: string) => isWebAddress(address, 'http')
  return {
    name: 'http',
    rank: 2,
    direct: true,
    canDial: (address) => isWebAddress(address, 'ws') || isHttp(address),
    dial: (address, dialOptions) => {
      const within = { ...dialOptions, limits: limitsOf({ ...HTTP_LIMITS, ...(options?.limits ?? dialOptions.limits) }) }
      return isHttp(address) ? ways.http(address, within) : dialBoth(address, within, ways)
    },
  }
}

interface Ways {
  webSocket: Transport
  http: typeof httpDial
}

function dialBoth(address: string, options: DialOptions & { limits: Limits }, ways: Ways): Promise<Connection> {
  const { signal, limits } = options
  return new Promise((resolve, reject) => {
    const httpAddress = asWebAddress(address, 'http')
    const losers = new AbortController()
    const failures: { webSocket?: P2PError; http?: P2PError } = {}
    let settled = false
    let httpBegun = false

    const settle = (): boolean => {
      if (settled) return false
      settled = true
      clearTimeout(headStart)
      signal?.removeEventListener('abort', onAbort)
      losers.abort()
      return true
    }
    const won = (connection: Connection) => {
      if (!settle()) {
        connection.close()
        return
      }
      resolve(connection)
    }
    const failed = () => {
      const { webSocket, http } = failures
      if (webSocket !== undefined && http !== undefined && settle()) reject(bothFailed(webSocket, http, address, httpAddress))
    }
    const onAbort = () => {
      if (settle()) reject(abortedError('The dial', signal?.reason))
    }

    const tryWebSocket = (attempt: number) => {
      ways.webSocket.dial(address, { ...options, signal: losers.signal }).then(won, (error: unknown) => {
        if (settled) return
        const reason = asP2PError(error, 'PEER_UNREACHABLE', `No connection to ${address}.`)
        if (reason.code === 'INVALID_ADDRESS' || reason.code === 'INSECURE_ADDRESS') {
          settle()
          reject(reason)
        } else if (attempt < WEBSOCKET_ATTEMPTS && !httpBegun && reason.code === 'PEER_UNREACHABLE') {
          tryWebSocket(attempt + 1)
        } else {
          failures.webSocket = reason
          tryHttp()
          failed()
        }
      })
    }
    const tryHttp = () => {
      if (settled || httpBegun) return
      httpBegun = true
      ways.http(httpAddress, { ...options, signal: losers.signal }, address).then(won, (error: unknown) => {
        failures.http = asP2PError(error, 'PEER_UNREACHABLE', `No connection to ${httpAddress}.`)
        failed()
      })
    }

    const headStart = platformTimer(tryHttp, limits.httpHeadStartMs)
    signal?.addEventListener('abort', onAbort)
    if (signal?.aborted) {
      onAbort()
      return
    }
    tryWebSocket(1)
  })
}

/** The WebSocket's error: that is the address dialled. What HTTP said is among its details. */
function bothFailed(webSocket: P2PError, http: P2PError, address: string, httpAddress: string): P2PError {
  const paths = [
    { path: address, code: webSocket.code, message: webSocket.message },
    { path: httpAddress, code: http.code, message: http.message },
  ]
  return new P2PError(webSocket.code, webSocket.message, { details: { ...webSocket.details, paths }, cause: webSocket })
}
