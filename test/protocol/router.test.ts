import { describe, expect, it, vi } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import type { P2PMessage } from '../../src/message/message.js'
import type { IProtocolHandler, ProtocolHost } from '../../src/protocol/handler.js'
import { type PeerInfo, PeerState } from '../../src/protocol/peer-info.js'
import { ProtocolRouter } from '../../src/protocol/router.js'
import { settle } from '../circuit/test-network.js'

const bob: PeerInfo = { peerId: 'bob', addresses: {}, state: PeerState.CONNECTED, lastSeen: 0 }
const message = (protocol: string): P2PMessage => ({
  messageId: 'm',
  type: 'hello',
  from: 'bob',
  to: 'alice',
  payload: 1,
  timestamp: 0,
  protocol,
})
const host = {} as ProtocolHost

function routing() {
  const errors: [P2PError, string | undefined][] = []
  const failed: [string, P2PError][] = []
  const router = new ProtocolRouter({
    host,
    onError: (error, peer) => errors.push([error, peer?.peerId]),
    onFailed: ({ protocol }, error) => failed.push([protocol!, error]),
  })
  return { router, errors, failed }
}

const handler = <More extends Partial<IProtocolHandler>>(protocolName: string, more = {} as More) => ({
  protocolName,
  handleMessage: vi.fn(async (_message: P2PMessage, _from: PeerInfo) => {}),
  ...more,
})

