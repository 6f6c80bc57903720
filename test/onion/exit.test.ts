import { bytesToHex as hex } from '@noble/hashes/utils.js'
import { afterEach, describe, expect, test } from 'vitest'
import { ONION_HOP_LIMITS } from '../../src/base/limits/onion-hop.js'
import type { P2PCoordinator } from '../../src/coordinator.js'
import { taggedHash } from '../../src/identity/envelope.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { letterIdOf } from '../../src/mail/box.js'
import { mailbox } from '../../src/mail/index.js'
import { memoryMail } from '../../src/mail/server/memory-mail.js'
import { mailServer } from '../../src/mail/server/plugin.js'
import {
  depositWorkBits,
  findMailWork,
  hourOf,
  mailWorkBits,
  mailWorkBlock,
  TAKE_WORK_BITS,
  takeSubject,
} from '../../src/mail/work.js'
import { encode } from '../../src/message/codec.js'
import { EXIT_BITS, ExitWork } from '../../src/node/exit-work.js'
import {
  ANSWER_PART_BYTES,
  AnswerStatus,
  answerContents,
  MAX_PARTS,
  partRoom,
  readAnswerPart,
  readRequestPart,
  requestContents,
} from '../../src/onion/exit-messages.js'
import { epochAt, MAX_ONION_MESSAGE_BYTES, ONION_PROTOCOL } from '../../src/onion/messages.js'
import { createPacket, MAX_CONTENT_BYTES } from '../../src/onion/packet.js'
import { SURB_BYTES } from '../../src/onion/surb.js'
import { findOnionWork, onionWorkBits } from '../../src/onion/work.js'
import { createRecord, wireRecord } from '../../src/plugins/dht/records/record.js'
import { signTopicMessage } from '../../src/plugins/topics/topic-messages.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { kitOf } from '../kit-of.js'
import { draws } from '../seed.js'
import { NO_WORK, TestOnion, type TestWallet } from './relays.js'

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function onionOf(relays = 3, bits: Record<string, number> = NO_WORK): Promise<TestOnion> {
  const onion = new TestOnion()
  cleanUps.push(() => onion.stop())
  await onion.build(relays, { bits })
  return onion
}

/** A wallet with its inbox at the first of three relays, and the way to the third as exit and back. */
async function caller(onion: TestOnion) {
  const [guard, middle, exit] = onion.three
  const wallet = await onion.wallet(guard)
  await wallet.attach()
  const path = await onion.path(guard, middle, exit)
  const back = await onion.path(middle, guard)
  return { wallet, path, back, exit }
}

async function ask(
  wallet: TestWallet,
  path: Awaited<ReturnType<TestOnion['path']>>,
  back: typeof path,
  action: string,
  args: unknown,
  surbs = 5,
) {
  return wallet.answered(await wallet.request(path, { action, args, surbs: [await wallet.surbsBy(back, surbs)] }))
}

