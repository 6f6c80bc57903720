import { afterEach, expect, test } from 'vitest'
import { seededRandom } from '../../src/base/random.js'
import { COINJOIN_LIMITS } from '../../src/coinjoin/limits.js'
import { MixPeer } from '../../src/coinjoin/mix-network.js'
import type { P2PCoordinator } from '../../src/coordinator.js'
import { coreOf } from '../../src/core/core.js'
import type { Plugin } from '../../src/core/plugin.js'
import { withTransport } from '../../src/core/with-transport.js'
import { encode } from '../../src/message/codec.js'
import { type OnionNet, onionNetwork, pass, passing, readyWallet } from '../onion/wallets.js'
import { SILENT } from './streets.js'

let open: OnionNet | undefined
const peers: MixPeer[] = []

afterEach(async () => {
  await open?.net.run(Promise.all(peers.splice(0).map((peer) => peer.shutdown())))
  await open?.net.stop()
  open = undefined
})

const POOL = 'ab'.repeat(16)
const LIMITS = { ...COINJOIN_LIMITS, entryWorkBits: 2 }

/** Messages that peers of relays have sent, by the key of who has. */
type Told = { from: string; text: Buffer }[]

function listener(told: Told): Plugin {
  return {
    name: 'listener',
    attach(kit) {
      const { router } = coreOf(kit)
      const dispatch = router.dispatch.bind(router)
      router.dispatch = (message, from) => {
        if (from.connection !== undefined) {
          told.push({
            from: Buffer.from(from.publicKey!).toString('hex'),
            text: Buffer.from(encode([message.type, message.payload])),
          })
        }
        dispatch(message, from)
      }
      return {}
    },
  }
}

test('an entry that is announced by the onion is found by all who wait, and no relay has had it, or the question, from its peer', async () => {
  const told: Told = []
  open = await onionNetwork({ pluginsOf: () => [listener(told)] })
  const { net, relays, addresses } = open
  const peerOf = async (host: string, wallet?: Pick<Awaited<ReturnType<typeof readyWallet>>, 'onion'>) => {
    const peer = new MixPeer(
      {
        bootstrap: addresses.slice(0, 1),
        clock: net.clock,
        random: seededRandom(100 + peers.length),
        logger: SILENT,
        allowPrivate: true,
        plugins: () => [withTransport(net.network.transport(host))],
        ...(wallet && { onion: wallet.onion }),
      },
      LIMITS,
    )
    peers.push(peer)
    await net.run(peer.start())
    return peer
  }
  const hidden = await peerOf('mixer1', await readyWallet(open))
  const plain = await peerOf('mixer2')
  const enter = async (peer: MixPeer) => passing(net, peer.enter(POOL, await peer.mine(POOL)))
  const leave = await enter(hidden)
  await enter(plain)
  const keysSeenBy = async (peer: MixPeer) =>
    (await passing(net, peer.entries(POOL, net.clock.now()))).map((key) => Buffer.from(key).toString('hex')).sort()
  const [one, other] = [hidden, plain].map(({ identity }) => Buffer.from(identity.publicKey).toString('hex')) as [string, string]
  expect(await keysSeenBy(plain)).toEqual([one, other].sort())
  expect(await keysSeenBy(hidden)).toEqual([one, other].sort())

  // It is published anew, and counts as announced when it was first.
  await pass(net, 400_000)
  expect(await keysSeenBy(plain)).toContain(one)

  const relayKeys = new Set(relays.map(({ publicKey }: P2PCoordinator) => Buffer.from(publicKey).toString('hex')))
  const ofPool = new Set(told.filter(({ text }) => text.includes(POOL)).map(({ from }) => from))
  const strangers = [...ofPool].filter((from) => !relayKeys.has(from))
  expect(strangers).toEqual([other])

  await passing(net, leave())
  expect(await keysSeenBy(plain)).toEqual([other])
}, 120_000)
