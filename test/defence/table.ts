import type { Limits } from '../../src/base/limits.js'
import type { P2PCoordinator } from '../../src/coordinator.js'
import { type Identity, identityFromSeed } from '../../src/identity/identity.js'
import { BLAME, type BlameCause } from '../../src/protocol/blame.js'
import type { ProtocolHost } from '../../src/protocol/handler.js'
import type { EquivocationEvidence } from '../../src/statements/equivocation.js'
import type { SignedStatement } from '../../src/statements/statement.js'
import { STATEMENTS_PROTOCOL } from '../../src/statements/statement-messages.js'
import type { StatementSession, StatementSessionOptions } from '../../src/statements/statement-session.js'
import { Statements } from '../../src/statements/statements.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/index.js'
import { kitOf } from '../kit-of.js'

export const GAME = { protocol: 'dice', session: 'table-7' }
export const bytes = (...values: number[]) => Uint8Array.from(values)
export const identityOf = (seed: number) => identityFromSeed(new Uint8Array(32).fill(seed))

/** The real handler; notes whom it blames, and blames. */
class WatchedStatements extends Statements {
  readonly blamed: { publicKey: Uint8Array; cause: BlameCause }[] = []

  override onRegister(host: ProtocolHost): void {
    const blame: ProtocolHost['blame'] = (publicKey, reason, text) => {
      this.blamed.push({ publicKey, cause: BLAME[reason] })
      host.blame(publicKey, reason, text)
    }
    super.onRegister(Object.create(host, { blame: { value: blame } }))
  }
}

/** One who plays by the rules. */
export interface Player {
  peer: P2PCoordinator
  identity: Identity
  statements: WatchedStatements
  session: StatementSession
  heard: SignedStatement[]
  evidence: EquivocationEvidence[]
}

/** One who does not: what it sends is made by hand. */
export interface Attacker {
  peer: P2PCoordinator
  identity: Identity
  /** What has come, by type. */
  got: { type: string; payload: unknown }[]
  send(to: { peer: P2PCoordinator }, type: string, payload: unknown): Promise<void>
}

export function createTable(options: { latencyMs?: number; limits?: Partial<Limits> } = {}) {
  const net: TestNetwork = createTestNetwork({ latencyMs: options.latencyMs ?? 20 })
  let seed = 0

  const sit = (): { peer: P2PCoordinator; identity: Identity } => {
    const identity = identityOf(++seed)
    return { identity, peer: net.createPeer({ identity }) }
  }
  const player = (): Omit<Player, 'session' | 'heard' | 'evidence'> => {
    const { peer, identity } = sit()
    const statements = new WatchedStatements(identity, { limits: options.limits ?? {} })
    peer.registerProtocol(statements)
    return { peer, identity, statements }
  }
  const attacker = (): Attacker => {
    const { peer, identity } = sit()
    const got: Attacker['got'] = []
    peer.registerProtocol({
      protocolName: STATEMENTS_PROTOCOL,
      handleMessage: async ({ type, payload }) => void got.push({ type, payload }),
    })
    const send: Attacker['send'] = (to, type, payload) =>
      kitOf(peer)
        .then((kit) => kit.sendTo(to.peer.peerId, { type, payload, protocol: STATEMENTS_PROTOCOL }))
        .catch(() => {})
    return { peer, identity, got, send }
  }
  const join = (
    who: Omit<Player, 'session' | 'heard' | 'evidence'>,
    members: Uint8Array[],
    more: Partial<StatementSessionOptions> = {},
  ): Player => {
    const heard: SignedStatement[] = []
    const evidence: EquivocationEvidence[] = []
    const session = who.statements.join({
      ...GAME,
      members,
      onStatement: (statement) => void heard.push(statement),
      onEquivocation: (proof) => void evidence.push(proof),
      ...more,
    })
    return { ...who, session, heard, evidence }
  }
  const connect = async (...pairs: [{ peer: P2PCoordinator }, { peer: P2PCoordinator }][]) => {
    for (const [one, other] of pairs) {
      await net.run(other.peer.start())
      await net.run(one.peer.connectToPeer(net.addressOf(other.peer)))
    }
  }
  const connectAll = (all: { peer: P2PCoordinator }[]) =>
    connect(...all.flatMap((one, at) => all.slice(at + 1).map((other): [typeof one, typeof one] => [one, other])))

  /** Players at one table, all connected to each other and to the attackers, all in the session. */
  const table = async (players: number, attackers = 0) => {
    const seats = Array.from({ length: players }, player)
    const mallory = Array.from({ length: attackers }, attacker)
    await connectAll([...seats, ...mallory])
    const members = [...seats, ...mallory].map(({ identity }) => identity.publicKey)
    const joined = seats.map((seat) => join(seat, members))
    await net.clock.advance(1_000)
    return { players: joined, attackers: mallory, members, tag: Uint8Array.from(Buffer.from(joined[0]!.session.tag, 'hex')) }
  }
  return { net, clock: net.clock, player, attacker, join, connect, connectAll, table }
}