describe('an exit', () => {
  test('answers a ping by the reply block of a caller that it does not know', async () => {
    const onion = await onionOf()
    const { wallet, path, back } = await caller(onion)
    expect(await ask(wallet, path, back, 'ping', [])).toEqual([])
  })

  test('stores a record and finds it, as for its peers', async () => {
    const onion = await onionOf()
    const { wallet, path, back, exit } = await caller(onion)
    const identity = identityFromSeed(new Uint8Array(32).fill(9))
    const now = onion.net.clock.now()
    const content = { key: 'resource:offer:1', value: { sats: 7n }, sequence: now, publishedAt: now, ttl: 600 }
    const record = wireRecord(await createRecord(content, { identity }, wallet.kit.limits, 'lotus'))
    expect(await ask(wallet, path, back, 'store', [{ record }])).toMatchObject({ stored: true })
    expect((await onion.net.run(exit.peer.dht.get('resource:offer:1')))?.value).toEqual({ sats: 7n })
    const found = (await ask(wallet, path, back, 'find', ['find-record', { key: 'resource:offer:*' }])) as { records: unknown[] }
    expect(found.records).toEqual([record])
    const other = wireRecord(
      await createRecord({ ...content, key: 'resource:offer:2' }, { identity }, wallet.kit.limits, 'lotus'),
    )
    const broken = [other![0], other![1], new Uint8Array(64)] as unknown
    expect(await ask(wallet, path, back, 'store', [{ record: broken }])).toMatchObject({
      stored: false,
      code: 'INVALID_SIGNATURE',
    })
  })

  test('introduces peers that are connected to it', async () => {
    const onion = await onionOf()
    const { wallet, path, back, exit } = await caller(onion)
    const bob = await onion.wallet(exit)
    const { peers } = (await ask(wallet, path, back, 'find', ['introduce', { peerId: bob.peer.peerId }])) as { peers: object[] }
    expect(peers).toMatchObject([{ peerId: bob.peer.peerId }])
  })

  test('publishes on a topic what its publisher has signed', async () => {
    const onion = await onionOf()
    const { wallet, path, back, exit } = await caller(onion)
    const bob = await onion.wallet(exit)
    const heard: unknown[] = []
    bob.peer.subscribe('offers', ({ payload }) => void heard.push(payload))
    await onion.pass(1_000)
    const identity = identityFromSeed(new Uint8Array(32).fill(11))
    const about = { run: new Uint8Array(16), sequence: 1, publishedAt: onion.net.clock.now() }
    const { publicKey, bytes, signature } = await signTopicMessage(
      identity,
      'offers',
      { sats: 1 },
      about,
      wallet.kit.limits,
      'lotus',
    )
    expect(await ask(wallet, path, back, 'publish', [[publicKey, bytes, signature, 0]])).toMatchObject({
      subscribers: expect.any(Number),
    })
    await onion.pass(1_000)
    expect(heard).toEqual([{ sats: 1 }])
  })

  test('gives a letter to a peer that is connected there, and brings back the answer', async () => {
    const onion = await onionOf()
    const { wallet, path, back, exit } = await caller(onion)
    const bob = onion.net.createPeer({ listening: false })
    const kit = await kitOf(bob)
    const letters: unknown[] = []
    kit.registerProtocol({
      protocolName: ONION_PROTOCOL,
      async handleMessage(message) {
        const [, letter] = message.payload as [Uint8Array, Uint8Array]
        letters.push(letter)
        await kit.reply(message, { type: 'answer', payload: Uint8Array.of(1, 2, 3) })
      },
    })
    await onion.net.run(bob.connectToPeer(onion.net.addressOf(exit.peer)))
    const letter = draws().bytes(4_096)
    const surbs = [await wallet.surbsBy(back, 1), await wallet.surbsBy(back, 1)]
    const id = await wallet.request(path, { action: 'letter', args: [bob.peerId, letter, 10_000], surbs })
    expect(await wallet.answered(id)).toEqual(Uint8Array.of(1, 2, 3))
    expect(letters.map((each) => hex(each as Uint8Array))).toEqual([hex(letter)])
    const nobody = 'lp1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq'
    const missing = ask(wallet, path, back, 'letter', [nobody, new Uint8Array(1_024), 10_000])
    await expect(missing).rejects.toMatchObject({ code: 'PEER_NOT_FOUND' })
  })

  test('does a message once that comes again, and answers it again', async () => {
    const onion = await onionOf()
    const { wallet, path, back, exit } = await caller(onion)
    const bob = onion.net.createPeer({ listening: false })
    const kit = await kitOf(bob)
    let letters = 0
    kit.registerProtocol({
      protocolName: ONION_PROTOCOL,
      async handleMessage(message) {
        letters++
        await kit.reply(message, { type: 'answer', payload: Uint8Array.of(letters) })
      },
    })
    await onion.net.run(bob.connectToPeer(onion.net.addressOf(exit.peer)))
    const args = [bob.peerId, new Uint8Array(1_024), 10_000]
    const messageId = new Uint8Array(8).fill(3)
    for (let i = 0; i < 3; i++) {
      await wallet.request(path, { action: 'letter', args, surbs: [await wallet.surbsBy(back, 1)], messageId })
      expect(await wallet.answered(messageId)).toEqual(Uint8Array.of(1))
      wallet.forget(messageId)
    }
    expect(letters).toBe(1)
  })

  test('sends what there are reply blocks for, and the rest when it gets more', async () => {
    const onion = await onionOf()
    const { wallet, path, back, exit } = await caller(onion)
    for (let i = 0; i < 4; i++) {
      await onion.net.run(exit.peer.dht.announce({ key: `big-${i}`, value: new Uint8Array(2_000) }))
    }
    const id = await wallet.request(path, {
      action: 'find',
      args: ['find-record', { key: 'big-*' }],
      surbs: [await wallet.surbsBy(back, 1)],
    })
    await onion.pass(2_000)
    const parts = wallet.partsOf(id)
    expect([...parts.keys()]).toEqual([0])
    const { total } = parts.get(0)!
    expect(total).toBe(4)
    await wallet.request(path, { action: 'more', args: [1, 3], surbs: [await wallet.surbsBy(back, 2)], messageId: id })
    await onion.pass(2_000)
    expect([...parts.keys()].sort()).toEqual([0, 1, 3])
    await wallet.request(path, { action: 'more', args: [2], surbs: [await wallet.surbsBy(back, 2)], messageId: id })
    expect(((await wallet.answered(id)) as { records: unknown[] }).records).toHaveLength(4)
    const gone = ask(wallet, path, back, 'more', [0])
    await expect(gone).rejects.toMatchObject({ code: 'ONION_GONE' })
  })

  test('cuts a page of records to what an answer carries, and the caller goes on behind it', async () => {
    const onion = await onionOf()
    const { wallet, path, back, exit } = await caller(onion)
    for (let i = 0; i < 6; i++) {
      await onion.net.run(exit.peer.dht.announce({ key: `huge-${i}`, value: new Uint8Array(12_000) }))
    }
    const keys = new Set<string>()
    let after: unknown
    for (let page = 0; page < 4; page++) {
      const surbs = await Promise.all([6, 6, 4].map((count) => wallet.surbsBy(back, count)))
      const args = ['find-record', { key: 'huge-*', ...(after === undefined ? {} : { after }) }]
      const answer = (await wallet.answered(await wallet.request(path, { action: 'find', args, surbs }))) as {
        records: [Uint8Array, Uint8Array, Uint8Array][]
        more?: boolean
        after?: unknown
      }
      expect(encode(answer).length).toBeLessThanOrEqual(MAX_ONION_MESSAGE_BYTES)
      for (const record of answer.records) keys.add(hex(record[2]))
      after = answer.after
      if (!answer.more) break
    }
    expect(keys.size).toBe(6)
  })

  test('demands work for the message, at this exit and in this epoch, and takes it once', async () => {
    const bits = { ...NO_WORK, find: 9 }
    const onion = await onionOf(3, bits)
    const { wallet, path, back } = await caller(onion)
    const exit = path.at(-1)!.id
    const args = ['find-record', { key: 'nothing' }]
    const surbs = async () => [await wallet.surbsBy(back, 1)]
    const messageId = new Uint8Array(8).fill(1)
    const epoch = epochAt(onion.net.clock.now())
    const tooEasy = [...Array(256).keys()]
      .map((i) => new Uint8Array(8).fill(i))
      .find((nonce) => onionWorkBits({ exit, epoch, messageId }, nonce) < 9)!
    const refused = async (nonce: Uint8Array, id = messageId) => {
      await wallet.request(path, { action: 'find', args, surbs: await surbs(), messageId: id, nonce })
      await wallet.answered(id).finally(() => wallet.forget(id))
    }
    await expect(refused(tooEasy)).rejects.toMatchObject({ code: 'PROOF_OF_WORK_REQUIRED', details: { bits: 9 } })
    const other = { exit: path[0]!.id, epoch, messageId }
    const elsewhere = await findOnionWork(other, 9)
    if (onionWorkBits({ exit, epoch, messageId }, elsewhere) < 9) {
      await expect(refused(elsewhere)).rejects.toMatchObject({ code: 'PROOF_OF_WORK_REQUIRED' })
    }
    const nonce = await findOnionWork({ exit, epoch, messageId }, 9)
    await refused(nonce)
    // The exit has forgotten the message, and remembers its work.
    await onion.pass(ONION_HOP_LIMITS.onionMessageMs + 60_000)
    await expect(refused(nonce)).rejects.toMatchObject({ code: 'REPLAYED' })
  })

  test('refuses what it does not offer, and drops what is no message', async () => {
    const onion = await onionOf()
    const { wallet, path, back, exit } = await caller(onion)
    await expect(ask(wallet, path, back, 'deposit', [{}])).rejects.toMatchObject({ code: 'PROTOCOL_NOT_SUPPORTED' })
    await expect(ask(wallet, path, back, 'find', ['watch', {}])).rejects.toMatchObject({ code: 'MALFORMED_DATA' })
    await expect(ask(wallet, path, back, 'find', ['find-record', { key: 5 }])).rejects.toMatchObject({ code: 'MALFORMED_DATA' })
    await wallet.send((await createPacket(path, { command: 'exit' }, new Uint8Array(9))).packet)
    await onion.pass(61_000)
    expect(exit.onion.getStats()!.packets).toMatchObject({ malformed: 1, refused: 3 })
  })

  test('joins the parts of a message whatever their order, and forgets those whose others do not come', async () => {
    const onion = await onionOf()
    const { wallet, path, back } = await caller(onion)
    const messageId = new Uint8Array(8).fill(6)
    const nonce = new Uint8Array(8)
    const args = encode(['find-record', { key: 'x'.repeat(500), filters: { where: { note: 'y'.repeat(6_000) } } }])
    const surbs = [await wallet.surbsBy(back, 1), [], []]
    const contents = requestContents({ action: 'find', args, surbs, messageId, nonce })
    expect(contents).toHaveLength(3)
    const sent = async (content: Uint8Array) => wallet.send((await createPacket(path, { command: 'exit' }, content)).packet)
    await sent(contents[2]!)
    await sent(contents[0]!)
    await onion.pass(ONION_HOP_LIMITS.onionPartsMs + 40_000)
    await sent(contents[1]!)
    await onion.pass(5_000)
    expect(wallet.partsOf(messageId).size).toBe(0)
    await sent(contents[2]!)
    await sent(contents[0]!)
    await wallet.answered(messageId).catch(() => {})
    expect(wallet.partsOf(messageId).size).toBeGreaterThan(0)
  })
})

