import { describe, expect, it } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { resolveLimits } from '../../src/base/limits.js'
import type { P2PMessage } from '../../src/message/message.js'
import { CORE_PROTOCOL, PendingRequests } from '../../src/protocol/pending-requests.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

const message = (messageId: string, more: Partial<P2PMessage> = {}): P2PMessage => ({
  messageId,
  type: 'price',
  from: 'alice',
  to: 'bob',
  payload: null,
  timestamp: 0,
  ...more,
})
const answerTo = (inReplyTo: string, more: Partial<P2PMessage> = {}) =>
  message(`answer to ${inReplyTo}`, { from: 'bob', to: 'alice', payload: 7, inReplyTo, ...more })
const sent = () => Promise.resolve()
const errorOf = (promise: Promise<unknown>): Promise<P2PError> =>
  promise.then(
    () => expect.fail('It should have failed.'),
    (error) => error,
  )

function waiting(limits = {}) {
  const clock = new VirtualClock()
  const requests = new PendingRequests(clock, resolveLimits({ requestTimeoutMs: 5_000, ...limits }))
  const ask = (id: string, options = {}, send: () => Promise<void> | undefined = sent) =>
    requests.wait(message(id), 'bob', options, send)
  return { clock, requests, ask }
}

describe('requests that wait', () => {
  it('get the answer of the peer that was asked, and leave nothing behind', async () => {
    const { clock, requests, ask } = waiting()
    const [first, second] = [ask('1'), ask('2')]
    expect(requests.count).toBe(2)
    expect(requests.claim(answerTo('2'))).toBe(true)
    expect(requests.settle(answerTo('2'))).toBe(true)
    expect(requests.settle(answerTo('1', { payload: 8 }))).toBe(true)
    expect([(await first).payload, (await second).payload]).toEqual([8, 7])
    expect([requests.count, clock.pending]).toEqual([0, 0])
  })

  it.each([
    ['of a peer that was not asked', answerTo('1', { from: 'mallory' })],
    ['to a request that was never made', answerTo('2')],
    ['that names no request', message('3', { from: 'bob' })],
  ])('take no answer %s', async (_, answer) => {
    const { requests, ask } = waiting()
    const request = ask('1')
    expect([requests.claim(answer), requests.settle(answer), requests.count]).toEqual([false, false, 1])
    requests.settle(answerTo('1'))
    await request
  })

  it('take one answer each', async () => {
    const { requests, ask } = waiting()
    const request = ask('1')
    expect([requests.settle(answerTo('1')), requests.settle(answerTo('1', { payload: 9 }))]).toEqual([true, false])
    expect((await request).payload).toBe(7)
  })

  it('fail with TIMEOUT after the default time or their own, not before', async () => {
    const { clock, requests, ask } = waiting()
    const usual = errorOf(ask('1'))
    const hasty = errorOf(ask('2', { timeoutMs: 100 }))
    await clock.advance(99)
    expect(requests.count).toBe(2)
    await clock.advance(1)
    expect(await hasty).toMatchObject({ code: 'TIMEOUT', details: { peerId: 'bob' } })
    await clock.advance(4_899)
    expect(requests.count).toBe(1)
    await clock.advance(1)
    expect(await usual).toMatchObject({ code: 'TIMEOUT' })
    expect([requests.count, clock.pending, requests.settle(answerTo('1'))]).toEqual([0, 0, false])
  })

  it('fail with ABORTED when their signal fires, or has fired before anything is sent', async () => {
    const { clock, requests, ask } = waiting()
    const leaving = new AbortController()
    const request = errorOf(ask('1', { signal: leaving.signal }))
    leaving.abort()
    expect(await request).toMatchObject({ code: 'ABORTED', details: { peerId: 'bob' } })
    let sends = 0
    const late = ask('2', { signal: leaving.signal }, async () => void sends++)
    expect(await errorOf(late)).toMatchObject({ code: 'ABORTED' })
    expect([sends, requests.count, clock.pending]).toEqual([0, 0, 0])
  })

  it('do not listen to a signal any more once they are settled', async () => {
    const { requests, ask } = waiting()
    const { signal } = new AbortController()
    const listening = new Set<unknown>()
    const { addEventListener, removeEventListener } = signal
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listening.add(args[1])
      addEventListener.apply(signal, args)
    }
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listening.delete(args[1])
      removeEventListener.apply(signal, args)
    }
    const request = ask('1', { signal })
    expect(listening.size).toBe(1)
    requests.settle(answerTo('1'))
    await request
    expect(listening.size).toBe(0)
  })

  it('are sent beyond their bound in their order, each when one of them is settled, or not at all where time is over first', async () => {
    const { clock, requests, ask } = waiting({ maxPendingRequests: 2 })
    const sends: string[] = []
    const noting = (id: string) => () => void sends.push(id)
    const [first, second] = [ask('1', {}, noting('1')), ask('2', {}, noting('2'))]
    const [third, fourth] = [ask('3', {}, noting('3')), ask('4', { timeoutMs: 100 }, noting('4'))]
    const end = new AbortController()
    const fifth = ask('5', { signal: end.signal }, noting('5'))
    expect([sends, requests.count]).toEqual([['1', '2'], 2])
    const late = errorOf(fourth)
    const ended = errorOf(fifth)
    end.abort()
    await clock.advance(100)
    expect([(await late).code, (await ended).code]).toEqual(['TIMEOUT', 'ABORTED'])
    requests.settle(answerTo('1'))
    await first
    await clock.advance(0)
    expect(sends).toEqual(['1', '2', '3'])
    requests.settle(answerTo('2'))
    requests.settle(answerTo('3'))
    await Promise.all([second, third])
    expect([sends, requests.count, clock.pending]).toEqual([['1', '2', '3'], 0, 0])
  })

  it.each([Number.NaN, '5000', null, {}])('are refused where timeoutMs is %s', async (timeoutMs) => {
    const { requests, ask } = waiting()
    expect(await errorOf(ask('1', { timeoutMs }))).toMatchObject({ code: 'INVALID_CONFIG' })
    expect(requests.count).toBe(0)
  })

  it.each([Number.POSITIVE_INFINITY, 2 ** 31])('wait on where timeoutMs is %s', async (timeoutMs) => {
    const { clock, requests, ask } = waiting()
    const request = ask('1', { timeoutMs })
    await clock.advance(60_000)
    requests.settle(answerTo('1'))
    expect((await request).payload).toBe(7)
  })

  it('fail as their message does, at once or later, and then wait no more', async () => {
    const { clock, requests, ask } = waiting()
    const full = new P2PError('BUFFER_FULL', 'Full.')
    const thrown = ask('1', {}, () => {
      throw full
    })
    expect(await errorOf(thrown)).toBe(full)
    expect(await errorOf(ask('2', {}, () => Promise.reject(full)))).toBe(full)
    expect([requests.count, clock.pending, full.details.peerId]).toEqual([0, 0, 'bob'])
  })

  it('fail with CONNECTION_LOST when the peer is gone; those to other peers wait on', async () => {
    const { requests, ask } = waiting()
    const lost = errorOf(ask('1'))
    const other = requests.wait(message('2'), 'carol', {}, sent)
    const cause = new P2PError('CONNECTION_CLOSED', 'Bye.')
    requests.peerGone('bob', cause)
    expect(await lost).toMatchObject({ code: 'CONNECTION_LOST', details: { peerId: 'bob' }, cause })
    expect(requests.count).toBe(1)
    requests.settle(answerTo('2', { from: 'carol' }))
    expect((await other).payload).toBe(7)
  })
})

