import type { P2PError } from '../base/errors.js'
import { SecureChannel } from '../channel/secure-channel.js'
import type { Listener } from '../transport/transport.js'

/** A listener that tells newcomers why they are not let in, before any cryptography. */
export function refusing(listener: Listener, refusal: () => P2PError | undefined): Listener {
  return {
    transport: listener.transport,
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
