import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { DEFAULT_LIMITS as limits } from '../../src/base/limits.js'
import { encodeDescription } from '../../src/channel/description.js'
import { refusalFrame } from '../../src/channel/handshake.js'
import { encodeHello, encodeOffer } from '../../src/channel/hello.js'
import { decode, encode } from '../../src/message/codec.js'
import { P2PProtocol } from '../../src/message/p2p-protocol.js'
import { encodeAck, encodeRefused, encodeSequence, encodeSwitch } from '../../src/peer/connection/stream-entries.js'
import { alice, partsOf } from '../channel/pair.js'
import { unlessLong } from '../long.js'
import { askedFor } from './asked.js'
import { anyValue, BOMBS, mutated, ODD } from './hostile.js'
import { NETWORK_INPUTS, type NetworkInput } from './network-inputs.js'
import { TEXTS, VALUES } from './samples.js'
import { checkRefusal, runs } from './target.js'

/** Processor time for inputs of 64 kB at most: several times what the slowest takes. What other processes do does not count. */
const SLOW_MS = 500
const RUNS = 250

const message = new P2PProtocol().createMessage('offer', { sats: 5n }, 'alice', { to: 'bob', protocol: 'chat', messageId: 'm' })
const encodings: Uint8Array[] = [
  ...VALUES.map((value) => encode(value)),
  new P2PProtocol().serialize(message),
  encodeOffer('lotus'),
  encodeHello(partsOf(alice)),
  encodeHello({
    ...partsOf(alice),
    work: { bits: 20, salt: new Uint8Array(16), day: 19_675 },
    proof: { day: 19_675, nonce: new Uint8Array(8) },
  }),
  encodeDescription(
    { ...alice.described, metadata: { a: 1 }, budgets: { chat: [1, 2, null, null, { x: [1, 2, 3, 4] }] } },
    limits,
  ),
  refusalFrame(new P2PError('POOL_FULL', 'Full.', { details: { retryAfterMs: 5 } })).subarray(1),
  Uint8Array.of(1, 0, 1, 7, 3, 0, 1, 1, 4, 0, 2, 9, 9, 0x11, 0, 0),
  encodeAck([
    { stream: 0, number: 3 },
    { stream: 1, number: 150 },
  ]),
  encodeSequence({ stream: 1, number: 5, givenUp: 2, protocol: 'chat' }),
  encodeRefused({ stream: 1, number: 7, waitMs: 1_000, budget: 'chat order' }),
  encodeSwitch(7),
  // A proof of work as it is stored.
  Uint8Array.from([...Array(48).fill(7), 0, 0, 0x4c, 0xdb, 0, 0, 0, 0, 0, 0, 0, 1]),
]
const anyBytes = fc.oneof(
  { arbitrary: mutated(encodings), weight: 4 },
  { arbitrary: fc.constantFrom(...ODD), weight: 1 },
  { arbitrary: fc.uint8Array({ maxLength: 300 }), weight: 1 },
)
const anyText = fc.oneof(
  mutated(TEXTS.map((text) => new TextEncoder().encode(text))).map((bytes) => new TextDecoder().decode(bytes)),
  fc.string({ unit: 'binary', maxLength: 200 }),
)
const inputs = { bytes: anyBytes, value: anyValue, text: anyText }

/** Reads it, within its time, without touching what all objects inherit. */
async function take({ name, read }: NetworkInput, input: unknown): Promise<void> {
  const began = process.cpuUsage()
  try {
    await read(input)
  } catch (error) {
    checkRefusal(error)
  }
  const tookMs = process.cpuUsage(began).user / 1_000
  if (tookMs > SLOW_MS) throw new Error(`${name} took ${tookMs} ms`)
  if (Object.keys(Object.prototype).length > 0) throw new Error(`${name} changed Object.prototype`)
}