describe('a peer that answers with a failure', () => {
  const failure = (payload: unknown) => answerTo('1', { protocol: CORE_PROTOCOL, type: 'failed', payload })

  it.each([
    [{ code: 'RATE_LIMITED', message: 'Later.' }, 'RATE_LIMITED', 'Later.'],
    // A code that a plugin of both ends has declared.
    [{ code: 'NO_PRICE', message: 'x' }, 'NO_PRICE', 'x'],
    [{ code: 'no such code', message: 'x' }, 'HANDLER_FAILED', 'x'],
    [{ code: 'X'.repeat(65), message: 'x' }, 'HANDLER_FAILED', 'x'],
    [{ code: 7, message: 7 }, 'HANDLER_FAILED', 'The peer could not answer.'],
    [null, 'HANDLER_FAILED', 'The peer could not answer.'],
    ['text', 'HANDLER_FAILED', 'The peer could not answer.'],
  ])('by %j fails the request with %s', async (payload, code, text) => {
    const { requests, ask } = waiting()
    const request = errorOf(ask('1'))
    expect(requests.settle(failure(payload))).toBe(true)
    expect(await request).toMatchObject({ code, message: text, details: { peerId: 'bob', byPeer: true } })
    expect(requests.count).toBe(0)
  })

  it('cannot put control characters or endless text into the error', async () => {
    const { requests, ask } = waiting()
    const request = errorOf(ask('1'))
    requests.settle(failure({ code: 'TIMEOUT', message: `\u001b[2J\n${'x'.repeat(10_000)}` }))
    const { message: text } = await request
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(text).not.toMatch(/[\u0000-\u001f]/)
    expect(text.length).toBeLessThan(600)
  })
})
