import type { Clock } from '../../base/clock.js'
import { P2PError } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import { WORK_SALT_BYTES, type WorkTerms } from '../../channel/work.js'
import { verifyProofOfWork, workEpoch } from './proof-of-work.js'

/**
 * What work a dialler has to show. Strangers come by a listener or a circuit. Tabs of one browser are its user's own. WebRTC is
 * set up over a connection that has paid already, so it is not told there, but another identity must not come in that way.
 */
export function workDemand(options: {
  bits: number
  transport: string
  clock: Clock
  limits: Limits
  isConnected(publicKey: Uint8Array): boolean
}): WorkTerms | undefined {
  const { bits, transport, clock, limits, isConnected } = options
  if (bits === 0 || transport === 'broadcast-channel') return undefined
  const isUpgrade = transport === 'webrtc'
  return {
    ...(!isUpgrade && {
      demanded: { bits, salt: new Uint8Array(WORK_SALT_BYTES), day: workEpoch(clock.now(), limits.workEpochMs) },
    }),
    check: (publicKey, proof) => {
      if (isUpgrade && isConnected(publicKey)) return
      if (verifyProofOfWork({ publicKey, proof, bits, now: clock.now(), limits })) return
      throw new P2PError(
        'PROOF_OF_WORK_REQUIRED',
        `A proof of work of ${bits} bits is needed here. Check the clock if you gave one.`,
        { details: { bits } },
      )
    },
  }
}
