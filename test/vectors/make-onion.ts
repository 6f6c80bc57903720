import { writeFileSync } from 'node:fs'
import { bytesToHex as hex } from '@noble/hashes/utils.js'
import type { Random } from '../../src/base/random.js'
import { keyPairOf } from '../../src/mail/hpke.js'
import { encode } from '../../src/message/codec.js'
import { AnswerStatus, answerContents, requestContents } from '../../src/onion/exit-messages.js'
import { createOnionError, OnionFault, passOnionError } from '../../src/onion/onion-errors.js'
import { createPacket, type LastCommand, openPacket, type PathHop, peelPacket } from '../../src/onion/packet.js'
import { createSurb, useSurb } from '../../src/onion/surb.js'
import { findOnionWork } from '../../src/onion/work.js'

// Makes docs/vectors/onion.json: `npm run docs:vectors:onion`. test/onion/vectors.test.ts holds it against code of others.

const filled = (length: number, byte: number) => new Uint8Array(length).fill(byte)
/** What is random in packets is this byte here. */
const PADDING = 0x5a
const random: Random = { bytes: (count) => filled(count, PADDING), unit: () => 0 }
const hops = Array.from({ length: 4 }, (_, i) => {
  const keys = keyPairOf(filled(32, 1 + i))
  return { id: filled(32, 0xa1 + i), key: keys.publicKey, delayMs: 250 * i, keys }
})

/** What each hop of a path gets, finds and sends on. */
function walk(packet: Uint8Array, path: readonly (PathHop & { keys: ReturnType<typeof keyPairOf> })[]) {
  const steps = []
  let current = packet
  for (const { keys } of path) {
    const { secret, tag } = openPacket(current, keys)
    const peeled = peelPacket(current, secret)
    steps.push({ packet: hex(current), secret: hex(secret), tag: hex(tag), command: peeled.command, delayMs: peeled.delayMs })
    if (peeled.command !== 'forward') return { steps, delta: 'delta' in peeled ? hex(peeled.delta) : undefined }
    current = peeled.packet
  }
  throw new Error('The path has no end.')
}

export async function onionVectors() {
  const packets = []
  for (const count of [2, 3, 4]) {
    const content = new TextEncoder().encode(`A question by ${count} hops.`)
    const secret = filled(32, 0x40 + count)
    const path = hops.slice(0, count)
    const { packet } = await createPacket(path, { command: 'exit' }, content, { random, secret })
    packets.push({ hops: count, secret: hex(secret), content: hex(content), ...walk(packet, path) })
  }

  const inbox = { command: 'inbox', tag: filled(16, 0x70), surbId: filled(16, 0x71) } satisfies LastCommand
  const surbSecret = filled(32, 0x50)
  const key = filled(32, 0x51)
  const { surb } = await createSurb(hops.slice(0, 3), inbox, { random, secret: surbSecret, key })
  const messageId = filled(8, 0x60)
  const [answer] = answerContents(messageId, AnswerStatus.DONE, encode([]))
  const reply = useSurb(surb, answer!, random)
  const exit = filled(32, 0xa3)
  const work = { exit, epoch: 20_000, messageId }
  const nonce = await findOnionWork(work, 12)
  const args = encode(['find-record', { key: 'resource:offer:*' }])
  const [request] = requestContents({ action: 'find', args, surbs: [[surb]], messageId, nonce })

  const secrets = packets[2]!.steps.map(({ secret }) => Uint8Array.from(Buffer.from(secret, 'hex')))
  const errors = secrets.map((secret, hop) => {
    const onItsWay = [createOnionError(secret, OnionFault.UNREACHABLE)]
    for (let i = hop - 1; i >= 0; i--) onItsWay.push(passOnionError(secrets[i]!, onItsWay.at(-1)!))
    return { hop, code: OnionFault.UNREACHABLE, onItsWay: onItsWay.map(hex) }
  })
  return {
    padding: PADDING,
    hops: hops.map(({ id, key, delayMs, keys }) => ({ id: hex(id), secretKey: hex(keys.secretKey), key: hex(key), delayMs })),
    packets,
    surb: {
      hops: 3,
      secret: hex(surbSecret),
      key: hex(key),
      tag: hex(inbox.tag),
      surbId: hex(inbox.surbId),
      block: hex(surb),
      content: hex(answer!),
      ...walk(reply.packet, hops.slice(0, 3)),
    },
    request: { action: 'find', args: hex(args), messageId: hex(messageId), nonce: hex(nonce), content: hex(request!) },
    work: { exit: hex(exit), epoch: work.epoch, messageId: hex(messageId), bits: 12, nonce: hex(nonce) },
    errors,
  }
}

if (process.argv.includes('--write'))
  writeFileSync('docs/vectors/onion.json', `${JSON.stringify(await onionVectors(), null, 2)}\n`)
