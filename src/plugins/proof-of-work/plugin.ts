import { P2PError } from '../../base/errors.js'
import { WORK_LIMITS } from '../../base/limits/proof-of-work.js'
import type { Plugin } from '../../core/plugin.js'
import { MAX_POW_DIFFICULTY, type WorkWorker } from './proof-of-work.js'
import { type ProofOfWorkEvent, WorkProofs } from './work-proofs.js'
import { WorkSalts } from './work-salts.js'

export interface ProofOfWorkOptions {
  /**
   * Bits of work (0 to 40) that this coordinator demands of strangers that dial it: 2^bits hashes each, for this peer and the day. Default
   * 0: none.
   */
  difficulty?: number | undefined
  /** Makes a worker of `lotus-p2p/pow-worker`; without it the work is done here, in slices of 10 ms. */
  worker?: (() => WorkWorker) | undefined
}

/**
 * Does the work that peers demand of those that dial them, as public relays do, and demands work of others where `difficulty` says so.
 *
 * @throws P2PError INVALID_CONFIG for a difficulty out of range.
 * @example
 * const wallet = new P2PCoordinator({ bootstrap: ['wss://relay.example'], plugins: [proofOfWork()] })
 * wallet.on('proof-of-work', ({ state, hashes, expectedHashes }) => console.log(state, hashes / expectedHashes))
 */
export function proofOfWork(options?: ProofOfWorkOptions): Plugin<object, { 'proof-of-work': [event: ProofOfWorkEvent] }> {
  const { difficulty = 0, worker } = options ?? {}
  if (!Number.isSafeInteger(difficulty) || difficulty < 0 || difficulty > MAX_POW_DIFFICULTY) {
    throw new P2PError('INVALID_CONFIG', `powDifficulty must be a whole number from 0 to ${MAX_POW_DIFFICULTY}.`, {
      details: { option: 'powDifficulty' },
    })
  }
  if (worker !== undefined && typeof worker !== 'function') {
    throw new P2PError('INVALID_CONFIG', 'proofOfWork.worker must be a function that makes a worker.', {
      details: { option: 'proofOfWork.worker' },
    })
  }
  return {
    name: 'proof-of-work',
    limits: WORK_LIMITS,
    attach(kit) {
      const { clock, limits, store, identity, network } = kit
      const onProgress = (event: ProofOfWorkEvent) => kit.emit('proof-of-work', event)
      const salts = new WorkSalts({ identity, network, clock, limits, onError: (error) => kit.report(error) })
      kit.setWork(new WorkProofs({ identity, network, store, clock, limits, salts, difficulty, worker, onProgress }))
      // A first look, so that the salt is there when the first dialler comes.
      if (difficulty > 0) kit.onLifecycle({ start: () => void salts.current() })
      return {}
    },
  }
}