describe('the protocol router', () => {
  it('brings a message to the handler of its protocol, and to no other', () => {
    const { router, errors, failed } = routing()
    const [chat, dice] = [handler('chat'), handler('dice')]
    router.register(chat)
    router.register(dice)
    router.dispatch(message('dice'), bob)
    expect(dice.handleMessage.mock.calls).toEqual([[message('dice'), bob]])
    expect(chat.handleMessage).not.toHaveBeenCalled()
    expect([router.names, errors, failed]).toEqual([['chat', 'dice'], [], []])
  })

  it('tells the sender PROTOCOL_NOT_SUPPORTED where nobody handles it', () => {
    const { router, errors, failed } = routing()
    router.dispatch(message('chat'), bob)
    expect(failed).toMatchObject([['chat', { code: 'PROTOCOL_NOT_SUPPORTED', details: { protocol: 'chat' } }]])
    expect(errors).toEqual([])
  })

  it('gives a handler its host when it is registered, and no messages once it is unregistered', () => {
    const { router, failed } = routing()
    const [onRegister, onUnregister] = [vi.fn(), vi.fn()]
    const chat = handler('chat', { onRegister, onUnregister })
    router.register(chat)
    expect(onRegister.mock.calls).toEqual([[host]])
    expect([router.unregister('chat'), router.unregister('chat')]).toEqual([true, false])
    expect(onUnregister).toHaveBeenCalledTimes(1)
    router.dispatch(message('chat'), bob)
    expect(chat.handleMessage).not.toHaveBeenCalled()
    expect([failed.length, router.names]).toEqual([1, []])
    router.register(handler('chat'))
  })

  it.each([
    ['no name', { handleMessage: async () => {} }],
    ['an empty name', handler('')],
    ['a name of 129 characters', handler('x'.repeat(129))],
    ['no handleMessage', { protocolName: 'chat' }],
    ['rates that are no numbers', handler('chat', { rateLimits: { messagesPerS: Number.NaN } })],
    ['nothing at all', undefined],
  ])('refuses a handler with %s as INVALID_CONFIG', (_, wrong) => {
    const { router } = routing()
    expect(() => router.register(wrong as IProtocolHandler)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
    expect(router.names).toEqual([])
  })

  it('refuses a second handler of one protocol, and keeps the first', () => {
    const { router } = routing()
    const first = handler('x'.repeat(128))
    router.register(first)
    expect(() => router.register(handler(first.protocolName))).toThrow(expect.objectContaining({ code: 'DUPLICATE_PROTOCOL' }))
    router.dispatch(message(first.protocolName), bob)
    expect(first.handleMessage).toHaveBeenCalledTimes(1)
  })

  it('registers nothing where the handler fails at its registration', () => {
    const { router } = routing()
    const onRegister = () => {
      throw new Error('no')
    }
    expect(() => router.register(handler('chat', { onRegister }))).toThrow('no')
    expect(router.names).toEqual([])
  })

  it('knows the rates that a handler has declared', () => {
    const { router } = routing()
    const rateLimits = { messagesPerS: 5 }
    router.register(handler('chat', { rateLimits }))
    router.register(handler('dice'))
    expect(['chat', 'dice', 'mail'].map((name) => router.limitsOf(name))).toEqual([rateLimits, 'default', undefined])
  })
})

describe('a handler that fails', () => {
  const failures: [string, IProtocolHandler['handleMessage']][] = [
    [
      'throws',
      () => {
        throw new Error('a secret')
      },
    ],
    ['rejects', () => Promise.reject(new Error('a secret'))],
    ['rejects with no error', () => Promise.reject('a secret')],
  ]

  it.each(failures)('and %s is reported here, and tells the sender no more than that', async (_, handleMessage) => {
    const { router, errors, failed } = routing()
    router.register(handler('chat', { handleMessage }))
    router.dispatch(message('chat'), bob)
    await settle()
    expect(errors).toMatchObject([[{ code: 'HANDLER_FAILED', details: { protocol: 'chat' } }, 'bob']])
    expect(errors[0]![0].message).toContain('a secret')
    expect(failed).toMatchObject([['chat', { code: 'HANDLER_FAILED' }]])
    expect(failed[0]![1].message).not.toContain('a secret')
  })

  it('and refuses with a code of ours tells the sender that code, and is no error here', async () => {
    const { router, errors, failed } = routing()
    const refusal = new P2PError('LIMIT_EXCEEDED', 'At most five.')
    router.register(handler('chat', { handleMessage: () => Promise.reject(refusal) }))
    router.dispatch(message('chat'), bob)
    await settle()
    expect([errors, failed]).toEqual([[], [['chat', refusal]]])
  })

  it('and never returns holds up nobody', () => {
    const { router } = routing()
    const slow = handler('chat', { handleMessage: vi.fn(() => new Promise<void>(() => {})) })
    router.register(slow)
    router.dispatch(message('chat'), bob)
    router.dispatch(message('chat'), bob)
    expect(slow.handleMessage).toHaveBeenCalledTimes(2)
  })

  it('when peers come or go, or when it is unregistered, harms no other', async () => {
    const { router, errors } = routing()
    const [onPeerConnected, onPeerDisconnected] = [vi.fn(async () => {}), vi.fn(async () => {})]
    const bad = handler('bad', {
      onPeerConnected: () => {
        throw new Error('at once')
      },
      onPeerDisconnected: () => Promise.reject(new Error('later')),
      onUnregister: () => {
        throw new Error('at the end')
      },
    })
    router.register(bad)
    router.register(handler('good', { onPeerConnected, onPeerDisconnected }))
    router.connected(bob)
    const reason = new P2PError('CONNECTION_LOST', 'Gone.')
    router.disconnected(bob, reason)
    await settle()
    expect([onPeerConnected.mock.calls, onPeerDisconnected.mock.calls]).toEqual([[[bob]], [[bob, reason]]])
    expect(router.unregister('bad')).toBe(true)
    expect(errors).toMatchObject([
      [{ code: 'HANDLER_FAILED' }, 'bob'],
      [{ code: 'HANDLER_FAILED' }, 'bob'],
      [{ code: 'HANDLER_FAILED' }, undefined],
    ])
    expect(router.names).toEqual(['good'])
  })

  it('that was registered late is told of those who are there', () => {
    const { router } = routing()
    const onPeerConnected = vi.fn(async () => {})
    const late = handler('late', { onPeerConnected })
    router.register(late)
    router.connectedTo(late, bob)
    expect(onPeerConnected.mock.calls).toEqual([[bob]])
  })
})
