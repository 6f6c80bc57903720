import type { RelayBackplane } from '../../backplane/backplane.js'
import { P2PError } from '../../base/errors.js'
import type { Unsubscribe } from '../../base/events.js'
import type { Plugin } from '../../core/plugin.js'
import type { PeerInfo } from '../../protocol/peer-info.js'
import { WalkerTable } from './walker-table.js'

export interface OneWalker extends Plugin {
  /** Whether this process speaks with other relays. */
  readonly leads: boolean
  /** Called once the backplane has started. @param leave ends the connection to another relay, which the next walker makes anew. */
  begin(leave: (peerId: string) => void): void
  close(): void
}

/**
 * One process of a relay at a time dials outside: bootstrap peers, and the nodes of the DHT. For to other relays all processes are one peer, which
 * has one connection; several that dial would drive each other out without end. Whoever dials us may come to any process.
 */
export function oneWalker(backplane: RelayBackplane): OneWalker {
  let leads = false
  let wake = () => {}
  let peers: () => PeerInfo[] = () => []
  let stop: Unsubscribe | undefined
  let table: WalkerTable | undefined
  return {
    name: 'one-walker',
    needs: ['dht', 'dht-node'],
    get leads() {
      return leads
    },
    attach(kit) {
      wake = () => kit.woke('asked')
      peers = () => kit.peers()
      table = new WalkerTable(backplane, kit)
      kit.addTransport({
        name: 'another-process',
        rank: 3,
        direct: true,
        // Of two transports that can dial an address, the one added last does.
        canDial: (address) => !leads && !address.startsWith('circuit:'),
        dial: async () => {
          throw new P2PError('PEER_UNREACHABLE', 'Another process of this relay speaks with other relays.')
        },
      })
      return {}
    },
    begin(leave) {
      stop = backplane.lead('walker', (leading) => {
        leads = leading
        table?.changed(leading)
        if (leading) wake()
        else for (const { peerId, connection } of peers()) if (connection?.outbound === true) leave(peerId)
      })
    },
    close() {
      stop?.()
      table?.close()
    },
  }
}
