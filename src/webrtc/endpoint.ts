import type { IProtocolHandler } from '../protocol-handler.js'
import type { Connection, Listener, Transport } from '../transport/transport.js'
export class WebRtcEndpoint implements IProtocolHandler, Transport, Listener {
  readonly protocolName = 'lotus/webrtc'
  readonly name = 'webrtc'
  readonly transport = 'webrtc'
  readonly addresses: readonly string[] = []
  constructor(_: object = {}) {}
  canDial(address: string) {
    return address.startsWith('webrtc:')
  }
  dial(): Promise<Connection> {
    throw new Error('stub')
  }
  async listen() {}
  async close() {}
  async handleMessage() {}
  networkChanged() {}
}
export interface WebRtcOptions {
  implementation?: unknown
  iceServers?: unknown[]
  iceTransportPolicy?: 'all' | 'relay'
}
export function isWebRtcAvailable(_: WebRtcOptions): boolean {
  return false
}
