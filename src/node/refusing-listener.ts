import type { P2PError } from '../base/errors.js'
import { SecureChannel } from '../channel/secure-channel.js'
import type { CoordinatorListener } from '../core/config.js'

/** A listener that tells newcomers why they are not let in, before any cryptography. */
export function refusing(listener: CoordinatorListener, refusal: () => P2PError | undefined): Required<CoordinatorListener> {
  return {
    transport: listener.transport,
    // What accounts costs to peers is one of them.
    plugins: listener.plugins ?? [],
    get addresses() {
      return listener.addresses
    },
    listen: (accept) =>
      listener.listen((connection) => {
        const error = refusal()
        if (error === undefined) accept(connection)
        else SecureChannel.refuse(connection, error)
      }),
    close: () => listener.close(),
  }
}