test('the work rises by a bit with each doubling of what an exit does, and falls again', async () => {
  const clock = new VirtualClock()
  const exit = new Uint8Array(32).fill(1)
  const work = new ExitWork(exit, clock, ONION_HOP_LIMITS, { ...EXIT_BITS, find: 2 })
  const find = async (i: number) => {
    const messageId = new Uint8Array(8)
    new DataView(messageId.buffer).setUint32(0, i)
    const nonce = await findOnionWork({ exit, epoch: epochAt(clock.now()), messageId }, work.bitsOf('find'))
    work.take('find', messageId, nonce)
  }
  let sent = 0
  const atRate = async (perS: number, seconds: number) => {
    for (let i = 0; i < perS * seconds; i++) {
      await clock.advance(1_000 / perS)
      await find(sent++)
    }
  }
  await atRate(10, 20)
  expect(work.bitsOf('find')).toBe(2)
  await atRate(50, 40)
  expect(work.bitsOf('find')).toBe(3)
  await atRate(100, 40)
  expect(work.bitsOf('find')).toBe(4)
  // What is asked seldom costs no more: nobody makes it dearer by asking for what is cheap.
  expect(work.bitsOf('store')).toBe(EXIT_BITS.store)
  await clock.advance(60_000)
  expect(work.bitsOf('find')).toBe(2)
})

