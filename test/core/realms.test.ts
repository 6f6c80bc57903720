// A page whose globals come from two realms, as Jest with jsdom makes it: its own arrays, dates and promises, and beside them those that
// Node's WebSocket, TextEncoder and WebCrypto give out.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { type Relay, startRelay } from '../../src/node/index.js'

let script: string
let relay: Relay
beforeAll(async () => {
  const browser = join(process.cwd(), 'src/platform/browser.ts')
  const { outputFiles } = await build({
    entryPoints: ['src/index.ts'],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'LotusP2P',
    platform: 'browser',
    target: 'es2022',
    plugins: [
      { name: 'browser', setup: ({ onResolve }) => void onResolve({ filter: /\.node\.js$/ }, () => ({ path: browser })) },
    ],
  })
  script = outputFiles[0]!.text
  relay = await startRelay({ port: 0, host: '127.0.0.1', allowPrivate: true })
})
afterAll(() => relay.stop())

/** What a page has of its surroundings; all else in it is of its own realm. */
const OUTER = {
  WebSocket,
  crypto,
  performance,
  TextEncoder,
  TextDecoder,
  AbortController,
  AbortSignal,
  Event,
  EventTarget,
  URL,
  structuredClone,
  queueMicrotask,
  fetch,
  btoa,
  atob,
  console,
  setTimeout: (callback: () => void, delayMs: number) => setTimeout(callback, delayMs),
  clearTimeout: (timer: NodeJS.Timeout) => clearTimeout(timer),
  setInterval: (callback: () => void, delayMs: number) => setInterval(callback, delayMs),
  clearInterval: (timer: NodeJS.Timeout) => clearInterval(timer),
}

const PLATFORM = [
  ...Object.keys(OUTER),
  ...'window self document navigator location localStorage sessionStorage indexedDB RTCPeerConnection BroadcastChannel Worker'.split(
    ' ',
  ),
  ...'XMLHttpRequest process Buffer addEventListener MessageChannel WorkerGlobalScope require global importScripts'.split(' '),
]

describe('a page of another realm', () => {
  it('has a wallet that connects, asks, announces, signs and publishes', async () => {
    const page = createContext({ ...OUTER, relayUrl: relay.url, outerBytes: Buffer.from([1, 2, 3]), outerDate: new Date(5) })
    runInContext(script, page)
    expect(runInContext('new TextEncoder().encode("x") instanceof Uint8Array', page)).toBe(false)
    const told = await runInContext(
      `(async () => {
        const { P2PCoordinator, P2PProtocol, identityFromSeed, signEnvelope, verifyEnvelope, encodePeerId, decodePeerId, isP2PError } = LotusP2P
        const make = (seed) => new P2PCoordinator({ bootstrap: [relayUrl], identity: identityFromSeed(seed), allowPrivate: true, webrtc: false })
        const alice = make(new Uint8Array(32).fill(1)), bob = make(new TextEncoder().encode('b'.repeat(32)))
        bob.on('message', (message) => bob.reply(message, { type: 'echo', payload: message.payload }))
        await Promise.all([alice.start(), bob.start()])
        await alice.connectToPeer(bob.peerId)
        const payload = { own: new Uint8Array([9]), outer: outerBytes, when: new Date(7), outerWhen: outerDate, list: [1n] }
        const answer = await alice.request(bob.peerId, { type: 'ask', payload, protocol: 'echo' })
        const { own, outer, when, outerWhen, list } = answer.payload
        const envelope = await signEnvelope(identityFromSeed(new TextEncoder().encode('c'.repeat(32))), 'app/x', outerBytes)
        await alice.announceResource('offer', 'a', { bytes: outerBytes, when: outerDate })
        const [found] = await bob.discoverResources('offer', {})
        const json = new P2PProtocol()
        const message = json.createMessage('t', { outerBytes, outerDate }, 'alice')
        const again = await json.deserialize(json.serialize(message))
        const failed = await alice.connectToPeer('nobody').catch((error) => error)
        const told = {
          own: [...own], outer: [...outer], when: +when, outerWhen: +outerWhen, list,
          holds: await verifyEnvelope('app/x', envelope),
          found: [...found.data.bytes, +found.data.when],
          id: encodePeerId(decodePeerId(alice.peerId)) === alice.peerId,
          json: [...again.payload.outerBytes, +again.payload.outerDate],
          failed: isP2PError(failed, 'PEER_NOT_FOUND'),
        }
        await Promise.all([alice.shutdown(), bob.shutdown()])
        return told
      })()`,
      page,
    )
    expect(JSON.parse(JSON.stringify(told, (_, value) => (typeof value === 'bigint' ? `${value}n` : value)))).toEqual({
      own: [9],
      outer: [1, 2, 3],
      when: 7,
      outerWhen: 5,
      list: ['1n'],
      holds: true,
      found: [1, 2, 3, 5],
      id: true,
      json: [1, 2, 3, 5],
      failed: true,
    })
  })

  it('is not touched by the import: no global is read or written, hostile and frozen ones included', () => {
    const touched: string[] = []
    const page = createContext({})
    const before = runInContext(
      `for (const each of [Object, Array, Function, Error, Promise, Map, Set, Uint8Array, String, Number, Symbol]) {
        Object.freeze(each)
        Object.freeze(each.prototype)
      }
      Object.getOwnPropertyNames(globalThis)`,
      page,
    ) as string[]
    for (const name of PLATFORM) {
      Object.defineProperty(page, name, {
        get: () => {
          touched.push(name)
          throw new Error(`${name} was read.`)
        },
        set: () => void touched.push(`${name} =`),
      })
    }
    runInContext(script, page)
    expect(touched).toEqual([])
    const after = runInContext('Object.getOwnPropertyNames(globalThis)', page) as string[]
    expect(after.filter((name) => !before.includes(name) && !PLATFORM.includes(name))).toEqual(['LotusP2P'])
    expect(runInContext('typeof LotusP2P.P2PCoordinator', page)).toBe('function')
  })
})

it('bytes, dates and buffers are told by one function each, which know those of other realms', () => {
  const faults = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && name !== join('base', 'bytes.ts') && !name.startsWith(join('node', 'conform')))
    .flatMap((name) =>
      /instanceof (Uint8Array|ArrayBuffer|Date|Promise|Map|Set|Array|Object|TypeError)\b/.test(
        readFileSync(join('src', name), 'utf8'),
      )
        ? [name]
        : [],
    )
  expect(faults).toEqual([])
})
