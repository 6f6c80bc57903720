import { withFallback } from '../identity/with-fallback.js'
import * as equivocation from './equivocation.js'
import * as statement from './statement.js'

export const signStatement: typeof statement.signStatement = /* @__PURE__ */ withFallback(statement.signStatement)
export const verifyStatement: typeof statement.verifyStatement = /* @__PURE__ */ withFallback(statement.verifyStatement)
export const verifyEvidence: typeof equivocation.verifyEvidence = /* @__PURE__ */ withFallback(equivocation.verifyEvidence)
