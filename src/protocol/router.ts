import { isP2PError, P2PError, whyOf } from '../base/errors.js'
import { fenced } from '../base/fenced.js'
import { isWellFormed } from '../base/text.js'
import type { P2PMessage } from '../message/message.js'
import type { IProtocolHandler, ProtocolHost, ProtocolUse } from './handler.js'
import type { PeerInfo } from './peer-info.js'
import { CORE_PROTOCOL } from './pending-requests.js'
import { checkProtocolLimits, type ProtocolLimits } from './rate-limits.js'

/** Brings messages and the comings and goings of peers to the protocol handlers, each fenced off from the others. */
export class ProtocolRouter {
  readonly handlers = new Map<string, IProtocolHandler>()
  /** That a request has failed is no use of its own: a lookup whose question is refused keeps no connection. */
  private readonly uses = new Map<string | undefined, ProtocolUse>([[CORE_PROTOCOL, 'passing']])

  constructor(
    private readonly wiring: {
      host: ProtocolHost
      onError: (error: P2PError, peer?: PeerInfo) => void
      /** Tells the sender that its message could not be handled. */
      onFailed: (message: P2PMessage, error: P2PError) => void
    },
  ) {}

  get names(): string[] {
    return [...this.handlers.keys()]
  }

  /** What the protocol's handler has declared; `'default'` where nothing, undefined without a handler. */
  limitsOf(name = ''): ProtocolLimits | 'default' | undefined {
    const handler = this.handlers.get(name)
    return handler && (handler.rateLimits ?? 'default')
  }

  /** What a message of this protocol says of the connection that carries it. */
  useOf(name: string | undefined): ProtocolUse {
    return this.uses.get(name) ?? 'lasting'
  }

  /** @throws P2PError DUPLICATE_PROTOCOL, INVALID_CONFIG. */
  register(handler: IProtocolHandler): void {
    const name = handler?.protocolName
    // Both mean something else among budgets.
    const isName =
      typeof name === 'string' && isWellFormed(name) && name !== '' && name.length <= 128 && name !== '*' && name !== '__proto__'
    if (!isName || typeof handler.handleMessage !== 'function') {
      throw new P2PError(
        'INVALID_CONFIG',
        'A handler must have handleMessage and a protocolName of 1 to 128 characters, well-formed.',
      )
    }
    if (this.handlers.has(name)) {
      throw new P2PError('DUPLICATE_PROTOCOL', `A handler of "${name}" is registered already.`, {
        details: { protocol: name },
      })
    }
    checkProtocolLimits(name, handler.rateLimits)
    // What it throws is the caller's; what its promise rejects with is reported.
    const registering: unknown = handler.onRegister?.(this.wiring.host)
    this.fenced(name, undefined, () => registering)
    this.handlers.set(name, handler)
    const { use, asks } = handler
    if (use === undefined) return
    this.uses.set(name, use)
    if (asks !== undefined) this.uses.set(asks, use)
  }

  unregister(name: string): boolean {
    const handler = this.handlers.get(name)
    this.handlers.delete(name)
    this.uses.delete(name)
    this.fenced(name, undefined, () => handler?.onUnregister?.())
    return handler !== undefined
  }

  dispatch(message: P2PMessage, from: PeerInfo): void {
    const { protocol: name = '' } = message
    const handler = this.handlers.get(name)
    if (handler === undefined) {
      const error = new P2PError('PROTOCOL_NOT_SUPPORTED', `This peer has no protocol "${name}".`, {
        details: { protocol: name },
      })
      this.wiring.onFailed(message, error)
      return
    }
    const failed = (cause: unknown) => {
      const error = isP2PError(cause) ? cause : handlerFailed(name, cause)
      // A handler that refuses with a code of ours has done its work; anything else is a bug worth a report.
      if (error !== cause) this.wiring.onError(error, from)
      this.wiring.onFailed(message, error === cause ? error : new P2PError('HANDLER_FAILED', `The handler of "${name}" failed.`))
    }
    // Never awaited: a handler that takes for ever holds up no other.
    fenced(() => handler.handleMessage(message, from), failed)
  }

  /** Tells a handler that was registered late of a peer that is connected already. */
  connectedTo(handler: IProtocolHandler, peer: PeerInfo): void {
    this.fenced(handler.protocolName, peer, () => handler.onPeerConnected?.(peer))
  }

  connected(peer: PeerInfo): void {
    for (const handler of this.handlers.values()) this.connectedTo(handler, peer)
  }

  disconnected(peer: PeerInfo, reason: P2PError): void {
    for (const [name, handler] of this.handlers) this.fenced(name, peer, () => handler.onPeerDisconnected?.(peer, reason))
  }

  private fenced(name: string, peer: PeerInfo | undefined, run: () => unknown): void {
    fenced(run, (cause) => this.wiring.onError(handlerFailed(name, cause), peer))
  }
}

/** For a handler that has failed with an error of its own. */
export function handlerFailed(name: string, cause: unknown): P2PError {
  const why = whyOf(cause)
  return new P2PError('HANDLER_FAILED', `The handler of "${name}" failed: ${why}`, {
    details: { protocol: name },
    cause,
  })
}
