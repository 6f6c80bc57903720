// lotus-p2p/statements: the toolkit of multi-party protocols.
export { type EquivocationEvidence, encodeEvidence, evidenceToJson, verifyEvidence } from './equivocation.js'
export {
  type Phase,
  type PhaseItems,
  PhaseMachine,
  type PhaseMachineOptions,
  type PhaseProgress,
  type PhaseVerdict,
} from './phases.js'
export { statements } from './plugin.js'
export { type SignedStatement, type Statement, signStatement, verifyStatement } from './statement.js'
export type { StatementSession, StatementSessionOptions } from './statement-session.js'
export { Statements } from './statements.js'
