// Paths that the page's address switches off, to see how the others do: ?webrtc=off, ?privacy=relayed, ?http=1.

/** The part of the P2PConfig that says how peers may be reached, `relays` as it reaches them, and `words` to show what is not as usual. */
export function pathOptions(addresses, search = location.search) {
  let relays = addresses
  const [relay] = addresses
  const asked = new URLSearchParams(search)
  // The relays of `npm run demo` name each other by addresses of this machine.
  const isHere = /^wss?:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/i.test(`${relay}/`)
  const config = { bootstrap: [relay], ...(isHere && { allowPrivate: true }) }
  const words = []
  if (asked.get('privacy') === 'relayed') {
    config.privacy = 'relayed'
    words.push('begun as relayed')
  } else if (asked.get('webrtc') === 'off') {
    config.webrtc = false
    words.push('no WebRTC')
  }
  if (asked.get('http') === '1') {
    // To an http:// address the SDK opens no WebSocket.
    relays = addresses.map((address) => address.replace(/^ws/i, 'http'))
    config.bootstrap = relays.slice(0, 1)
    words.push('HTTP only')
  }
  return { config, relays, words }
}