test('parts fill packets to their last bytes, and are what they were', () => {
  const random = draws()
  for (const surbs of [0, 1, 5, 6]) {
    const blocks = Array.from({ length: surbs }, () => random.bytes(SURB_BYTES))
    const args = random.bytes(partRoom(surbs))
    const messageId = random.bytes(8)
    const request = { action: 'a'.repeat(32), args, surbs: [blocks], messageId, nonce: random.bytes(8) }
    const [content, ...others] = requestContents(request)
    expect(others).toEqual([])
    expect(content!.length).toBeLessThanOrEqual(MAX_CONTENT_BYTES)
    expect(readRequestPart(content!)).toMatchObject({
      action: request.action,
      part: args,
      surbs: blocks,
      messageId,
      index: 0,
      total: 1,
    })
    expect(requestContents({ ...request, args: random.bytes(partRoom(surbs) + 1) })).toHaveLength(2)
  }
  const whole = random.bytes(ANSWER_PART_BYTES * MAX_PARTS)
  const contents = answerContents(random.bytes(8), AnswerStatus.DONE, whole)
  expect(contents.every(({ length }) => length <= MAX_CONTENT_BYTES)).toBe(true)
  expect(Uint8Array.from(contents.flatMap((content) => [...readAnswerPart(content).part]))).toEqual(whole)
  expect(() => answerContents(random.bytes(8), AnswerStatus.DONE, random.bytes(whole.length + 1))).toThrow('too long')
  expect(() => requestContents({ action: 'store', args: random.bytes(40_001), messageId: random.bytes(8) })).toThrow('at most')
})

