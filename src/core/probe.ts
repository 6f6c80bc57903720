import { P2PError } from '../base/errors.js'
import { withDeadline } from '../base/wait.js'
import type { Certificate } from '../channel/certificate.js'
import { SecureChannel } from '../channel/secure-channel.js'
import { channelOptions } from '../peer/pool/channel-options.js'
import { coreOf } from './core.js'
import type { PluginKit } from './plugin.js'

/**
 * Learns which peer is at an address that others have told, as far as the dial policy takes it: dials, reads the hello that the peer has
 * proven, and leaves before it tells our own. Neither side counts it as a connection.
 *
 * @param expected the id of the peer that is looked for.
 * @returns the Ed25519 key found: 32 bytes.
 * @throws P2PError what `Dialer.dial` fails with.
 */
export async function probe(kit: PluginKit, told: string, expected: string): Promise<Uint8Array> {
  const core = coreOf(kit)
  const { clock, limits, network, lifecycle } = core
  const { outgoing, sessions } = network.peers
  await lifecycle.run()
  outgoing.checkOpen()
  const { address, transport } = outgoing.way(told, expected)
  return withDeadline(clock, `Looking at ${address}`, { timeoutMs: limits.dialTimeoutMs }, async (signal) => {
    let found: Uint8Array | undefined
    const options = {
      ...(await channelOptions(core, sessions, async () => {})),
      judge: (certificate: Certificate, now: number | undefined) => core.judge(address, certificate, now!),
      signal,
      admit: async ({ hello }: SecureChannel) => {
        found = hello.publicKey
        throw new P2PError('CONNECTION_CLOSED', 'Only looking who lives.')
      },
    }
    await SecureChannel.dial(transport, address, options).catch((error) => {
      if (found === undefined) throw error
    })
    outgoing.prove(address, found!)
    return found!
  })
}
