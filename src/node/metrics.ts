import type { Counter, Gauge, Registry } from 'prom-client'
import type { BackplaneStats } from '../backplane/backplane.js'
import { P2PError } from '../base/errors.js'
import type { CoordinatorStats } from '../coordinator.js'
import type { MailServerStats } from '../mail/server/mail-server.js'
import type { RelayStats } from '../plugins/circuit/server/circuit-relay.js'
import type { PresenceStats } from './backplane/presence.js'
import type { OnionRelayStats } from './onion-relay.js'
import type { WebSocketServerStats } from './web-socket-server.js'

const PREFIX = 'lotus_p2p_'

/** What a relay counts, all at one moment. */
export interface MetricsSource {
  coordinator: CoordinatorStats
  listener: WebSocketServerStats
  circuits: RelayStats
  /** Where the relay keeps mail. */
  mail?: MailServerStats
  /** Where it is one of several processes. */
  backplane?: (BackplaneStats & PresenceStats & { walker: boolean }) | undefined
  /** Bytes of letters at most; 0 where it keeps none. */
  maxMailBytes: number
  draining: boolean
  /** Where the relay is a hop of the onion. */
  onion?: OnionRelayStats
  slowReaders: number
  memory: { usedBytes: number; maxBytes: number; state: number; refused: number; ended: number }
}

/** Upper bounds of the times of questions between processes, seconds: one to a process on the same network takes a millisecond. */
const ASK_SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2]

/** A relay's numbers in the text form of Prometheus. */
export interface Metrics {
  readonly contentType: string
  text(): Promise<string>
}

type Value = number | { [label: string]: number }

/**
 * Collects what a relay counts for Prometheus, in a registry of its own; `prom-client` is loaded only here.
 *
 * @param source read once for each scrape.
 * @param onAsked calls back after each question to another process: its kind, and how many milliseconds it took.
 * @throws P2PError INVALID_CONFIG where the package `prom-client` is missing.
 */
export async function relayMetrics(
  source: () => MetricsSource,
  onAsked: (observe: (kind: string, ms: number) => void) => void = () => {},
): Promise<Metrics> {
  const client = await import('prom-client').catch((cause: unknown) => {
    throw new P2PError('INVALID_CONFIG', 'Metrics need the package prom-client: npm install prom-client', { cause })
  })
  const registry: Registry = new client.Registry()
  client.collectDefaultMetrics({ register: registry, prefix: PREFIX })
  const metrics = METRICS.map(({ name, help, type, label, of }) => {
    const options = { name: PREFIX + name, help, labelNames: label === undefined ? [] : [label], registers: [registry] }
    return { metric: type === 'counter' ? new client.Counter(options) : new client.Gauge(options), label, of }
  })
  const asks = new client.Histogram({
    name: `${PREFIX}backplane_ask_seconds`,
    help: 'Time of questions to other processes, those that failed included.',
    labelNames: ['kind'],
    buckets: ASK_SECONDS,
    registers: [registry],
  })
  onAsked((kind, ms) => asks.observe({ kind }, ms / 1_000))
  return {
    contentType: registry.contentType,
    text: () => {
      const now = source()
      for (const { metric, label, of } of metrics) put(metric, label, of(now))
      return registry.metrics()
    },
  }
}

/** Takes over what was counted elsewhere. */
function put(metric: Counter | Gauge, label: string | undefined, value: Value): void {
  metric.reset()
  if (typeof value === 'number') metric.inc(value)
  else for (const [name, number] of Object.entries(value)) metric.inc({ [label!]: name }, number)
}

interface Definition {
  name: string
  help: string
  type: 'counter' | 'gauge'
  label?: string | undefined
  of(source: MetricsSource): Value
}

const counter = (name: string, help: string, of: Definition['of'], label?: string): Definition => ({
  ...{ name, help, type: 'counter', of },
  ...(label !== undefined && { label }),
})
const gauge = (name: string, help: string, of: Definition['of'], label?: string): Definition => ({
  ...counter(name, help, of, label),
  type: 'gauge',
})

const packetsOf: Definition['of'] = ({ onion }) => ({ ...(onion?.packets as { [what: string]: number } | undefined) })