describe.each(NETWORK_INPUTS)('$name', (input) => {
  it('takes anything or refuses it with a P2PError, in time', async () => {
    await fc.assert(
      fc.asyncProperty(inputs[input.takes] as fc.Arbitrary<unknown>, (hostile) => take(input, hostile)),
      runs(RUNS),
    )
  })

  unlessLong.it('takes or refuses what is known to be odd', async () => {
    const samples = { bytes: [...ODD, ...BOMBS, ...encodings], text: TEXTS, value: VALUES }[input.takes]
    for (const hostile of samples) await take(input, hostile)
    if (input.takes !== 'value') return
    for (const bytes of ODD) {
      let value: unknown
      try {
        value = decode(bytes)
      } catch {
        continue
      }
      await take(input, value)
    }
  })
})

unlessLong.describe.each(NETWORK_INPUTS.filter(({ takes }) => takes === 'bytes'))('$name', (input) => {
  it('allocates nothing for what is only declared', async () => {
    // Each declares up to 4 GiB, and has some bytes, or 160 kB at most. A frame of 64 kB may be made room for by its length.
    for (const bomb of BOMBS) expect(await askedFor(() => take(input, bomb))).toBeLessThanOrEqual(bomb.length + 65_536)
  })
})

unlessLong.describe.each(NETWORK_INPUTS.filter(({ takes }) => takes === 'text'))('$name', (input) => {
  it('takes no longer for repetitive text than its length deserves', async () => {
    const units = [
      'a',
      ' ',
      '\n',
      '.',
      ':',
      '0',
      '1.',
      'a.',
      '%2',
      '%25',
      '[',
      '//',
      'm=application \r\n',
      'a=candidate:1 ',
      '\ud800',
      '{"a":',
      '[',
    ]
    for (const unit of units) {
      for (const [head, tail] of [
        ['', ''],
        ['', 'x'],
        ['wss://', '!'],
        ['resource:x:', '*'],
        ['candidate:1 1 udp 1 ', ' 9'],
        ['v=0\n', '\n'],
      ]) {
        await take(input, `${head}${unit.repeat(50_000 / unit.length)}${tail}`)
      }
    }
  })
})

