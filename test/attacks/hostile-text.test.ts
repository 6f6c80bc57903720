import { afterEach, expect, it } from 'vitest'
import type { P2PError } from '../../src/base/errors.js'
import { Entry } from '../../src/channel/batch.js'
import { P2PCoordinator } from '../../src/coordinator.js'
import { encode } from '../../src/message/codec.js'
import { webSocketServer } from '../../src/node/index.js'
import { RawPeer } from './raw-peer.js'

const EVIL = 'a\u001b[2J\nforged line\r\u202e\u0007\u0000'
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function victim() {
  const listener = webSocketServer()
  const peer = new P2PCoordinator({ listen: [listener], webrtc: false })
  cleanUps.push(() => peer.shutdown())
  const errors: P2PError[] = []
  peer.on('error', (error) => void errors.push(error))
  await peer.start()
  const raw = await new RawPeer().connect(listener.addresses[0]!)
  cleanUps.push(() => raw.end())
  return { peer, raw, errors }
}

it('what a peer says at its goodbye cannot move a cursor or forge a line', async () => {
  const { peer, raw } = await victim()
  const gone = new Promise<P2PError>((resolve) => peer.once('disconnected', (_, error) => resolve(error)))
  raw.entry(Entry.CLOSE, encode({ code: 'CONNECTION_CLOSED', message: EVIL }))
  const error = await gone
  expect(error.message).toContain('forged line')
  expect(error.message).not.toMatch(UNSAFE)
})

it('nor can what it answers to a request', async () => {
  const { peer, raw } = await victim()
  const request = peer.request(raw.peerId, { type: 'ask', payload: 1 })
  const failed = request.catch((error: P2PError) => error)
  const question = await raw.until(({ kind, body }) => kind === Entry.MESSAGE && Buffer.from(body).includes('ask'))
  const asked = /[\w-]{21}/.exec(Buffer.from(question.body).toString('latin1'))![0]
  const payload = { code: 'HANDLER_FAILED', message: EVIL }
  raw.on(0, encode([1, 'failed', null, true, payload, Date.now(), 'id', 'lotus/core', asked]))
  const error = (await failed) as P2PError
  expect(error).toMatchObject({ code: 'HANDLER_FAILED', details: { byPeer: true } })
  expect(error.message).toContain('forged line')
  expect(error.message).not.toMatch(UNSAFE)
})

it('nor the name of a limit in a refusal, nor the reason of a ban', async () => {
  const { peer, raw } = await victim()
  await peer.sendTo(raw.peerId, { type: 'refuse-me', payload: 1 })
  const { body: message } = await raw.until(({ kind, body }) => kind === Entry.MESSAGE && Buffer.from(body).includes('refuse-me'))
  raw.entry(Entry.REFUSED, Uint8Array.of(message[0]!, 0, 0, 0, 0, 0, 1, 0, 0, 200, 0, ...new TextEncoder().encode(EVIL)))
  // What comes after it is handled after it.
  const heard = new Promise((resolve) => peer.once('message', resolve))
  raw.message('after')
  await heard
  const refused = await peer.sendTo(raw.peerId, { type: 'refuse-me', payload: 1 }, { wait: false }).then(
    () => expect.fail('It should have been refused.'),
    (error: P2PError) => error,
  )
  expect(refused.code).toBe('RATE_LIMITED')
  expect(refused.details.limit).not.toMatch(UNSAFE)
  for (let i = 0; i < 12 && raw.isOpen; i++) raw.message(1, EVIL, EVIL)
  raw.entry(0x7f, new TextEncoder().encode(EVIL))
  await raw.closed
  for (const ban of peer.listBans()) expect(ban.reason).not.toMatch(UNSAFE)
})
