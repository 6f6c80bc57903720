/** Raw `ws`: no encryption, no identity, no routing. The ceiling. */
import { createRequire } from 'node:module'
import { WebSocket, WebSocketServer } from 'ws'
import { serve } from './role.mjs'

const HIGH_WATER_BYTES = 1_048_576
const { version } = createRequire(import.meta.url)('ws/package.json')

let server
let messages = 0
let bytes = 0
const held = []

const connected = (address, mode) =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${address.host}:${address.port}/${mode}`, { perMessageDeflate: false })
    socket.once('open', () => resolve(socket))
    socket.once('error', reject)
  })

serve({
  name: 'ws',
  versions: { ws: version },

  listen: ({ host }) =>
    new Promise((resolve, reject) => {
      server = new WebSocketServer({ host, port: 0, perMessageDeflate: false })
      server.once('error', reject)
      server.once('listening', () => resolve({ host, port: server.address().port }))
      server.on('connection', (socket, request) => {
        if (request.url === '/echo') {
          socket.on('message', (data) => socket.send(data))
        } else {
          socket.on('message', (data) => {
            messages++
            bytes += data.byteLength
          })
        }
      })
    }),
  received: () => ({ messages, bytes }),
  connections: () => server.clients.size,

  async prepare() {},
  async open(address, mode) {
    const socket = await connected(address, mode)
    let answered
    if (mode === 'echo') socket.on('message', (data) => answered(data))
    return {
      send(payload) {
        if (socket.bufferedAmount < HIGH_WATER_BYTES) return socket.send(payload)
        return new Promise((resolve, reject) => socket.send(payload, (error) => (error ? reject(error) : resolve())))
      },
      echo: (payload) =>
        new Promise((resolve) => {
          answered = resolve
          socket.send(payload)
        }),
      close: () =>
        new Promise((resolve) => {
          socket.once('close', resolve)
          socket.close()
        }),
    }
  },
  async hold(address) {
    held.push(await connected(address, 'idle'))
  },
})
