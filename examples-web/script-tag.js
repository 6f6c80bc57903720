const { P2PCoordinator } = window.LotusP2P

/** Messages kept on the page. */
const MAX_LINES = 100

async function main() {
  // The demo server tells where its relay is. On your own page this is just 'wss://relay.example'.
  const { relay } = await (await fetch('/config.json')).json()

  const coordinator = new P2PCoordinator({ bootstrap: [relay] })
  document.getElementById('peer-id').textContent = coordinator.peerId

  // What arrives with protocol: 'hello' comes here.
  coordinator.registerProtocol({
    protocolName: 'hello',
    async handleMessage(message, from) {
      addLine(`${from.peerId.slice(0, 12)}… says ${String(message.payload).slice(0, 200)}`)
    },
  })

  coordinator.on('status', (status) => {
    document.getElementById('status').textContent = status
  })
  coordinator.on('connected', () => showPeers(coordinator))
  coordinator.on('disconnected', () => showPeers(coordinator))
  coordinator.on('error', (error) => addLine(`${error.code}: ${error.message}`))

  document.getElementById('hello').addEventListener('click', async () => {
    try {
      const { sent } = await coordinator.broadcast({ type: 'greeting', payload: 'hello!', protocol: 'hello' })
      addLine(`I said hello to ${sent.length} peers`)
    } catch (error) {
      // NO_PEERS: only the relay is here, and a broadcast leaves relays out.
      addLine(`${error.code}: ${error.message}`)
    }
  })

  await coordinator.start()
  document.getElementById('hello').disabled = false

  // Ask the relay who else speaks our protocol, and connect to each: through the relay, which cannot read it.
  for (const peer of await coordinator.findPeers({ protocol: 'hello' })) await coordinator.connectToPeer(peer)
}

function showPeers(coordinator) {
  const rows = coordinator.getConnectedPeers().map((peer) => {
    const row = document.createElement('li')
    row.textContent = `${peer.isRelay ? 'relay' : 'peer'} ${peer.peerId} by ${peer.connection.transport}`
    return row
  })
  document.getElementById('peers').replaceChildren(...rows)
}

// textContent, never innerHTML: what a peer says is text, whatever it looks like.
function addLine(text) {
  const row = document.createElement('li')
  row.textContent = text
  const list = document.getElementById('messages')
  list.append(row)
  if (list.children.length > MAX_LINES) list.firstElementChild.remove()
}

main().catch((error) => addLine(`${error.code ?? error.name}: ${error.message}`))
