import { table } from '../table.js'
import { CODEC_LIMITS } from './codec.js'

/** What every coordinator reads. */
export const CORE_LIMITS = /* @__PURE__ */ (() =>
  table({
    ...CODEC_LIMITS,
    /** One serialised message. Above it an application should send a reference or split: a peer must buffer the whole of it. */
    maxMessageBytes: 1_048_576,
    /** Characters of a message type or protocol name: names, not data. */
    maxNameLength: 128,
    /** Message ids remembered to drop duplicates: about 1 MB, some seconds of heavy traffic. */
    dedupeWindow: 10_000,

    // The gate. Budgets are for each peer, whatever connections it has; a newcomer is told half of those by protocol and type.
    /** Messages of one peer in a second, and at once: more than any link or application of today, and no more than a core can decode. */
    peerMessagesPerS: 100_000,
    peerMessageBurst: 400_000,
    /** Bytes of one peer in a second, and at once: a gigabit link. */
    peerBytesPerS: 134_217_728,
    peerByteBurst: 268_435_456,
    /** Messages of one protocol in a second, and at once, where the protocol declares no limits of its own. A relay, to which no application talks, has 500 and 1,000. */
    protocolMessagesPerS: 100_000,
    protocolMessageBurst: 400_000,
    /** Types of one protocol that may have a budget of their own. */
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
    /** ACK, REFUSED, SEQUENCE and SWITCH entries of one peer in a second, and at once, beside one for each message in either direction: four acknowledgements a second of each of 100 streams, and a change of the path with SEQUENCEs of all 128 streams thirty times at once. */
    controlEntriesPerS: 400,
    controlEntryBurst: 4_000,
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
    /** What it costs to keep others waiting until a deadline: the peer is chosen later, and never banned for it. */
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
    /** Failed handshakes from one address in a minute before its diallers have to work, and false certificates before it is banned; and how many times as many a network of addresses may have. */
    addressFaultsPerMin: 120,
    addressGroupFactor: 16,
    /** How long diallers of an address have to work, or stay banned: others may share it, or get it next. */
    addressBanMs: 600_000,

    /** Time from an accepted socket to the end of the handshake: generous for a phone on a bad link, short for a half-open attacker. */
    handshakeTimeoutMs: 10_000,
    /** Time for a dial, handshake included. */
    dialTimeoutMs: 15_000,
    /** How long the better path to a peer is tried alone before the next one is tried beside it. */
    dialHeadStartMs: 250,
    /** How long the known paths to a peer are tried before relays and the DHT are asked for others as well: an address may lead nowhere by now. */
    dialLookupMs: 3_000,
    /** One handshake payload: identity, certificate, terms and padding have 512; the rest is room for what versions to come add. */
    maxHandshakePayloadBytes: 8_192,
    /** What a peer tells of itself when a channel begins: protocols, budgets, addresses, metadata. */
    maxDescriptionBytes: 16_384,
    /** Protocol names a peer may advertise. */
    maxProtocols: 128,
    /** Addresses a peer may advertise. */
    maxAddresses: 16,
    /** Serialised metadata of a peer. */
    maxMetadataBytes: 2_048,
    /** Frames of one direction after which both sides re-key: 2^16, far from the 2^64 of the counter and the 2^48 where we refuse to go on. */
    rekeyAfterFrames: 65_536,

    /** Bytes waiting in a connection above which `sendTo` waits: one maximum message, a few round trips of a fast link. */
    sendHighWaterBytes: 1_048_576,
    /** Bytes waiting at which waiting senders go on. */
    sendLowWaterBytes: 262_144,
    /** Bytes that one peer may leave unacknowledged, and as many again that wait for room and budget before a send is refused: the most that one slow reader can cost. */
    sendMaxBufferedBytes: 8_388_608,
    /** Time for a message from its first part to its last: the largest at 9 kB a second. */
    messageMs: 120_000,
    /** Default time for which `sendTo` waits for room and for the peer's budget: half a minute of a stalled link. */
    sendTimeoutMs: 30_000,

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
    /** Time for a probe after waking, and of a path that takes the place of one that broke: an honest path answers within a few round trips. */
    wakeProbeMs: 3_000,
    /** Time for a probe of a direct path after the circuit beside it has broken: with what the relay needs to notice, a peer that is gone is so after 2 s. */
    spareProbeMs: 1_500,
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
    /** Handshakes under way at once, dialled by others; where more come, the oldest that have said nothing make room. */
    maxPendingHandshakes: 512,
    /** How many of them may have cost us cryptography before further diallers have to work first: a relay that comes back to a thousand tabs has fewer. */
    retryAboveHandshakes: 128,
    /** Bits of that work, where it begins and where all places are taken: about 10 ms of a phone, some times what an answer costs us, and some seconds. No peer does more than 20. */
    retryMinBits: 12,
    retryMaxBits: 20,
    /** How often a connection is probed; NATs forget idle TCP mappings after some minutes. */
    heartbeatIntervalMs: 30_000,
    /** Answer time of a probe after which the connection counts as dead. */
    heartbeatTimeoutMs: 20_000,
    /** Time that a closing connection has to send what is queued. */
    closeGraceMs: 1_000,
    /** Requests that wait for an answer, over all peers. Further ones wait to be sent. */
    maxPendingRequests: 4_096,
    /** Default time for `request`. */
    requestTimeoutMs: 15_000,
    /** First and longest pause before a bootstrap address is dialled again. */
    reconnectMinMs: 1_000,
    reconnectMaxMs: 60_000,
    /** Longest pause before a relay is dialled again while the page is visible: with its jitter, and the dial, less than 3 s. */
    reconnectVisibleMs: 2_000,
    /** How long a lost peer that is no bootstrap peer is dialled again, and how long a process whose place another one has taken leaves it there. */
    reconnectGiveUpMs: 600_000,

    /** Time for one answer of `P2PConfig.store`; then memory serves until it answers. A disk that is busy needs less. */
    storeTimeoutMs: 5_000,
    /** Time for one signature of `P2PConfig.identity`; then IDENTITY_FAILED. A person may have to press a button of the signer. */
    signTimeoutMs: 60_000,

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
    /** Resources of one publisher in one search, unless it asks for more: who announces hundreds does not fill it. */
    resourcesPerPublisher: 20,
    /** Records of one key in one answer. */
    maxRecordsPerAnswer: 256,
    /** Life of a record that names none, seconds. */
    defaultTtlS: 3_600,
    /** Longest life of a record, seconds: who is away for two days has to announce again. */
    maxTtlS: 172_800,
    /** How far ahead of our clock a record may be dated: honest clocks differ by minutes. */
    maxClockSkewMs: 300_000,
    /** Time for a DHT server to answer. */
    dhtTimeoutMs: 5_000,
    /** After a first answer, how much longer slower servers are waited for. */
    dhtGraceMs: 500,
    /** Servers asked by one lookup, and stored at by one announcement. */
    dhtServers: 20,
    /** Servers that a client asks to look in the network for it, and compares: two could fail or lie together more easily. */
    dhtDelegates: 3,
    /** Bytes of all records a store keeps: large records count as well as many. */
    maxStoreBytes: 268_435_456,
    /** Records that one query looks at before it answers with a page, and that one caller gets in all. */
    maxQueryRecords: 4_096,
    /** Verified records remembered, so that reading one again costs no signature check. */
    verifiedRecordCache: 4_096,

    /** Circuits one peer may hold open through a relay, as caller or called. */
    maxCircuitsPerPeer: 64,
    /** Largest frame of a circuit: with its wrapping it fits one frame of the outer channel. */
    circuitFrameBytes: 61_440,
    /** Relays at which a peer keeps a reservation: enough that one may go, few enough to keep alive. */
    maxReservations: 3,
    /** How long a relay's reservation lasts; renewed after half of it. */
    reservationMs: 3_600_000,
    /** First and longest pause before a relay that has refused a reservation is asked again. */
    reserveRetryMinMs: 5_000,
    reserveRetryMaxMs: 1_280_000,
    /** Peers in one introduction, and in view of one watch for peers. */
    maxIntroductions: 100,
  } as const))()
