import { Alarm } from '../../base/alarm.js'
import { P2PError } from '../../base/errors.js'
import { isHidden } from '../../base/hidden.js'
import { coreOf } from '../../core/core.js'
import type { Plugin } from '../../core/plugin.js'
import { encodePeerId } from '../../identity/peer-id.js'

/** Options of `oneTab`. */
export interface OneTabOptions {
  /** True: a start fails with STORE_IN_USE while another tab leads. Default false: it waits, under its deadline. */
  throws?: boolean | undefined
}

/** What a visible tab says to the one that leads. */
const ASK = 'lead'
/** How often a tab that is to hand over looks whether it may, milliseconds. */
const LOOK_AGAIN_MS = 1_000

/**
 * Of several tabs with one identity, one runs: relays know a peer by its key, and two processes with one key would replace each other
 * for ever. The others are `'standby'`, and one of them takes over when the leading tab closes, crashes, is suspended, or is hidden while
 * theirs is shown, unless a signing or mixing session is live there. Where the platform has no Web Locks (W3C Web Locks API), as in Node, the plugin does nothing.
 *
 * @example
 * new P2PCoordinator({ identity: await storedIdentity(), plugins: [oneTab()] }) // of lotus-p2p/core; that of lotus-p2p has it
 */
export function oneTab(options?: OneTabOptions): Plugin {
  const { throws = false } = options ?? {}
  return {
    name: 'one-tab',
    attach(kit) {
      const { navigator, document, BroadcastChannel } = globalThis as Partial<typeof globalThis>
      const locks = navigator?.locks
      if (locks === undefined) return {}
      /** Ends the wait for the lock, or gives it back. */
      let leave: (() => void) | undefined
      let channel: BroadcastChannel | undefined
      /** Counts the starts and their ends: a lock that comes too late is given back. */
      let turn = 0
      const ask = () => {
        if (leave !== undefined && !isHidden()) channel?.postMessage(ASK)
      }
      /** The leading tab is hidden, and another one is shown: that one leads, as soon as nobody waits for this one. */
      const handOver = () => {
        if (!isHidden()) return
        if (coreOf(kit).plugins.isHeld) return again.arm(LOOK_AGAIN_MS)
        // To be in line again before the lock is free would keep it from who asked: locks are given in the order of the requests.
        kit.suspend()
        kit.resume().catch((error) => kit.report(error))
      }
      const again = new Alarm(kit.clock, handOver)
      const end = () => {
        turn++
        again.disarm()
        leave?.()
        leave = undefined
        document?.removeEventListener('visibilitychange', ask)
        channel?.close()
        channel = undefined
        kit.standby(false)
      }
      /** Resolves once the lock is ours, or is somebody else's and we do not wait. */
      const take = (name: string, options: LockOptions): Promise<boolean> =>
        new Promise((resolve, reject) => {
          const mine = turn
          const request = locks.request(name, options, (lock) => {
            resolve(lock !== null)
            return lock === null || mine !== turn ? undefined : new Promise<void>((done) => (leave = done))
          })
          request.catch(reject)
        })
      kit.onLifecycle({
        async lead() {
          const name = `lotus-p2p/${kit.store.name ?? encodePeerId(kit.publicKey)}`
          end()
          if (!(await take(name, { ifAvailable: true }))) {
            if (throws) throw new P2PError('STORE_IN_USE', 'Another tab runs with this identity. Close it, or wait for it.')
            const controller = new AbortController()
            leave = () => controller.abort()
            channel = BroadcastChannel && new BroadcastChannel(name)
            document?.addEventListener('visibilitychange', ask)
            kit.standby(true)
            ask()
            await take(name, { signal: controller.signal })
            document?.removeEventListener('visibilitychange', ask)
            channel?.close()
          }
          channel = BroadcastChannel && new BroadcastChannel(name)
          if (channel !== undefined) channel.onmessage = handOver
          kit.standby(false)
        },
        suspend: end,
        stop: end,
      })
      return {}
    },
  }
}
