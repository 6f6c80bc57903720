import { table } from '../base/table.js'

/** What the processes of one relay allow each other. No user sets them, for all processes of a relay must have them alike. */
export const BACKPLANE_LIMITS = /* @__PURE__ */ table({
  /** How often a process tells the others that it lives, and how busy it is. */
  nodeRenewMs: 2_000,
  /** A process that was not heard for so long is gone: three of its messages may be lost, and a frozen one is noticed. */
  nodeGoneMs: 6_000,
  /** How long one process waits for the answer of another, which has all that it needs in memory. */
  askMs: 2_000,
  /** How long a question to all processes waits for the slowest of them. */
  gatherMs: 150,
  /** How long a wallet that reaches two processes at once has for its choice, before the newer takes it from the older. */
  claimWaitMs: 1_000,
  /** How often it looks meanwhile whether the older has let go. */
  claimLookMs: 100,
  /** After which a peer that nobody holds is asked for once more: it may have come just now. An id that nobody has is refused within 50 ms. */
  justComeMs: 25,
  /** How often a process with circuits to another one asks whether that is there: a process that was killed is noticed within it. */
  linkProbeMs: 1_000,
  /** Bytes that wait for the backplane: beyond them nothing is taken, and the circuits of those who send most end. */
  maxBackplaneWaitingBytes: 8_388_608,
  /** Bytes of frames that go to another process as one message: half of what NATS takes by default. */
  linkBatchBytes: 524_288,
  /** Bytes of one message between processes: `max_payload` of NATS, less what we put around it. */
  maxBackplaneBytes: 1_047_552,
  /** Peers of other processes whose calls are counted after their last circuit has ended. */
  maxRemoteParties: 20_000,
  /** When a caller may come again that was refused because the backplane is away. */
  backplaneRetryMs: 2_000,
} as const)
