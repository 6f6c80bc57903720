import { P2PCoordinator, VERSION } from 'lotus-p2p'

/** What a server renders: the SDK is imported and even constructed, and nothing starts. */
export function render() {
  const wallet = new P2PCoordinator({ bootstrap: ['wss://relay.example'] })
  return `<p data-version="${VERSION}">${wallet.peerId}</p>`
}
