import { encode } from '../../message/codec.js'
import type { Channel, Got } from './channel.js'
import type { Profile } from './check.js'
import type { Self } from './self.js'
import { random } from './wire.js'

export const DHT = 'lotus/dht'
/** Profiles that store records. */
export const SERVERS: readonly Profile[] = ['relay', 'dht-node', 'router']

/** A record of the tester's, signed. */
export interface OwnRecord {
  key: string
  publicKey: Uint8Array
  payload: Uint8Array
  signature: Uint8Array
}

/** A key that nobody else uses. */
export const freshKey = (): string => `conform-${Buffer.from(random(8)).toString('hex')}`

/** A record that lives for a minute. @param fields change what the payload says. */
export async function aRecord(self: Self, network: string, fields: object = {}, raw?: Uint8Array): Promise<OwnRecord> {
  const content: Record<string, unknown> = { key: freshKey(), value: 1, sequence: 1, publishedAt: Date.now(), ttl: 60, ...fields }
  // A field that is undefined is left out.
  const payload = raw ?? encode(content)
  return { key: String(content.key), publicKey: self.publicKey, payload, signature: await self.sign('record', network, payload) }
}

export const recordArray = ({ publicKey, payload, signature }: OwnRecord): unknown[] => [publicKey, payload, signature]

export function store(channel: Channel, record: OwnRecord, more: object = {}): Promise<Got> {
  return channel.ask('store', { record: recordArray(record), ...more }, DHT)
}