/** Names as Prometheus wants them: base units, `_total` for what only rises. */
const METRICS: Definition[] = [
  gauge('peers', 'Connected peers.', ({ coordinator }) => coordinator.peers.connectedPeers),
  gauge('peers_max', 'Connected peers at most.', ({ coordinator }) => coordinator.peers.maxConnections),
  gauge('connections', 'Connected peers by transport.', ({ coordinator }) => coordinator.peers.paths, 'transport'),
  counter('dials_total', 'Dials begun.', ({ coordinator }) => coordinator.peers.dialled),
  counter('dials_failed_total', 'Dials that failed.', ({ coordinator }) => coordinator.peers.dialsFailed),
  counter('handshakes_accepted_total', 'Incoming handshakes that succeeded.', ({ coordinator }) => coordinator.peers.accepted),
  counter(
    'handshakes_refused_total',
    'Incoming connections refused in or before their handshake, by error code.',
    ({ coordinator }) => coordinator.defence.refusals,
    'code',
  ),
  counter('faults_total', 'Faults of peers by error code.', ({ coordinator }) => coordinator.defence.faults, 'code'),
  counter('messages_received_total', 'Messages from peers.', ({ coordinator }) => coordinator.traffic.messagesIn),
  counter('messages_sent_total', 'Messages to peers.', ({ coordinator }) => coordinator.traffic.messagesOut),
  counter('messages_received_bytes_total', 'Bytes of messages from peers.', ({ coordinator }) => coordinator.traffic.bytesIn),
  counter('messages_sent_bytes_total', 'Bytes of messages to peers.', ({ coordinator }) => coordinator.traffic.bytesOut),
  counter('messages_duplicate_total', 'Messages dropped as duplicates.', ({ coordinator }) => coordinator.defence.duplicates),
  gauge(
    'defence',
    'Every other number of the defences, by name: see getStats().defence.',
    ({ coordinator }) => numbersIn(coordinator.defence),
    'fact',
  ),
  gauge('requests_pending', 'Requests that wait for an answer.', ({ coordinator }) => coordinator.traffic.pendingRequests),
  gauge('outbox_messages', 'Messages that wait for peers.', ({ coordinator }) => coordinator.traffic.queued.messages),
  gauge('outbox_bytes', 'Bytes of messages that wait for peers.', ({ coordinator }) => coordinator.traffic.queued.bytes),
  gauge('sockets', 'Open TCP connections.', ({ listener }) => listener.sockets),
  gauge('sockets_half_open', 'TCP connections without a whole request yet.', ({ listener }) => listener.halfOpen),
  gauge('http_sessions', 'Sessions of the HTTP fallback.', ({ listener }) => listener.httpSessions),
  gauge('client_addresses', 'Client addresses whose caps are kept.', ({ listener }) => listener.addresses),
  counter(
    'connections_refused_total',
    'Connection attempts refused before a handshake, by what they ran into.',
    ({ listener }) => listener.refused,
    'reason',
  ),
  counter(
    'sockets_half_open_ended_total',
    'Waiting TCP connections ended for newcomers.',
    ({ listener }) => listener.halfOpenEnded,
  ),
  counter('slow_readers_ended_total', 'Peers ended because they did not read.', ({ slowReaders }) => slowReaders),
  counter('shed_refused_total', 'Newcomers refused for want of memory.', ({ memory }) => memory.refused),
  counter('shed_peers_total', 'Peers ended for want of memory.', ({ memory }) => memory.ended),
  gauge('memory_used_bytes', 'Memory in use, as the ceiling counts it.', ({ memory }) => memory.usedBytes),
  gauge('memory_ceiling_bytes', 'Memory above which the relay does less.', ({ memory }) => memory.maxBytes),
  gauge('memory_state', '0 as ever, 1 refusing newcomers, 2 ending peers.', ({ memory }) => memory.state),
  gauge('draining', '1 while the relay sends its peers away, to stop.', ({ draining }) => Number(draining)),
  gauge('circuits', 'Open circuits.', ({ circuits }) => circuits.circuits),
  counter('circuits_opened_total', 'Circuits opened.', ({ circuits }) => circuits.opened),
  counter('circuits_refused_total', 'Circuits and reservations refused.', ({ circuits }) => circuits.refused),
  counter('circuit_frames_total', 'Frames forwarded.', ({ circuits }) => circuits.frames),
  counter('circuit_bytes_total', 'Bytes forwarded.', ({ circuits }) => circuits.bytes),
  gauge('circuits_remote', 'Open circuits to peers of other processes of this relay.', ({ circuits }) => circuits.remote),
  counter('backplane_gaps_total', 'Losses between processes, for which circuits ended.', ({ circuits }) => circuits.gaps),
  gauge('backplane_up', '1 while the other processes can be reached, or there are none.', ({ backplane }) =>
    Number(backplane?.up ?? true),
  ),
  gauge('backplane_nodes', 'Processes of this relay.', ({ backplane }) => backplane?.nodes ?? 1),
  gauge('backplane_held', 'Peers that this process answers for.', ({ backplane }) => backplane?.heldPeers ?? 0),
  gauge('walker', '1 where this process speaks with other relays.', ({ backplane }) => Number(backplane?.walker ?? true)),
  counter('backplane_sent_total', 'Messages to other processes.', ({ backplane }) => backplane?.sent ?? {}, 'kind'),
  counter('backplane_received_total', 'Messages of other processes.', ({ backplane }) => backplane?.received ?? {}, 'kind'),
  counter(
    'backplane_bytes_total',
    'Bytes of messages between processes.',
    ({ backplane }) => ({ in: backplane?.bytesIn ?? 0, out: backplane?.bytesOut ?? 0 }),
    'direction',
  ),
  counter('backplane_no_responder_total', 'Questions that nobody was there to answer.', ({ backplane }) => {
    return backplane?.noResponder ?? 0
  }),
  counter(
    'claims_total',
    'Peers that came to this process, and that another one took.',
    ({ backplane }) => ({ first: backplane?.first ?? 0, won: backplane?.won ?? 0, lost: backplane?.lost ?? 0 }),
    'result',
  ),
  gauge('reservations', 'Reservations that hold.', ({ circuits }) => circuits.reservations),
  gauge('dht_records', 'Records in the store.', ({ coordinator }) => coordinator.dht.records),
  gauge('dht_store_bytes', 'Bytes of the records in the store.', ({ coordinator }) => coordinator.dht.bytes),
  gauge('dht_publishers', 'Publishers of the records in the store.', ({ coordinator }) => coordinator.dht.publishers),
  gauge('dht_nodes', 'Nodes in the routing table.', ({ coordinator }) => coordinator.dht.network?.nodes ?? 0),
  counter('dht_records_shed_total', 'Records given up to make room.', ({ coordinator }) => coordinator.dht.shed),
  gauge('mail_boxes', 'Mailboxes.', ({ mail }) => mail?.boxes ?? 0),
  gauge('mail_letters', 'Letters that wait.', ({ mail }) => mail?.letters ?? 0),
  gauge('mail_bytes', 'Bytes of letters that wait.', ({ mail }) => mail?.bytes ?? 0),
  gauge('mail_bytes_max', 'Bytes of letters at most.', ({ maxMailBytes }) => maxMailBytes),
  gauge('mail_attached', 'Owners of mailboxes that are connected.', ({ mail }) => mail?.attached ?? 0),
  counter('mail_deposited_total', 'Letters taken.', ({ mail }) => mail?.deposited ?? 0),
  counter('mail_fetched_total', 'Letters that owners have fetched.', ({ mail }) => mail?.fetched ?? 0),
  counter('mail_pushed_total', 'Letters pushed to owners.', ({ mail }) => mail?.pushed ?? 0),
  counter('mail_woken_total', 'Times that an owner was to be woken.', ({ mail }) => mail?.woken ?? 0),
  counter('mail_refused_total', 'Requests for mail refused, by error code.', ({ mail }) => mail?.refused ?? {}, 'code'),
  gauge('onion_hops', 'Hops of the onion that the relay knows.', ({ onion }) => onion?.hops ?? 0),
  gauge('onion_links', 'Connections made for packets of the onion.', ({ onion }) => onion?.links ?? 0),
  gauge('onion_inboxes', 'Inbox tags of wallets that are connected.', ({ onion }) => onion?.inboxes ?? 0),
  counter('onion_packets_total', 'Packets of the onion up to the last whole minute, by what became of them.', packetsOf, 'what'),
  gauge('topics', 'Topics that neighbours want.', ({ coordinator }) => coordinator.topics.topics),
  counter('topic_messages_forwarded_total', 'Topic messages passed on.', ({ coordinator }) => coordinator.topics.forwarded),
  gauge('topic_history_bytes', 'Bytes of topic messages kept.', ({ coordinator }) => coordinator.topics.historyBytes),
]

/** Names of `defence` that have metrics of their own. */
const NAMED: ReadonlySet<string> = new Set(['refused', 'refusals', 'faults', 'duplicates'])

/** All numbers of an object, and of the objects in it, under names such as `bans.active`. */
function numbersIn(facts: object, prefix = ''): { [fact: string]: number } {
  const numbers: { [fact: string]: number } = {}
  for (const [name, value] of Object.entries(facts)) {
    if (prefix === '' && NAMED.has(name)) continue
    if (typeof value === 'number') numbers[prefix + name] = value
    else if (Array.isArray(value)) numbers[prefix + name] = value.length
    else if (typeof value === 'object' && value !== null) Object.assign(numbers, numbersIn(value, `${prefix}${name}.`))
  }
  return numbers
}
