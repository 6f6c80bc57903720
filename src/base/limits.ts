import { P2PError } from './errors.js'

/**
 * Every limit of the SDK. The unit is in the name (`Bytes`, `Ms`, `S` for seconds) or the value is a count;
 * the comment is the reason. Any of them may be changed by `P2PConfig.limits`.
 */
export const DEFAULT_LIMITS = /* @__PURE__ */ Object.freeze({
  /** One serialised message. Above it an application should send a reference or split: a peer must buffer the whole of it. */
  maxMessageBytes: 1_048_576,
  /** Nesting of a decoded value. Honest payloads stay below 10; deeper ones only exhaust a stack. */
  maxDecodeDepth: 32,
  /** Values (array items, map keys and values, scalars) in one decoded message, so that 1 byte on the wire cannot become 50 in memory without bound. */
  maxDecodeItems: 131_072,
  /** Characters of a message type or protocol name: names, not data. */
  maxNameLength: 128,
  /** Message ids remembered to drop duplicates: about 1 MB, some seconds of heavy traffic. */
  dedupeWindow: 10_000,

  // The gate. Budgets are for each peer, whatever connections it has; a newcomer has half of those by type.
  /** Messages of one peer in a second, and at once: more than any link or application of today, and no more than a core can decode. */
  peerMessagesPerS: 50_000,
  peerMessageBurst: 200_000,
  /** Bytes of one peer in a second, and at once: a gigabit link. */
  peerBytesPerS: 134_217_728,
  peerByteBurst: 268_435_456,
  /** Messages of one type in a second, and at once, where the protocol declares no limits of its own. A relay, to which no application talks, has 100 and 200. */
  typeMessagesPerS: 20_000,
  typeMessageBurst: 200_000,
  /** Types of one protocol that have a budget of their own for each peer: names are the peer's to choose. Further types share that of the protocol. */
  maxTypesPerProtocol: 64,
  /** How long a peer's budgets are remembered after its last message, so that coming again does not fill them: they are full by then. */
  budgetMemoryMs: 60_000,
  /** Token buckets of one kind, for peers, addresses or publishers; the longest unused are forgotten, for one that is full is as good as a new one. */
  maxRateBuckets: 10_000,
  /** The longest that a refused peer is told to wait, and waits. */
  maxRefusalMs: 60_000,
  /** How long what a refused peer had on its way may still come: some round trips of a slow link. */
  refusalGraceMs: 1_000,
  /** How often a peer that goes on regardless is blamed. With `penaltyFlood` it is banned two seconds after that. */
  refusalStrikeMs: 200,
  /** How far the date of a signed message may be from now, by its sender's clock. */
  replayWindowMs: 300_000,
  /** Ids of signed messages remembered for one peer; where more come, the oldest of their dates count as too old. */
  maxReplayIds: 2_048,
  /** Processor time for checking what suspect sources sign, and for their handshakes, milliseconds in a second. With what surrounds them, sockets and decoding, it is less than 30 % of a core, by measurement. */
  suspectVerifyMsPerS: 75,
  /** How long a source stays suspect after something from it did not hold. */
  suspectMs: 60_000,
  /** Sources remembered as suspect. */
  maxSuspects: 4_096,
  /** Checks of one suspect source that wait. */
  maxVerifyQueue: 256,
  /** What a message costs that no honest peer sends. */
  penaltyOffence: 5,
  /** What it costs to go on sending after a refusal, each `refusalStrikeMs`. */
  penaltyFlood: 5,
  /** What it costs to keep others waiting until a deadline. */
  penaltyTimeout: 10,
  /** What two contradicting statements cost; they ban at once. */
  penaltyEquivocation: 50,
  /** The most that good exchanges earn, and how often one counts. */
  maxCredit: 20,
  creditEveryMs: 60_000,
  /** The score from which a peer counts as established, and has the whole of its budgets. */
  establishedAt: 3,
  /** Scores below zero at which budgets shrink to a quarter, connections end, and the peer is banned. */
  throttleBelow: 15,
  disconnectBelow: 30,
  banBelow: 50,
  /** Time in which a score fades by half. */
  reputationHalfLifeMs: 3_600_000,
  /** Peers of whom an opinion is kept. */
  maxReputations: 10_000,
  /** The first ban; each further one lasts four times as long, at most `maxBanMs`. */
  banMs: 3_600_000,
  maxBanMs: 2_592_000_000,
  /** Bans that are kept. */
  maxBans: 10_000,
  /** Failed connections from one address in a minute before it is banned, and how many times as many a whole group of addresses has. */
  addressFaultsPerMin: 120,
  addressGroupFactor: 16,
  /** How long an address stays banned: others may share it, or get it next. */
  addressBanMs: 600_000,

  /** Time from an accepted socket to the end of the handshake: generous for a phone on a bad link, short for a half-open attacker. */
  handshakeTimeoutMs: 10_000,
  /** Time for a dial, handshake included. */
  dialTimeoutMs: 15_000,
  /** How long the better path to a peer is tried alone before the next one is tried beside it. */
  dialHeadStartMs: 250,
  /** How long the known paths to a peer are tried before relays and the DHT are asked for others as well: an address may lead nowhere by now. */
  dialLookupMs: 3_000,
  /** One handshake payload: identity, a list of protocols, addresses, metadata. */
  maxHandshakePayloadBytes: 8_192,
  /** Protocol names a peer may advertise. */
  maxProtocols: 128,
  /** Addresses a peer may advertise. */
  maxAddresses: 16,
  /** Serialised metadata of a peer. */
  maxMetadataBytes: 2_048,
  /** How long an epoch of proof of work is, the same in a whole network. A proof counts in its own and the next: a wallet that is opened every week works once for each week, and what somebody has stockpiled is worth nothing after two. */
  workEpochMs: 604_800_000,
  /** Bits of work that we do for whoever demands them: 17 million hashes, 8 s of a desktop, a minute of a slow phone. More is refused, so that no relay can empty a battery. */
  maxWorkBits: 24,
  /** Time for one proof of work; a dial's own deadline stands still meanwhile. As many bits are not tried again before the machine has slept. */
  workTimeoutMs: 120_000,
  /** Frames of one direction after which both sides re-key: 2^16, far from the 2^64 of the counter and the 2^48 where we refuse to go on. */
  rekeyAfterFrames: 65_536,

  /** Bytes waiting in a connection above which `sendTo` waits: one maximum message, a few round trips of a fast link. */
  sendHighWaterBytes: 1_048_576,
  /** Bytes waiting at which waiting senders go on. */
  sendLowWaterBytes: 262_144,
  /** Bytes waiting at which a send is refused: the most that one slow reader can cost. */
  sendMaxBufferedBytes: 8_388_608,

  /** How long a receiver may wait for company before an acknowledgement goes out by itself: an answer usually comes first. */
  ackDelayMs: 250,
  /** How long unacknowledged messages wait for a peer that is away; then they are given up. */
  sessionGraceMs: 120_000,
  /** Peers that are away whose sessions are kept. */
  maxSessions: 4_096,
  /** Bytes kept for all peers that are away; the longest away are given up first. */
  maxSessionBytes: 33_554_432,
  /** First and longest pause before a direct path to a peer on a circuit is looked for again. */
  upgradeMinMs: 5_000,
  upgradeMaxMs: 300_000,
  /** Time for a probe after waking: an honest path answers within a few round trips. */
  wakeProbeMs: 3_000,
  /** How long a path stands by after a better one has taken over. */
  standbyMs: 60_000,

  /** Connected peers in the pool. */
  maxConnections: 50,
  /** Places in it for those whom we dial, never more than one in 16: who floods us with connections does not thereby choose our peers. */
  outboundSlots: 8,
  /** Relays remembered over restarts, and dialled first at the next start. */
  maxAnchors: 3,
  /** How long a relay has to have served us before it is one of them. */
  anchorAfterMs: 600_000,
  /** Starts in a row at which it did not answer, after which its place is free for another. */
  maxAnchorMisses: 3,
  /** How long it stays one without being chosen anew: a relay that the application has dropped is forgotten within a week. */
  anchorMs: 604_800_000,
  /** Percent of the connections that we choose by ourselves which one address group or operator may have, as long as there are others to choose. */
  maxOriginShare: 25,
  /** How often one node that others have told of is tried, to see whether it lives. */
  feelerIntervalMs: 120_000,
  /** How often relays are asked for the same and compared; ten times as early at the start and to confirm a suspicion. */
  eclipseCheckMs: 600_000,
  /** Handshakes under way at once, dialled by others; where more come, the oldest that have said nothing make room. */
  maxPendingHandshakes: 512,
  /** Connections that one client address (IPv6: /64) has open at a relay: many wallets may share the address of a NAT, one must not take the pool. */
  maxConnectionsPerAddress: 64,
  /** Connections and requests that one client address may begin in a second, and at once. */
  connectionsPerAddressPerS: 20,
  connectionBurstPerAddress: 100,
  /** Upgrades in a second, from all addresses, that do not bring the first frame of the handshake with them as the SDK does: above it they are refused with 503, so that a flood of connections that say nothing stays cheap. */
  bareUpgradesPerS: 500,
  /** Sockets and handshakes of one client address that are not finished: above what a NAT's wallets have under way when they all come back at once. */
  maxPendingPerAddress: 32,
  /** Client addresses without a connection that a relay remembers: what they have used up is forgotten early only in a flood from more than these. */
  maxIdleAddresses: 20_000,
  /** Connections that the system has accepted and a relay has not: a burst of newcomers waits rather than be told nothing. */
  listenBacklog: 4_096,
  /** Headers of a request to a relay: a browser sends about 600 bytes, the first frame at most 1,400 characters. */
  maxHeaderBytes: 8_192,
  /** Bytes that wait for a peer below which it is not ended for acknowledging nothing: it costs too little, and its probes decide. */
  slowReaderBytes: 65_536,
  /** Time in which a reader must have taken something of what waits for it: at 64 kB in this time even 20 kbit/s is fast enough. */
  slowReaderMs: 30_000,
  /** How often a connection is probed; NATs forget idle TCP mappings after some minutes. */
  heartbeatIntervalMs: 30_000,
  /** Answer time of a probe after which the connection counts as dead. */
  heartbeatTimeoutMs: 20_000,
  /** Time that a closing connection has to send what is queued. */
  closeGraceMs: 1_000,
  /** Requests that wait for an answer, over all peers. */
  maxPendingRequests: 4_096,
  /** Default time for `request`. */
  requestTimeoutMs: 15_000,
  /** First and longest pause before a bootstrap address is dialled again. */
  reconnectMinMs: 1_000,
  reconnectMaxMs: 60_000,
  /** How long a lost peer that is no bootstrap peer is dialled again. */
  reconnectGiveUpMs: 600_000,

  /** Messages that wait for peers that are away, in all. */
  maxOutboxMessages: 1_000,
  /** Bytes of them. */
  maxOutboxBytes: 8_388_608,
  /** How long a queued message waits where its sender does not say, seconds. */
  outboxTtlS: 3_600,
  /** The longest that one may wait, seconds: a week. */
  maxOutboxTtlS: 604_800,

  /** Names pinned to keys on first contact. */
  maxPinnedNames: 10_000,

  /** One record's value. A record is an announcement, not a file. */
  maxRecordBytes: 16_384,
  /** Characters of a DHT key. */
  maxKeyLength: 512,
  /** Records a store keeps. */
  maxRecords: 100_000,
  /** Records of one publisher in one store, so that none can fill it. */
  maxRecordsPerPublisher: 1_000,
  /** Records of one key in one answer. */
  maxRecordsPerAnswer: 256,
  /** Bytes of one DHT answer: below `maxMessageBytes` with room for the envelope. */
  maxAnswerBytes: 786_432,
  /** Life of a record that names none, seconds. */
  defaultTtlS: 3_600,
  /** Longest life of a record, seconds: who is away for two days has to announce again. */
  maxTtlS: 172_800,
  /** How far ahead of our clock a record may be dated: honest clocks differ by minutes. */
  maxClockSkewMs: 300_000,
  /** Peers whose clocks must agree before we say that ours is wrong. */
  clockSkewQuorum: 3,
  /** Time for a DHT server to answer. */
  dhtTimeoutMs: 5_000,
  /** After a first answer, how much longer slower servers are waited for. */
  dhtGraceMs: 500,
  /** Questions that one peer may ask a server in a second, and ten times as many at once: a wallet that announces a thousand records, a node in the middle of many lookups. */
  dhtRequestsPerS: 2_000,
  /** Servers asked by one lookup, and stored at by one announcement. */
  dhtServers: 20,
  /** Servers that a client asks to look in the network for it, and compares: two could fail or lie together more easily. */
  dhtDelegates: 3,
  /** Nodes in one bucket of the routing table, nodes that store one record, and nodes in one answer: Kademlia's k. */
  dhtBucketSize: 20,
  /** Questions of one lookup under way at once: Kademlia's α. */
  dhtConcurrency: 3,
  /** Paths of one lookup that share no node, so that a liar misleads one of them at most: S/Kademlia's d. */
  dhtPaths: 3,
  /** Nodes that must agree before a lookup ends early. */
  dhtQuorum: 2,
  /** Connections that are kept open for lookups alone. */
  dhtLinks: 16,
  /** How long one of them stays open without being used. */
  dhtLinkIdleMs: 300_000,
  /** How often buckets that no lookup went through are refreshed (Kademlia's hour), and nodes silent for as long are asked whether they live. */
  dhtRefreshMs: 3_600_000,
  /** How often a node looks for those nearest to itself, and what it stores for others is offered to the nodes nearest to that. */
  dhtReplicateMs: 600_000,
  /** How long a copy on the way of lookups is kept. */
  dhtCacheMs: 120_000,
  /** How long a listening peer must be up, and have been reached, before others keep it in their routing tables. */
  dhtNodeAfterMs: 600_000,
  /** Members of one part of a set at one node, beyond which it is split in two. */
  maxSetRecords: 2_048,
  /** Lookups that a server runs for others at once; above it, it answers from its own store. */
  maxWalksForOthers: 256,
  /** Bytes of all records a store keeps: large records count as well as many. */
  maxStoreBytes: 268_435_456,
  /** Records that one query looks at before it answers with a page, and that one caller gets in all. */
  maxQueryRecords: 4_096,
  /** Verified records remembered, so that reading one again costs no signature check. */
  verifiedRecordCache: 4_096,
  /** Records of others that live watches keep in view. */
  maxWatchedRecords: 10_000,
  /** Changes on their way to one watcher; a slower one is told that it missed some and asks again. */
  maxWatchBacklog: 256,
  /** Watches one peer may hold at a server. */
  maxWatchesPerPeer: 64,
  /** Watches a server keeps in all. */
  maxWatches: 50_000,

  /** Circuits one peer may hold open through a relay, as caller or called. */
  maxCircuitsPerPeer: 64,
  /** Circuits between the same two peers: one is in use, one replaces it, two are dialled at once from both ends. So that one caller cannot use up the called one's share. */
  maxCircuitsPerPair: 4,
  /** Circuits of a relay in all. */
  maxCircuits: 10_000,
  /** Unacknowledged bytes of one direction of one circuit: the most a relay may have to hold for it. */
  circuitWindowBytes: 524_288,
  /** Largest frame of a circuit: with its wrapping it fits one frame of the outer channel. */
  circuitFrameBytes: 61_440,
  /** Relays at which a peer keeps a reservation: enough that one may go, few enough to keep alive. */
  maxReservations: 3,
  /** How long a relay's reservation lasts; renewed after half of it. */
  reservationMs: 3_600_000,
  /** Time in which a peer that has just connected is brought callers without a reservation: it is about to make one. */
  reservationGraceMs: 5_000,
  /** First and longest pause before a relay that has refused a reservation is asked again. */
  reserveRetryMinMs: 5_000,
  reserveRetryMaxMs: 1_280_000,
  /** Reservations of a relay in all. */
  maxRelayReservations: 10_000,
  /** How long one circuit may last. */
  circuitMs: 43_200_000,
  /** Bytes that one circuit may carry, both directions together. */
  circuitBytes: 17_179_869_184,
  /** Bytes a second that one direction of one circuit may carry, beyond which the relay delays it; operators of public relays lower it. */
  circuitBytesPerS: 134_217_728,
  /** Peers in one introduction. */
  maxIntroductions: 100,

  /** Time for another tab of the same browser to answer a dial: no network is between, so who is silent longer is frozen or gone. */
  tabDialTimeoutMs: 1_000,
  /** Tabs remembered as found, so that each is told once: far more than anybody keeps open. */
  maxTabs: 256,
  /** How often we look whether the machine slept; a timer more than three times as late means that it did. */
  wakeCheckMs: 5_000,
  // HTTP fallback, for networks that block WebSocket.
  /** HTTP sessions of a listener, those that have closed but wait to be told so included. Each may hold a frame in the making and its queue. */
  httpMaxSessions: 512,
  /** How long a long poll waits before it is answered with nothing: below the 30 s at which the strictest common proxies cut. */
  httpPollMs: 25_000,
  /** Time without a poll after which a session ends: a phone changing networks needs some seconds, a peer that is gone never comes. */
  httpSessionMs: 40_000,
  /** Time in which a request that fails is repeated before the connection counts as lost, and in which a closed session still hands out its last frames. */
  httpRetryMs: 10_000,
  /** Time for one request body to come in: a full body of 256 kB at 200 kbit/s. What came before is kept, so that a slower link gets on too. */
  httpUploadMs: 10_000,
  /** Time for the first byte of a streamed answer; later means that something on the way holds answers back, and long polls serve. */
  httpFirstByteMs: 2_000,
  /** A streamed answer is ended and asked for again after this time and these bytes, so that what collects answers on the way stays small. */
  httpStreamMs: 60_000,
  httpStreamBytes: 4_194_304,
  /** Head start of a WebSocket before HTTP is tried beside it: three round trips of a bad mobile link. */
  httpHeadStartMs: 3_000,
  /** Time in which a host that only HTTP reached is dialled by both at once. */
  httpPreferMs: 600_000,
  // WebRTC
  /** Characters of a session description. One for a data channel has about 600, and as much again for a dozen candidates. */
  maxSdpChars: 16_384,
  /** ICE candidates that one side may bring to one description: a dozen interfaces, each by UDP, TCP, STUN and TURN. */
  maxIceCandidates: 64,
  /** WebRTC sessions being set up for others, in all: each is a peer connection of the browser, which has some hundreds. */
  maxWebRtcSessions: 64,
  /** WebRTC sessions with one peer, set up or open: one is in use, one replaces it, and the same again of a peer that began anew. */
  maxWebRtcSessionsPerPeer: 4,
  /** Signals of one peer in `webRtcSignalWindowMs`: more than four sessions with all candidates that honest peers have. */
  maxWebRtcSignals: 256,
  webRtcSignalWindowMs: 10_000,
  /** Time for a WebRTC session to open: ICE tries hundreds of pairs behind a bad NAT, some seconds. */
  webRtcTimeoutMs: 15_000,
  /** How long a WebRTC path may be interrupted before ICE starts anew: a lost packet or two recovers by itself. */
  webRtcRestartMs: 2_000,
  /** Bytes in a data channel's own buffer above which frames are queued outside: steadier than megabytes, by measurement. */
  webRtcHighWaterBytes: 262_144,
  /** Bytes in a data channel's own buffer at which it is filled again. */
  webRtcLowWaterBytes: 65_536,

  // Topics.
  /** One topic message: every subscriber pays for it. */
  maxTopicMessageBytes: 65_536,
  /** Topics that one peer may want. */
  maxTopicsPerPeer: 256,
  /** Topics that a router may want, for all behind it. */
  maxTopicsPerRouter: 10_000,
  /** Topics that a router knows somebody to want, in all. */
  maxTopics: 50_000,
  /** Routers between a publisher and a subscriber: more than any sensible mesh of relays has. */
  maxTopicHops: 8,
  /** Last messages of a topic that are kept for late subscribers, and for how long. */
  topicHistory: 32,
  topicHistoryMs: 600_000,
  /** Bytes of all kept messages of all topics; the oldest go first. */
  maxTopicHistoryBytes: 16_777_216,
  /** How long advertisements of messages are collected into one. */
  topicHaveDelayMs: 100,
  /** How long an advertised message may take to come by itself, before it is asked for. */
  topicGraftMs: 500,
  /** Advertised messages that have not come, remembered with who has them. */
  maxTopicMissing: 1_024,
  /** Ids of topic messages remembered, so that none is delivered twice. */
  topicSeen: 50_000,
  /** Messages that one publisher may publish in a second, and at once. */
  topicRatePerS: 50,
  topicBurst: 100,
  /** Topic messages of any kind that one neighbour may send in a second; a relay brings those of many publishers. */
  topicNeighbourRatePerS: 2_000,

  // Statements of multi-party protocols.
  /** Sessions of statements joined at once. */
  maxStatementSessions: 64,
  /** Members of one session: the largest CoinJoin rounds have about a hundred. */
  maxStatementMembers: 128,
  /** Statements of one member kept in one session, and their bytes: the most that a member who floods can cost. All members should have the same. */
  maxStatementsPerMember: 256,
  maxStatementBytesPerMember: 131_072,
  /** Names of sessions that were joined, and keys that have lied, remembered: so that no session is joined twice, and no liar is blamed twice. */
  maxStatementMemory: 4_096,
  /** Rounds that a member may be ahead of us: honest ones wait for each other, but not all speak in each round. */
  maxStatementRoundsAhead: 8,
  /** How long changes are collected before members compare what they have heard: longer than a statement takes from one to all. */
  statementDigestMs: 200,
  /** Time for a member to show a statement that it claims to have heard. */
  statementShowMs: 5_000,
  /** Proofs against strangers that are verified for one sender in a minute; more of them are not looked at. */
  maxEvidencePerMinute: 6,
} as const)

export type LimitName = keyof typeof DEFAULT_LIMITS
/** All limits, resolved: defaults with the caller's changes. */
export type Limits = { readonly [Name in LimitName]: number }

/** @throws P2PError INVALID_CONFIG for an unknown name or a value that is not a positive whole number. */
export function resolveLimits(changes: Partial<Limits> = {}): Limits {
  for (const [name, value] of Object.entries(changes)) {
    if (!(name in DEFAULT_LIMITS)) {
      throw new P2PError('INVALID_CONFIG', `limits.${name} is not a limit of this SDK. The names are in limits.ts.`)
    }
    if (!Number.isSafeInteger(value) || (value as number) < 1) {
      throw new P2PError('INVALID_CONFIG', `limits.${name} must be a whole number above 0.`)
    }
  }
  // Two kilobytes that coordinators share, unless one wants its own.
  return Object.keys(changes).length === 0 ? DEFAULT_LIMITS : { ...DEFAULT_LIMITS, ...changes }
}
