import dns from 'node:dns'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { allLearnt, learnt, needLearnt } from '../../src/address/dial-policy.js'
import { publicLookup } from '../../src/address/public-lookup.node.js'
import { publicFetch } from '../../src/transport/public-fetch.node.js'
import { webSocket } from '../../src/transport/websocket.js'
import { innerServer } from './inner-server.js'

afterEach(() => {
  vi.restoreAllMocks()
})

describe('an address that others tell', () => {
  it.each([
    ['wss://relay.example', 'wss://relay.example'],
    ['WSS://Relay.Example:443/', 'wss://relay.example'],
    ['ws://8.8.8.8:8787', 'ws://8.8.8.8:8787'],
    ['ws://[2606:4700::1111]:8787', 'ws://[2606:4700::1111]:8787'],
    ['https://relay.example:80', 'https://relay.example:80'],
    ['wss://xn--bcher-kva.example', 'wss://xn--bcher-kva.example'],
    ['wss://bücher.example', 'wss://xn--bcher-kva.example'],
  ])('%s is taken as %s', (address, expected) => expect(learnt(address, {})).toBe(expected))

  it.each([
    'wss://relay.example/path',
    'wss://relay.example/?',
    'wss://relay.example?a=1',
    'wss://relay.example#',
    'wss://relay.example/#lp1',
    'wss://user@relay.example',
    'wss://user:pass@relay.example',
    'wss://relay.example\\@8.8.8.8',
    'wss://relay.example\n',
    ' wss://relay.example',
    'wss:relay.example',
    'wss:///relay.example',
    'ftp://relay.example',
    'circuit:a/b',
    'javascript:alert(1)',
    `wss://${'a'.repeat(300)}.example`,
    '',
    ...[1, 21, 22, 25, 79, 81, 442, 1_023, 2_049, 5_060, 6_000, 6_667, 10_080].map((port) => `wss://relay.example:${port}`),
  ])('%j is not taken, in a private network either', (address) => {
    for (const allowPrivate of [false, true]) expect(learnt(address, { allowPrivate })).toBeUndefined()
  })

  it('in a private network is taken where the application allows it', () => {
    const inner = ['ws://127.0.0.1:8787', 'wss://nas.lan', 'ws://localhost:8787', 'http://[::1]:8787']
    expect(allLearnt(inner, {})).toEqual([])
    expect(allLearnt(inner, { allowPrivate: true })).toEqual(inner)
  })

  it('where nothing can check what names resolve to, as in browsers, is taken by TLS and name alone', () => {
    const addresses = [
      'ws://relay.example',
      'wss://8.8.8.8',
      'wss://[2606:4700::1111]',
      'http://relay.example',
      'wss://relay.example',
    ]
    expect(addresses.map((address) => learnt(address, {}, false))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      'wss://relay.example',
    ])
    expect(learnt('ws://127.0.0.1:8787', { allowPrivate: true }, false)).toBe('ws://127.0.0.1:8787')
  })

  it('is dialled only where it is known who is there; paths between peers are none of its business', () => {
    const invalid = expect.objectContaining({ code: 'INVALID_ADDRESS' })
    expect(needLearnt('wss://relay.example/', 'lp1', {})).toBe('wss://relay.example')
    expect(() => needLearnt('wss://relay.example', undefined, {})).toThrow(invalid)
    expect(() => needLearnt('ws:127.0.0.1:80', 'lp1', {})).toThrow(invalid)
    expect(() => needLearnt('ws://127.0.0.1', 'lp1', {})).toThrow(invalid)
    expect(needLearnt('circuit:a/b', undefined, {})).toBe('circuit:a/b')
  })
})

