/** How the js-libp2p contestants make a node. */
import { createRequire } from 'node:module'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { webSockets } from '@libp2p/websockets'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'

const require = createRequire(import.meta.url)
export const versions = Object.fromEntries(
  ['libp2p', '@libp2p/websockets', '@chainsafe/libp2p-noise', '@chainsafe/libp2p-yamux', '@libp2p/gossipsub'].map((name) => [
    name,
    require(`../node_modules/${name}/package.json`).version,
  ]),
)

export const createNode = (options = {}) =>
  createLibp2p({
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    ...options,
  })

export const toMultiaddr = ({ host, port, peerId }) => multiaddr(`/ip4/${host}/tcp/${port}/ws/p2p/${peerId}`)