unlessLong.describe('the table of what reads the network', () => {
  /** Functions whose name is one of a reader's, and whose input is our own. */
  const NOT_FROM_THE_NETWORK: Readonly<Record<string, string>> = {
    'plugins/circuit/find-peers isCalled': 'an entry that readPeers, in its row, has taken, or a connected peer',
    'plugins/topics/interest isOfOneRelay': 'ids of neighbours, compared and no more',
    'plugins/circuit/endpoint isRelay': 'what the handshake, in its row, has taken of a peer',
    'identity/envelope isNetworkName': 'what the application configures',
    'protocol/rate-limits checkProtocolLimits': 'what the application registers',
    'peer/connection/inbox isAccepted': "the inbox's own answer",
    'peer/connection/path isAboutPathOnly': 'an error of this process, or a goodbye that the handshake, in its row, has read',
    'channel/work isWorkNeeded': 'an error of this process',
    'defence/certificate-times checkOwnTime': 'a certificate and a date that the handshake, in its row, has read',
    'node/conform/wire readUint': 'bytes of which the tester, in processes of its own, has taken the number that it reads',
    'address/web-address checkForm': 'addresses that the application configures',
    'base/events checkListener': "a function of the application's",
    'base/options checkOptions': 'what the application gives',
    'plugins/circuit/find-peers checkQuery': "the application's own question",
    'musig2/request decodedOf': 'what requestShape, in its row, reads at once, or what our own store holds',
    'plugins/persistence/quota isQuota': 'an error of this process',
    'mail/card isNewer': 'two cards that readCard, in its row, has taken',
    'mail/outgoing-entry readOutgoing': 'what our own store holds',
    'node/backplane/nats-mail-bucket read': 'what the bucket of our own relay holds',
    'node/backplane/nats-mail-streams readLetters': 'letters as their depositors sent them, which owners open',
    'node/mail-level-entries read': 'what our own store holds',
    'node/mail-level-entries readBox': 'what our own store holds',
    'node/mail-level-entries readPile': 'what our own store holds',
    'core/stats readStats': 'what plugins of this process tell',
    'identity/ed25519-provider isAcceptable': 'called by verify, in the row of signed envelopes',
    'identity/identity isIdentity': 'what the application gives',
    'plugins/http/http isFrame': 'a frame that we are about to send',
    'peer/pool/eviction chooseEvicted': 'our own counts and measures of peers',
    'base/errors isP2PError': 'an error of this process',
    'channel/faults isFault': 'an error of this process',
    'plugins/dht/records/record-verifier isDishonest': 'an error of this process',
    'message/shape parsed': 'has the shapes of the other rows',
    'message/shape checkEmpty': 'a decoded payload that it compares with nil, no more',
    'plugins/dht/records/records isThere': 'records that a store was given after they were verified',
    'plugins/dht/records/records checkQuota': 'our own counts',
    'plugins/dht/records/key-space isInPart': 'a key and a part that were checked before',
    'plugins/topics/topic-messages verifyTopicMessage': 'called in the row of readTopicMessage, with what that has read',
    'base/bytes isBytes': 'a type, told and no more',
    'base/bytes isDate': 'a type, told and no more',
    'base/bytes isArrayBuffer': 'a type, told and no more',
    'lotus/curve isSquare': 'a number that a point, in the rows of nonces, has',
    'coinjoin/mix-transaction isSigned': 'a signature of readEnd, whose parts go to schnorrVerify',
    'coinjoin/roster isJoined': 'what readRoster has read; its signature goes to verifyStatement',
    'coinjoin/registration isBalanced': 'what readRegistration has read',
    'coinjoin/registration isOwned': 'what readRegistration has read; its proof goes to schnorrVerify',
    'musig2/request-kind isPayment': 'what readAny has read, in its row',
    'musig2/sign-options checkTtl': 'what the application gives',
    'musig2/request readAs': 'called with a shape by readRequest and readAny, in their rows',
    'musig2/request checkMembers': 'what readRequest and readAny have read, in their rows',
    'coinjoin/payment checkPayment': 'a transaction that our own round has made; its bytes go to decodeTransaction',
    'coinjoin/plan checkPlan': 'what the application gives',
    'musig2/errors checkedField': 'runs a check of readRequest, in its row',
    'base/hidden isHidden': 'the state of the page',
    'node/onion-relay isHopByDefault': 'the addresses that this relay announces',
    'mail/server/requests isMailRequest': 'the type of a message, looked up and no more',
    'base/wait checkWait': 'what the application gives',
    'definitions/standard-schema checkedBy': "called with what a handler was given, by the application's own schema",
    'identity/peer-id checkTarget': 'what the application gives',
    'protocol/blame isBlamed': 'a code that a decoder of the other rows has taken',
    'protocol/peer-info isTold': 'an object that this process has made',
    'statements/own-slots checkSame': 'our own statements',
    'address/dial-policy isWeb': 'a scheme, compared and no more',
    'address/private-address isIpLiteral': 'a host name that hostnameOf, in its row, has read',
  }
  const src = fileURLToPath(new URL('../../src/', import.meta.url))
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

  it('names every exported function that decodes, parses, reads, checks or verifies', () => {
    const listed = new Set(NETWORK_INPUTS.map(({ name }) => name.split(' ').slice(0, 2).join(' ')))
    const missing = files.flatMap((file) => {
      const code = readFileSync(`${src}${file}`, 'utf8')
      const names = [
        ...code.matchAll(/^export (?:async )?function ((?:decode|parse|read|check|assert|verify|is|refusalOf|choose)\w*)/gm),
      ]
      return names
        .map(([, name]) => `${file.replace(/\.ts$/, '').replaceAll('\\', '/')} ${name}`)
        .filter((name) => !listed.has(name) && !(name in NOT_FROM_THE_NETWORK))
    })
    expect(missing).toEqual([])
  })

  it('names nothing that is no more', () => {
    for (const name of [...NETWORK_INPUTS.map(({ name }) => name), ...Object.keys(NOT_FROM_THE_NETWORK)]) {
      const [file, what] = name.split(' ') as [string, string]
      expect([name, readFileSync(`${src}${file}.ts`, 'utf8').includes(what.split('.').at(-1)!)]).toEqual([name, true])
    }
  })
})