describe('names that others tell, at connect time', () => {
  /** Answers of a name server, one for each question; the last goes on. */
  function resolving(...answers: string[][]) {
    const asked = vi.spyOn(dns, 'lookup').mockImplementation(((
      _name: string,
      options: { all?: boolean },
      callback: (...given: unknown[]) => void,
    ) => {
      const ips = answers[Math.min(asked.mock.calls.length, answers.length) - 1]!
      const all = ips.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
      if (options.all) callback(null, all)
      else callback(null, all[0]!.address, all[0]!.family)
    }) as never)
    return asked
  }
  const look = (all: boolean) =>
    new Promise((resolve) => {
      publicLookup!('relay.example', { all }, (error, address) => resolve(error?.message ?? address))
    })
  const INSIDE = [
    '127.0.0.1',
    '10.0.0.1',
    '169.254.169.254',
    '::1',
    '::ffff:127.0.0.1',
    'fd00::1',
    'fe80::1',
    '64:ff9b::7f00:1',
    '64:ff9b::a00:1',
  ]

  it.each(INSIDE)('that resolve to %s are not connected to', async (ip) => {
    resolving([ip])
    expect([await look(true), await look(false)]).toEqual(Array(2).fill('relay.example leads into a private network'))
  })

  it('are connected to at the public ones of their addresses, also through the NAT64 of an IPv6 network', async () => {
    resolving(['127.0.0.1', '8.8.8.8', '2606:4700::1111', '::1', '64:ff9b::808:808'])
    expect(await look(false)).toBe('8.8.8.8')
    expect(await look(true)).toEqual([
      { address: '8.8.8.8', family: 4 },
      { address: '2606:4700::1111', family: 6 },
      { address: '64:ff9b::808:808', family: 6 },
    ])
  })

  it('that cannot be resolved fail as such', async () => {
    vi.spyOn(dns, 'lookup').mockImplementation(((_: string, __: object, callback: (...given: unknown[]) => void) =>
      callback(Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' }))) as never)
    expect(await look(true)).toBe('ENOTFOUND')
  })

  it('that change between check and connect (rebinding) lead nowhere inside, by WebSocket and by HTTP', async () => {
    const reached: string[] = []
    const { server: inner, port } = await innerServer((what) => reached.push(what))
    // A public answer that nobody serves, then the inner one for ever.
    const asked = resolving(['192.0.0.1'], ['127.0.0.1'])
    const options = { firstFrame: new Uint8Array(40), learnt: true, signal: AbortSignal.timeout(5_000) }
    for (let i = 0; i < 3; i++) {
      await expect(webSocket().dial(`ws://rebind.example:${port}`, options)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
      await expect(publicFetch!(`http://rebind.example:${port}/x`, { method: 'POST' })).rejects.toThrow('fetch failed')
    }
    expect(asked).toHaveBeenCalledTimes(6)
    expect(reached).toEqual([])
    // The same names, named by the application, do lead there: it is the hook that keeps from it.
    await webSocket()
      .dial(`ws://rebind.example:${port}`, { ...options, learnt: false })
      .catch(() => {})
    expect(reached).toEqual(['upgrade /'])
    inner.close()
  })

  it('are not followed to where a server redirects', async () => {
    const reached: string[] = []
    const server = createServer((request, response) => {
      reached.push(request.url!)
      response.writeHead(302, { Location: '/inner' }).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const answer = await publicFetch!(`http://127.0.0.1:${port}/outer`, { method: 'POST', body: new Uint8Array(3) })
    expect([answer.status, reached]).toEqual([302, ['/outer']])
    server.closeAllConnections()
    server.close()
  })

  it('give what a fetch gives: status, headers and a body that comes in parts, and end with their signal', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/hang') return
      response.setHeader('Content-Type', 'text/plain')
      response.write('one ')
      request.on('data', (part) => response.write(part)).on('end', () => response.end())
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const answer = await publicFetch!(`http://127.0.0.1:${port}/`, { method: 'POST', body: new TextEncoder().encode('two') })
    expect([answer.ok, answer.headers.get('content-type'), await answer.text()]).toEqual([true, 'text/plain', 'one two'])
    const controller = new AbortController()
    const hanging = publicFetch!(`http://127.0.0.1:${port}/hang`, { signal: controller.signal })
    const reason = new Error('enough')
    setTimeout(() => controller.abort(reason), 20)
    await expect(hanging).rejects.toBe(reason)
    server.closeAllConnections()
    server.close()
  })
})
