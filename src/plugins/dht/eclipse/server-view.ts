import type { Limits } from '../../../base/limits.js'
import { parsed } from '../../../message/shape.js'
import type { ProtocolHost } from '../../../protocol/handler.js'
import type { ConnectedServers } from '../client/connected-servers.js'
import { DHT_PROTOCOL, findNodeAnswer } from '../client/dht-messages.js'
import type { VerifiedRecord } from '../records/record.js'
import { type Contact, readContacts } from '../walk/contact.js'

/** What one server says by itself, for whoever compares several. */
export class ServerView {
  constructor(
    private readonly protocolHost: ProtocolHost,
    private readonly servers: ConnectedServers,
    private readonly limits: Limits,
    private readonly ownId: () => Uint8Array,
  ) {}

  /** The nodes that a server names as nearest to a place. @throws P2PError where it does not answer as one does. */
  async nodes(peerId: string, target: Uint8Array): Promise<Contact[]> {
    const answer = await this.ask(peerId, { type: 'find-node', payload: { target } })
    const { closer } = parsed(findNodeAnswer, answer.payload, 'A DHT message')
    const { network } = this.protocolHost
    const options = { max: this.limits.dhtBucketSize, own: this.ownId(), rules: this.protocolHost, network }
    return readContacts(closer ?? [], target, options)
  }

  /**
   * Whether a server shows a record: from its own store, else after it has looked in the whole network.
   *
   * @param sequence the oldest that will do.
   * @throws P2PError where it does not answer as a server does.
   */
  async shows(peerId: string, key: string, publisherId: string, publisher: string, sequence = 0): Promise<boolean> {
    for (const walk of [false, true]) {
      const payload = { key, filters: { publisherId }, ...(walk && { walk }) }
      const { records } = await this.servers.exchanges.readFrom(payload, (request) => this.ask(peerId, request), peerId)
      if (records.some((record) => record.publisher === publisher && record.sequence >= sequence)) return true
    }
    return false
  }

  /** Stores our record at one server. False where it did not take it. */
  async give(peerId: string, entry: VerifiedRecord): Promise<boolean> {
    const { stored } = await this.servers.store(entry, { at: peerId })
    return stored.includes(peerId)
  }

  private ask(peerId: string, request: { type: string; payload: unknown }) {
    return this.protocolHost.request(peerId, { ...request, protocol: DHT_PROTOCOL }, { timeoutMs: this.limits.dhtTimeoutMs })
  }
}
