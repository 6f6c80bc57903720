// What users and applications see of requests: who may ask, what is shown, how they end.
import { afterEach, describe, expect, it } from 'vitest'
import type { P2PError } from '../../src/base/errors.js'
import type { PendingRequest } from '../../src/musig2/musig2-options.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import type { TestNetwork } from '../../src/testing/test-network.js'
import { stepsOf, tableOf } from './network.js'
import { verdictOf } from './oracle.js'

let net: TestNetwork
afterEach(() => net.stop())

const failed = (promise: Promise<unknown>): Promise<P2PError> =>
  promise.then(
    () => expect.fail('It should have failed.'),
    (error) => error,
  )
const reason = (error: P2PError) => error.details.reason

describe('a request', () => {
  it('of a stranger prompts nobody, and many of them neither', async () => {
    const asked: PendingRequest[] = []
    const table = await tableOf(2, { accepts: false, options: (member) => (member === 1 ? { allowFrom: () => false } : {}) })
    net = table.net
    const [alice, bob] = table.wallets
    bob!.musig2.on('request', (request) => void asked.push(request))
    for (let i = 0; i < 20; i++) {
      const error = await net.run(failed(alice!.musig2.sign(table.request({ seed: i + 1 }))))
      expect(error).toMatchObject({
        code: 'SIGNING_FAILED',
        details: { reason: 'NOT_LISTED', members: [bob!.peerId], retryable: true },
      })
    }
    expect([asked.length, bob!.musig2.sessions.length, alice!.musig2.sessions.length]).toEqual([0, 0, 20])
  })

  it('of a contact shows what the transaction does, and the words of its initiator as such', async () => {
    const table = await tableOf(2, { accepts: false, options: () => ({ allowFrom: () => false }) })
    net = table.net
    const [alice, bob] = table.wallets
    bob!.musig2.contacts.add(alice!.peerId)
    const asked = new Promise<PendingRequest>((resolve) => bob!.musig2.on('request', resolve))
    const signing = alice!.musig2.sign(table.request({ purpose: 'A gift for you' }))
    const request = await net.run(asked)
    expect(request.from).toBe(alice!.peerId)
    expect(request.summary).toMatchObject({
      fee: 2_000n,
      sendsSats: 998_000n,
      purpose: 'A gift for you',
      outputs: [{ isOurs: false }],
    })
    expect(bob!.musig2.requests().map(({ id }) => id)).toEqual([request.id])
    const { txid } = await net.run(request.accept())
    expect((await net.run(signing)).txid).toBe(txid)
    expect(bob!.musig2.requests()).toEqual([])
  })

  it('that is rejected ends at all, with the reason and who it was', async () => {
    const table = await tableOf(3, { accepts: false })
    net = table.net
    const [alice, bob, carol] = table.wallets
    const steps = stepsOf(carol!)
    bob!.musig2.on('request', ({ reject }) => reject('unknown-payment', 'What is this?'))
    const error = await net.run(failed(alice!.musig2.sign(table.request())))
    await net.clock.advance(1_000)
    expect(error.details).toMatchObject({
      reason: 'REJECTED',
      members: [bob!.peerId],
      note: 'unknown-payment: What is this?',
      retryable: false,
    })
    expect(steps).toEqual(['asked', 'failed'])
    expect(carol!.musig2.sessions[0]!.failure).toMatchObject({ reason: 'REJECTED', members: [bob!.peerId] })
    expect(bob!.musig2.sessions[0]!.failure).toMatchObject({ reason: 'REJECTED', members: [bob!.peerId] })
    expect(() => bob!.musig2.reject('00')).toThrow(expect.objectContaining({ code: 'SIGNING_FAILED' }))
  })

  it('is cancelled by the signal, at all', async () => {
    const table = await tableOf(3, { accepts: false })
    net = table.net
    const controller = new AbortController()
    const signing = failed(table.wallets[0]!.musig2.sign(table.request({ signal: controller.signal })))
    await net.clock.advance(1_000)
    expect(table.wallets[1]!.musig2.requests()).toHaveLength(1)
    controller.abort()
    expect(reason(await net.run(signing))).toBe('CANCELLED')
    await net.clock.advance(1_000)
    for (const { musig2 } of table.wallets)
      expect([musig2.requests(), musig2.sessions[0]!.failure?.reason]).toEqual([[], 'CANCELLED'])
  })

  it('ends when its time is over, with those that have not accepted', async () => {
    const table = await tableOf(3, { accepts: false })
    net = table.net
    const [alice, bob, carol] = table.wallets
    bob!.musig2.on('request', ({ accept }) => void accept().catch(() => {}))
    const signing = failed(alice!.musig2.sign(table.request({ ttlMs: 90_000 })))
    await net.clock.advance(91_000)
    expect((await net.run(signing)).details).toMatchObject({
      reason: 'NOT_ALL_ACCEPTED',
      members: [carol!.peerId],
      retryable: true,
    })
    expect(carol!.musig2.sessions[0]!.failure!.reason).toBe('EXPIRED')
    await expect(carol!.musig2.accept(carol!.musig2.sessions[0]!.id)).rejects.toMatchObject({ details: { reason: 'EXPIRED' } })
  })

  it('tells who was not reached at all', async () => {
    const table = await tableOf(3, { accepts: false })
    net = table.net
    await net.run(table.wallets[2]!.shutdown())
    const signing = failed(table.wallets[0]!.musig2.sign(table.request({ ttlMs: 60_000 })))
    await net.clock.advance(61_000)
    expect((await net.run(signing)).details).toMatchObject({ reason: 'COSIGNER_UNREACHABLE', members: [table.ids[2]] })
    const [here, away] = await net.run(table.wallets[0]!.musig2.preflight([table.ids[1]!, table.ids[2]!], { timeoutMs: 5_000 }))
    expect([here, away!.isReachable]).toEqual([{ peerId: table.ids[1], isReachable: true, path: 'memory' }, false])
  })

  it('locks the outputs that it spends, and several go side by side', async () => {
    const table = await tableOf(3)
    net = table.net
    const [alice] = table.wallets
    const first = alice!.musig2.sign(table.request({ seed: 1 }))
    await net.clock.advance(1)
    expect(reason(await net.run(failed(alice!.musig2.sign(table.request({ seed: 1 })))))).toBe('INPUT_LOCKED')
    const others = [2, 3, 4, 5].map((seed) => alice!.musig2.sign(table.request({ seed, inputs: seed })))
    const signed = await net.run(Promise.all([first, ...others]))
    expect(new Set(signed.map(({ txid }) => txid)).size).toBe(5)
  })

  it.each([2, 3])('with commitments to nonces has a round more, %i members', async (count) => {
    const table = await tableOf(count)
    net = table.net
    const request = table.request({ nonceCommitments: true })
    const steps = stepsOf(table.wallets[1]!)
    const { transaction } = await net.run(table.wallets[0]!.musig2.sign(request))
    expect(verdictOf(transaction, request.spent).faults).toEqual([undefined])
    await net.clock.advance(1_000)
    expect(steps).toEqual(['asked', 'waiting', 'commit', 'nonce', 'partial', 'signed'])
  })

  it('that waits for its user comes again after a reload, and is accepted by its id', async () => {
    const store = memoryStore()
    const table = await tableOf(2, { accepts: false, peer: (member) => (member === 1 ? { store } : {}) })
    net = table.net
    const [alice, bob] = table.wallets
    const signing = alice!.musig2.sign(table.request())
    await net.clock.advance(1_000)
    const [{ id }] = bob!.musig2.requests() as [PendingRequest]
    await net.run(bob!.shutdown())
    const again = await table.seated(1, { host: 'again' })
    const asked: string[] = []
    again.musig2.on('request', (request) => void asked.push(request.id))
    await net.run(again.start())
    await net.run(again.connectToPeer(net.addressOf(alice!)))
    expect(asked).toEqual([id])
    const { txid } = await net.run(again.musig2.accept(id))
    expect((await net.run(signing)).txid).toBe(txid)
    alice!.musig2.reportBroadcast(txid)
    await net.clock.advance(1_000)
    expect(await again.musig2.history()).toMatchObject([{ id, step: 'sent', txid }])
    expect((await store.keys('musig2/request/')).length).toBe(0)
  })

  it('whose signer fails ends at all, and nobody is blamed', async () => {
    const broken = { signPartials: async () => Promise.reject(new Error('no battery')) }
    const table = await tableOf(3, {
      options: (member, signer) =>
        member === 1
          ? {
              signer: {
                ...broken,
                publicKeys: signer.publicKeys,
                prove: (i) => signer.prove(i),
                createNonces: (i) => signer.createNonces(i),
                forget: (s) => signer.forget(s),
              },
            }
          : {},
    })
    net = table.net
    const error = await net.run(failed(table.wallets[0]!.musig2.sign(table.request())))
    await net.clock.advance(1_000)
    expect(error.details).toMatchObject({ reason: 'CANCELLED', members: [table.ids[1]], note: 'SIGNER_FAILED' })
    expect(table.wallets[1]!.musig2.sessions[0]!.failure).toMatchObject({ reason: 'SIGNER_FAILED', members: [table.ids[1]] })
    expect(table.blamed).toEqual([[], [], []])
  })

  it('that is sent by another member is not sent again, and by the next where it is not', async () => {
    const sent: number[] = []
    const table = await tableOf(3, {
      options: (member) => ({ broadcast: async () => (member === 0 ? Promise.reject(new Error('no node')) : sent.push(member)) }),
    })
    net = table.net
    // The caller is told at once, with what it can send by itself; the others go on.
    const error = await net.run(failed(table.wallets[0]!.musig2.sign(table.request())))
    const [session] = table.wallets[0]!.musig2.sessions
    expect(error).toMatchObject({
      code: 'SIGNING_FAILED',
      cause: { message: 'no node' },
      details: {
        reason: 'BROADCAST_FAILED',
        retryable: true,
        mayStillComplete: true,
        txid: session!.txid,
        transaction: session!.transaction,
      },
    })
    expect(session).toMatchObject({ step: 'signed', failure: { reason: 'BROADCAST_FAILED' } })
    await net.clock.advance(30_000)
    expect(sent).toHaveLength(1)
    for (const { musig2 } of table.wallets) expect(musig2.sessions[0]!.step).toBe('sent')
  })

  it('that its initiator broadcasts is done once it is sent, and is not done where nobody knows', async () => {
    const table = await tableOf(2)
    net = table.net
    let send: () => void = () => {}
    const broadcast = () =>
      new Promise<void>((resolve) => {
        send = resolve
      })
    let isDone = false
    const first = table.wallets[0]!.musig2.sign(table.request({ broadcast })).then((signed) => {
      isDone = true
      return signed
    })
    await net.clock.advance(1_000)
    expect([table.wallets[0]!.musig2.sessions[0]!.step, isDone]).toEqual(['signed', false])
    send()
    const { txid } = await net.run(first)
    expect(table.wallets[0]!.musig2.sessions[0]).toMatchObject({ step: 'sent', txid })
    const second = failed(table.wallets[0]!.musig2.sign(table.request({ broadcast, seed: 2, ttlMs: 60_000 })))
    await net.clock.advance(61_000)
    expect(reason(await net.run(second))).toBe('BROADCAST_FAILED')
  })

  it.each([
    ['has not the protocol', [], 'NOT_SUPPORTED'],
    ['has not listed us', ['musig2'], 'NOT_LISTED'],
  ])('to a member that %s ends at once, at all', async (_, plugins, expected) => {
    const table = await tableOf(3, {
      accepts: false,
      options: (member) => (member === 2 ? { allowFrom: () => false } : {}),
      without: (member) => member === 2 && plugins.length === 0,
    })
    net = table.net
    const [alice, bob] = table.wallets
    const asked = new Promise<PendingRequest>((resolve) => bob!.musig2.on('request', resolve))
    const startedAt = net.clock.now()
    const error = await net.run(failed(alice!.musig2.sign(table.request())))
    expect(error.details).toMatchObject({ reason: expected, members: [table.ids[2]], retryable: true })
    expect(net.clock.now() - startedAt).toBeLessThan(1_000)
    await net.run(asked)
    await net.clock.advance(1_000)
    expect(bob!.musig2.requests()).toEqual([])
    expect(bob!.musig2.sessions[0]!.failure).toMatchObject({ reason: 'CANCELLED', members: [table.ids[0]], note: expected })
  })

  it('is a plain snapshot that nobody changes, also in a structured clone', async () => {
    const table = await tableOf(2)
    net = table.net
    const seen: unknown[] = []
    table.wallets[0]!.musig2.on('session', (session) => void seen.push(structuredClone(session)))
    await net.run(table.wallets[0]!.musig2.sign(table.request()))
    const [session] = table.wallets[0]!.musig2.sessions
    expect(Object.isFrozen(session) && Object.isFrozen(session!.members) && Object.isFrozen(session!.members[0])).toBe(true)
    expect(session!.members.map(({ isSelf, path }) => [isSelf, path])).toEqual([
      [true, undefined],
      [false, 'memory'],
    ])
    expect(seen.at(-1)).toEqual(session)
  })

  it('that nobody could sign is refused before anything is sent', async () => {
    const table = await tableOf(2)
    net = table.net
    const { musig2 } = table.wallets[0]!
    const request = table.request()
    for (const [wrong, field] of [
      [{ cosigners: {} }, 'members.1'],
      [{ spent: [] }, 'sign'],
      [{ transaction: '00' }, 'transaction'],
      [{ ...request, keyset: [] }, 'keysets'],
    ] as const) {
      const error = await net.run(failed(musig2.sign({ ...request, ...wrong } as never)))
      expect(error).toMatchObject({ details: { reason: 'INVALID_REQUEST', field } })
    }
    await expect(musig2.sign({ ...request, ttlMs: 0 })).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
    expect((await musig2.summarize(request)).fee).toBe(2_000n)
    expect(table.wallets[1]!.musig2.sessions).toEqual([])
  })
})
