import { P2PError } from '../../base/errors.js'
import type { WorkTerms } from '../../channel/work.js'
import { verifyProofOfWork } from './proof-of-work.js'
import type { WorkSalts } from './work-salts.js'

/**
 * What work a dialler has to show. Strangers come by a listener or a circuit. Tabs of one browser are its user's own. WebRTC is
 * set up over a connection that has paid already, so it is not told there, but another identity must not come in that way.
 */
export function workDemand(options: {
  bits: number
  transport: string
  /** Our key, 32 bytes. */
  responder: Uint8Array
  network: string
  salts: Pick<WorkSalts, 'current' | 'of'>
  isConnected(publicKey: Uint8Array): boolean
}): WorkTerms | undefined {
  const { bits, transport, responder, network, salts, isConnected } = options
  if (bits === 0 || transport === 'broadcast-channel') return undefined
  const current = salts.current()
  if (current === undefined) return undefined
  const isUpgrade = transport === 'webrtc'
  return {
    ...(!isUpgrade && { demanded: { bits, ...current } }),
    check: (publicKey, proof) => {
      if (isUpgrade && isConnected(publicKey)) return
      const salt = proof && salts.of(proof.day)
      if (salt !== undefined && verifyProofOfWork({ publicKey, responder, salt, network, proof, bits })) return
      throw new P2PError(
        'PROOF_OF_WORK_REQUIRED',
        `A proof of work of ${bits} bits is needed here, for what this peer demands today.`,
        { details: { bits } },
      )
    },
  }
}
