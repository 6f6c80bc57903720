// lotus-p2p/statements: the toolkit of multi-party protocols.
export { type EquivocationEvidence, encodeEvidence, evidenceToJson } from './equivocation.js'
export { statements } from './plugin.js'
export type { SignedStatement, Statement } from './statement.js'
export type { Phase, PhaseItems, PhaseProgress, StatementRun, StatementRunOptions } from './statement-run.js'
export type { StatementSession, StatementSessionOptions } from './statement-session.js'
export { Statements } from './statements.js'
export { signStatement, verifyEvidence, verifyStatement } from './with-fallback.js'
