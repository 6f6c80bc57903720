import type { RelayBackplane } from '../../backplane/backplane.js'
import { BusBackplane } from '../../backplane/bus-backplane.js'
import { systemClock } from '../../base/clock.js'
import { NatsBus } from './nats-bus.js'
import { NatsClient, type NatsLink, type NatsOptions } from './nats-link.js'
import { natsMail } from './nats-mail.js'

/** A backplane over NATS, and the link that it has, for what else is kept there. */
export interface NatsBackplane extends RelayBackplane {
  readonly link: NatsLink
}

/**
 * Makes what the processes of a relay share at NATS, mail too, with a key that may: theirs may not.
 *
 * @throws P2PError INVALID_CONFIG, BACKPLANE_DOWN, STORAGE_FAILED.
 */
export async function initCluster(options: NatsOptions): Promise<void> {
  const link = new NatsClient(options)
  const bus = new NatsBus(link)
  const mail = natsMail(link)
  try {
    await bus.shared.open()
    await bus.records.open()
    // To read anything there opens it.
    await mail.getBox('none')
  } finally {
    await mail.close()
    await bus.close()
  }
}

/**
 * Joins the processes of one relay by NATS (2.9 or newer, with JetStream). Needs the packages `@nats-io/transport-node`, `@nats-io/jetstream` and
 * `@nats-io/kv`. Connects when the relay starts.
 *
 * @throws P2PError INVALID_CONFIG.
 * @example
 * const backplane = natsBackplane({ servers: 'nats://127.0.0.1:4222', cluster: 'c1' })
 * const relay = await startRelay({ identity: await fileIdentity('relay.key'), backplane })
 */
export function natsBackplane(options: NatsOptions): NatsBackplane {
  const link = new NatsClient(options)
  const backplane = new BusBackplane({ clock: systemClock, bus: () => new NatsBus(link) })
  return Object.assign(backplane, { link })
}
