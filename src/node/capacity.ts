/** What a relay and its parts cost, as measured; docs/operating.md says how and where. */
export interface MeasuredCosts {
  /** Resident bytes of a connected wallet at a relay. */
  walletBytes: number
  /** Resident bytes of a relay without wallets. */
  processBytes: number
  /** Milliseconds of processor time for the start of a wallet. */
  startMs: number
  /** Milliseconds of processor time of a second for each idle wallet. */
  idleMsPerS: number
  /** Microseconds of processor time for a message of 256 bytes that one process forwards. */
  forwardUs: number
  /** Microseconds more, at each of two processes, where the message crosses between them. */
  crossUs: number
  /** Bytes of a NATS server for each wallet, whose subject it holds. */
  natsBytes: number
  /** Microseconds of processor time of a NATS server for a message. */
  natsUs: number
  /** Bits a second of an idle wallet's heartbeats, TCP and IP included. */
  idleBitsPerS: number
  /** Bytes that a message has on the wire beside its payload. */
  messageOverheadBytes: number
  /** Bytes of a peer record in the store of each process of a cluster, and seconds after which it is renewed. */
  recordBytes: number
  recordRenewedS: number
}

export const MEASURED: MeasuredCosts = {
  walletBytes: 59_000,
  processBytes: 110_000_000,
  startMs: 5.2,
  idleMsPerS: 0.007,
  forwardUs: 13.3,
  crossUs: 4,
  natsBytes: 620,
  natsUs: 3,
  idleBitsPerS: 85,
  messageOverheadBytes: 160,
  recordBytes: 600,
  recordRenewedS: 900,
}

export interface CapacityQuestion {
  wallets: number
  /** Part of the wallets that send one message a second, 0 to 1. */
  activeShare: number
  /** Bytes of such a message. */
  messageBytes: number
  /** Of one machine. */
  cores: number
  memoryBytes: number
}

export interface Capacity {
  /** Clusters, each with a name and an identity of its own, and wallets of one. */
  cells: number
  walletsPerCell: number
  processes: number
  walletsPerProcess: number
  machines: number
  /** For `--max-connections` and `--max-memory` (MB) of each process, with room for the wallets of one that has died. */
  maxConnections: number
  maxMemoryMB: number
  /** Cores in use over all machines: by idle wallets, and by messages. */
  idleCores: number
  messageCores: number
  messagesPerS: number
  /** Bytes of each NATS server of a cell; 0 where one process serves all. */
  natsBytes: number
  /** Cores of the NATS servers of a cell. */
  natsCores: number
  idleBitsPerS: number
  activeBitsPerS: number
  recordWritesPerS: number
  /** Seconds until the wallets of a process that has died are at the others. */
  recoveryS: number
}

/** Wallets of one process: what one core takes over from a dead neighbour in some seconds, and the default limits are made for. */
const WALLETS_PER_PROCESS = 10_000
/** Wallets of one cell: each of its processes has the records of all of them. */
const WALLETS_PER_CELL = 100_000
/** Of memory, and of a core, this share is planned for. */
const PLANNED = 0.7
/** Machines beyond those that are needed. */
const SPARE = 0.2
/** The fewest processes of a relay that may be restarted while it serves. */
const LEAST_PROCESSES = 2
const MB = 1_048_576

/** What so many wallets need, from what was measured; a plan on paper, to be checked by `npm run bench:cluster` on the machines at hand. */
export function capacityFor(question: CapacityQuestion, costs: MeasuredCosts = MEASURED): Capacity {
  const { wallets, activeShare, messageBytes, cores, memoryBytes } = question
  const cells = Math.max(1, Math.ceil(wallets / WALLETS_PER_CELL))
  const walletsPerCell = Math.ceil(wallets / cells)
  const messagesPerS = wallets * activeShare
  // Of the messages of a cell all but those between wallets of one process cross.
  const perProcess = (processes: number) => {
    const crossing = 1 - 1 / processes
    const us = costs.forwardUs + crossing * (costs.forwardUs + 2 * costs.crossUs)
    return { crossing, us, cores: (messagesPerS * us) / 1e6 / (processes * cells) }
  }
  let processes = Math.max(LEAST_PROCESSES, Math.ceil(walletsPerCell / WALLETS_PER_PROCESS))
  const idleOf = (count: number) => (walletsPerCell * costs.idleMsPerS) / 1_000 / count
  while (perProcess(processes).cores + idleOf(processes) > PLANNED) processes++
  const walletsPerProcess = Math.ceil(walletsPerCell / processes)
  const afterDeath = Math.ceil(walletsPerCell / (processes - 1))
  const bytes = costs.processBytes + afterDeath * costs.walletBytes + walletsPerCell * costs.recordBytes
  const perMachine = Math.max(1, Math.min(cores, Math.floor(memoryBytes / (bytes / PLANNED))))
  const total = processes * cells
  const needed = Math.ceil(total / perMachine)
  const { crossing, us } = perProcess(processes)
  return {
    cells,
    walletsPerCell,
    processes: total,
    walletsPerProcess,
    machines: Math.max(Math.min(total, LEAST_PROCESSES), Math.ceil(needed * (1 + SPARE))),
    maxConnections: afterDeath,
    maxMemoryMB: Math.ceil(bytes / PLANNED / MB / 64) * 64,
    idleCores: (wallets * costs.idleMsPerS) / 1_000,
    messageCores: (messagesPerS * us) / 1e6,
    messagesPerS,
    natsBytes: walletsPerCell * costs.natsBytes,
    natsCores: ((messagesPerS / cells) * crossing * costs.natsUs) / 1e6,
    idleBitsPerS: wallets * costs.idleBitsPerS,
    activeBitsPerS: 2 * messagesPerS * 8 * (messageBytes + costs.messageOverheadBytes),
    recordWritesPerS: walletsPerCell / costs.recordRenewedS,
    recoveryS: (walletsPerProcess * costs.startMs) / 1_000 / (processes - 1),
  }
}
