import { useEd25519Fallback } from './ed25519.js'
import * as envelope from './envelope.js'
import { ed25519Fallback } from './fallback.node.js'
import * as identity from './identity.js'

/** Gives browsers without Ed25519 an implementation; whatever calls this brings it into the bundle. */
export function installEd25519Fallback(): void {
  useEd25519Fallback(ed25519Fallback)
}

/**
 * The function as `lotus-p2p` exports it: it works in every browser. Wrapped at its export, so that who does not import it does
 * not load the fallback either.
 *
 * @example
 * export const signStatement = withFallback(statement.signStatement)
 */
export function withFallback<Args extends unknown[], Result>(work: (...args: Args) => Result): (...args: Args) => Result {
  return (...args) => {
    installEd25519Fallback()
    return work(...args)
  }
}

export const generateIdentity: typeof identity.generateIdentity = /* @__PURE__ */ withFallback(identity.generateIdentity)
export const identityFromSeed: typeof identity.identityFromSeed = /* @__PURE__ */ withFallback(identity.identityFromSeed)
export const storedIdentity: typeof identity.storedIdentity = /* @__PURE__ */ withFallback(identity.storedIdentity)
export const signEnvelope: typeof envelope.signEnvelope = /* @__PURE__ */ withFallback(envelope.signEnvelope)
export const verifyEnvelope: typeof envelope.verifyEnvelope = /* @__PURE__ */ withFallback(envelope.verifyEnvelope)