test('work has as many zero bits as were asked for, and none for another message', async () => {
  const work = { exit: new Uint8Array(32).fill(2), epoch: 20_000, messageId: new Uint8Array(8).fill(3) }
  for (const bits of [0, 1, 8, 12]) {
    const nonce = await findOnionWork(work, bits)
    expect(onionWorkBits(work, nonce)).toBeGreaterThanOrEqual(bits)
  }
  const aborted = findOnionWork(work, 30, AbortSignal.abort())
  await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' })
})

test('mail is left and prekeys are taken through the onion, each message with budgets of its own', async () => {
  const onion = new TestOnion()
  cleanUps.push(() => onion.stop())
  const store = memoryMail()
  await onion.addRelay()
  await onion.addRelay()
  await onion.addRelay({}, { plugins: [mailServer({ store })] })
  await onion.settle()
  const { wallet, path, back, exit } = await caller(onion)
  const owner = onion.net.createPeer({
    listening: false,
    bootstrap: [onion.net.addressOf(exit.peer)],
    plugins: [mailbox({ strangers: { bits: 2 }, count: 1 }) as never],
  }) as unknown as P2PCoordinator
  await onion.net.run(owner.start())
  await onion.pass(30_000)
  const card = await onion.net.run(exit.peer.dht.get<{ boxes: [string, string, Uint8Array][] }>(`mail:${owner.peerId}`))
  const [, , box] = card!.value.boxes[0]!
  const letter = draws().bytes(1_024)
  const work = await findMailWork(mailWorkBlock(box, letterIdOf(letter)), depositWorkBits(2, 0))
  const deposit = { box, letter, ttl: 0, work }
  expect(await ask(wallet, path, back, 'deposit', [deposit])).toEqual(['deposited', { until: expect.any(Number) }])
  // The work is for the other letter, and holds for one in four.
  const random = draws(1)
  let unpaid = letter
  while (mailWorkBits(mailWorkBlock(box, letterIdOf(unpaid)), work) >= 2) unpaid = random.bytes(1_024)
  // What the mailbox wants is no refusal of the exit, which wants work of its own.
  expect(await ask(wallet, path, back, 'deposit', [{ ...deposit, letter: unpaid }])).toEqual([
    'refused',
    expect.objectContaining({ code: 'PROOF_OF_WORK_REQUIRED', bits: 2 }),
  ])
  const messageId = new Uint8Array(8).fill(7)
  const subject = takeSubject(taggedHash('onion-caller', 'lotus', messageId), hourOf(onion.net.clock.now()))
  const take = { box, work: await findMailWork(mailWorkBlock(box, subject), TAKE_WORK_BITS) }
  const id = await wallet.request(path, { action: 'take', args: [take], surbs: [await wallet.surbsBy(back, 2)], messageId })
  expect(await wallet.answered(id)).toEqual(['prekey', expect.objectContaining({ index: expect.any(Number) })])
}, 60_000)
