import { P2PError } from '../../base/errors.js'
import type { RemoteHello } from '../../channel/hello.js'
import { type ChannelOptions, SecureChannel } from '../../channel/secure-channel.js'
import type { Transport } from '../../transport/transport.js'

/**
 * Learns which peer is at an address: dials, reads the hello that the peer has proven, and leaves before it tells our own. Neither
 * side counts it as a connection.
 *
 * @throws P2PError what `SecureChannel.dial` fails with.
 */
export async function probe(
  transport: Pick<Transport, 'dial'>,
  address: string,
  options: ChannelOptions & { signal?: AbortSignal },
): Promise<RemoteHello> {
  let remote: RemoteHello | undefined
  const admit = async (channel: SecureChannel) => {
    remote = channel.hello
    throw new P2PError('CONNECTION_CLOSED', 'Only looking who lives.')
  }
  await SecureChannel.dial(transport, address, { ...options, admit }).catch((error) => {
    if (remote === undefined) throw error
  })
  return remote!
}
