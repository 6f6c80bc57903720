import type { Limits } from '../base/limits.js'
import type { P2PCoordinator } from '../coordinator.js'
import { type Reader, SlowReaders } from './slow-readers.js'

/**
 * Ends peers that acknowledge nothing of what waits for them: the system's buffers take megabytes for a reader that never reads,
 * and all of it is kept here until it is acknowledged. They have twice `slowReaderMs`, for what is in those buffers has to arrive too.
 */
export function endSilent(coordinator: P2PCoordinator, limits: Limits): SlowReaders {
  const readers = new SlowReaders({ ...limits, slowReaderMs: 2 * limits.slowReaderMs })
  const known = new Map<string, Reader>()
  coordinator.on('connected', ({ peerId }) => {
    const reader: Reader = {
      get isWaiting() {
        return (coordinator.getPeerLoad(peerId)?.unacknowledgedBytes ?? 0) > limits.slowReaderBytes
      },
      get progress() {
        const { delivered = 0, unsentBytes = 0 } = coordinator.getPeerLoad(peerId) ?? {}
        return `${delivered} ${unsentBytes}`
      },
      end: (error) => void coordinator.disconnectFromPeer(peerId, error).catch(() => {}),
    }
    known.set(peerId, reader)
    readers.add(reader)
  })
  coordinator.on('disconnected', ({ peerId }) => {
    const reader = known.get(peerId)
    known.delete(peerId)
    if (reader !== undefined) readers.remove(reader)
  })
  return readers
}
