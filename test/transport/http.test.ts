import { webSocketServer } from '../../src/node/web-socket-server.js'
import { http } from '../../src/transport/http.js'
import { acceptor, transportCompliance } from '../compliance/transport.js'

const INVALID = [
  'http://',
  'http://host:99999',
  'ws://127.0.0.1',
  'https://a b',
  'http://user:secret@127.0.0.1',
  'http://127.0.0.1/#x',
  'http://[::1',
  '',
]

async function loopback() {
  const listener = webSocketServer()
  const { accept, next } = acceptor()
  await listener.listen(accept)
  return { transport: http(), address: listener.addresses[0]!.replace('ws', 'http'), next, stop: () => listener.close() }
}

transportCompliance('HTTP', loopback, { unreachable: ['http://127.0.0.1:1', 'PEER_UNREACHABLE'], invalid: INVALID })
