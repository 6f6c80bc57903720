import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { base32 } from '@scure/base'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { P2PCoordinator } from '../../src/coordinator.js'
import { identityFromSeed, identityReady } from '../../src/identity/identity.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { type CapacityQuestion, capacityFor, MEASURED } from '../../src/node/capacity.js'
import { encodeNkeySeed, encodeNkeyUser } from '../../src/node/nkey.js'
import { RelayLog, type RelayLogOptions } from '../../src/node/relay-log.js'
import { RelayProcesses } from './relays.js'

let relays: RelayProcesses
beforeAll(async () => {
  relays = await RelayProcesses.make()
})
afterAll(() => relays.close())

describe('lotus-p2p keygen', () => {
  it('prints a key alone, and beside it the peer id that the key has', async () => {
    const { code, out, errors } = await relays.run('keygen')
    expect(code).toBe(0)
    expect(out).toMatch(/^[0-9a-f]{64}\n$/)
    const identity = identityFromSeed(new Uint8Array(Buffer.from(out.trim(), 'hex')))
    await identityReady(identity)
    expect(errors).toBe(`peer id ${encodePeerId(identity.publicKey)}\n`)
    expect((await relays.run('keygen')).out).not.toBe(out)
  })

  it('writes a file for its owner alone, which a relay then has, and overwrites none', async () => {
    const path = join(relays.folder, 'made.key')
    const made = await relays.run('keygen', path)
    expect([made.code, made.out]).toEqual([0, ''])
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const relay = await relays.start('--port', '0', '--identity', path)
    expect(made.errors).toBe(`peer id ${relay.peerId}\n`)
    await relay.stop()
    const before = await readFile(path, 'utf8')
    const again = await relays.run('keygen', path)
    expect([again.code, again.out]).toEqual([1, ''])
    expect(again.errors).toMatch(/There is such a file/)
    expect(await readFile(path, 'utf8')).toBe(before)
    expect((await relays.run('keygen', join(relays.folder, 'nowhere', 'x.key'))).code).toBe(1)
  })

  it.each([[['a', 'b']], [['--unknown']]])('answers %j with its usage and 2', async (args) => {
    const { code, out, errors } = await relays.run('keygen', ...args)
    expect([code, out]).toEqual([2, ''])
    expect(errors).toContain('Usage: lotus-p2p keygen')
  })

  it('makes nkeys in the form of NATS', async () => {
    const { code, out, errors } = await relays.run('keygen', '--nkey')
    expect(code).toBe(0)
    expect(out).toMatch(/^SU[A-Z2-7]{56}\n$/)
    expect(errors).toMatch(/^public nkey U[A-Z2-7]{55}\n$/)
  })

  it('writes the nkey of a seed as the tools of NATS do', async () => {
    // The pair in the documentation of NATS: docs.nats.io, "NKeys".
    const text = 'SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY'
    const seed = base32.decode(`${text}======`).slice(2, 34)
    const identity = identityFromSeed(seed)
    await identityReady(identity)
    expect(encodeNkeySeed(seed)).toBe(text)
    expect(encodeNkeyUser(identity.publicKey)).toBe('UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4')
  })
})

describe('lotus-p2p capacity', () => {
  const question: CapacityQuestion = { wallets: 1_000_000, activeShare: 0.05, messageBytes: 512, cores: 4, memoryBytes: 8e9 }

  it('has ten cells for a million wallets, and processes that hold those of one that has died', () => {
    const plan = capacityFor(question)
    expect(plan.cells).toBe(10)
    expect(plan.walletsPerCell).toBe(100_000)
    expect(plan.processes * plan.walletsPerProcess).toBeGreaterThanOrEqual(1_000_000)
    const perCell = plan.processes / plan.cells
    expect((perCell - 1) * plan.maxConnections).toBeGreaterThanOrEqual(plan.walletsPerCell)
    expect(plan.maxMemoryMB * 1_048_576).toBeGreaterThan(plan.maxConnections * MEASURED.walletBytes)
  })

  it('never has one process alone, and no more of anything for fewer wallets', () => {
    let before = capacityFor({ ...question, wallets: 1 })
    expect([before.cells, before.processes, before.machines]).toEqual([1, 2, 2])
    for (let wallets = 10; wallets <= 10_000_000; wallets *= 3) {
      const plan = capacityFor({ ...question, wallets })
      for (const name of ['cells', 'processes', 'machines', 'idleCores', 'messageCores', 'idleBitsPerS'] as const) {
        expect(plan[name], `${name} of ${wallets}`).toBeGreaterThanOrEqual(before[name])
      }
      before = plan
    }
  })

  it('starts more processes where messages need them', () => {
    const dear = { ...MEASURED, forwardUs: 100 }
    expect(capacityFor({ ...question, activeShare: 1 }, dear).processes).toBeGreaterThan(capacityFor(question, dear).processes)
  })

  it('says it for people, and for programs', async () => {
    const { code, out } = await relays.run('capacity', '--wallets', '50000', '--cores', '2')
    expect(code).toBe(0)
    expect(out).toMatch(/^50,000 wallets, 5 % of them with a message of 512 bytes a second\n/)
    expect(out).toMatch(/--max-connections \d+ --max-memory \d+/)
    const json = JSON.parse((await relays.run('capacity', '--wallets', '50000', '--cores', '2', '--json')).out)
    expect(json).toEqual({ ...capacityFor({ ...question, wallets: 50_000, cores: 2 }), costs: MEASURED })
  })

  it.each([[[]], [['--wallets', '0']], [['--wallets', 'many']], [['--wallets', '5', '--active', '101']], [['5']]])(
    'answers %j with its usage and 2',
    async (args) => {
      const { code, out, errors } = await relays.run('capacity', ...args)
      expect([code, out]).toEqual([2, ''])
      expect(errors).toContain('Usage: lotus-p2p capacity')
    },
  )
})

describe('the log of a relay', () => {
  const logOf = (options: Partial<RelayLogOptions>) => {
    const lines: [string, boolean][] = []
    const write = (line: string, errors: boolean) => void lines.push([line, errors])
    return { lines, log: new RelayLog({ form: 'json', level: 'info', write, now: () => 1_700_000_000_000, ...options }) }
  }

  it('is one object a line for programs, whatever others have put into it', () => {
    const { log, lines } = logOf({})
    log.tell('info', 'connected', { peerId: 'lp1x', name: 'mal\x1b[2J\nlory\u2028', n: 5n, key: new Uint8Array(3) }, 'x')
    const error = new P2PError('TIMEOUT', `${'long '.repeat(200)}\n`)
    log.tell('error', 'fault', { error, list: [error, { toString: () => 'object' }] }, 'y')
    expect(lines.every(([line, errors]) => line.indexOf('\n') === line.length - 1 && !errors)).toBe(true)
    const [first, second] = lines.map(([line]) => JSON.parse(line))
    expect(first).toEqual({
      time: '2023-11-14T22:13:20.000Z',
      level: 'info',
      event: 'connected',
      peerId: 'lp1x',
      name: 'mal\\u{1b}[2J\\u{a}lory\\u{2028}',
      n: '5',
      key: '3 bytes',
    })
    expect(second.error.code).toBe('TIMEOUT')
    expect(second.error.message.length).toBeLessThan(300)
    expect(second.list[1]).toBe('object')
  })

  it('leaves out what is less than its level', () => {
    for (const [level, count] of [
      ['debug', 4],
      ['info', 3],
      ['warn', 2],
      ['error', 1],
    ] as const) {
      const { log, lines } = logOf({ level })
      for (const each of ['debug', 'info', 'warn', 'error'] as const) log.tell(each, 'x', {}, 'x')
      expect(lines).toHaveLength(count)
    }
  })

  it('is for people otherwise: what is grave apart, and nothing that moves a cursor', () => {
    const { log, lines } = logOf({ form: 'text' })
    log.tell('info', 'started', {}, ['one', 'two'])
    log.logger.warn('a \x1b[31mred\nline')
    log.tellNow('info', 'connected', {}, ' + lp1x')
    expect(lines).toEqual([
      ['one\n', false],
      ['two\n', false],
      ['lotus-p2p: a \\u{1b}[31mred\\u{a}line\n', true],
      ['2023-11-14T22:13:20.000Z  + lp1x\n', false],
    ])
  })
})

describe('lotus-p2p relay --log', () => {
  it('json tells of its start, of who comes and goes, and of its end, and nothing else on any stream', async () => {
    const relay = await relays.start('--port', '0', '--log-level', 'debug', '--drain', '0')
    expect(relay.lines[0]).toMatchObject({ event: 'started', level: 'info', peerId: relay.peerId, network: 'lotus' })
    const wallet = new P2PCoordinator({ metadata: { name: 'mal\x1b[2Jlory' } })
    await wallet.connectToPeer(relay.url)
    expect(await relay.says('connected')).toMatchObject({ peerId: wallet.peerId, name: 'mal\\u{1b}[2Jlory', peers: 1 })
    await wallet.shutdown()
    expect(await relay.says('disconnected')).toMatchObject({ peerId: wallet.peerId, peers: 0 })
    expect(await relay.stop()).toBe(0)
    expect(relay.lines.slice(-2)).toMatchObject([{ event: 'stopping', why: 'SIGTERM', drains: false }, { event: 'stopped' }])
    expect(relay.errors).toBe('')
  })

  it('json tells why it does not start', async () => {
    const path = join(relays.folder, 'broken.key')
    await writeFile(path, 'no key')
    const { code, out, errors } = await relays.run('relay', '--port', '0', '--log', 'json', '--identity', path)
    expect([code, errors]).toEqual([1, ''])
    expect(JSON.parse(out)).toMatchObject({ level: 'error', event: 'failed', code: 'IDENTITY_FAILED' })
  })

  it.each([
    ['--log', 'xml'],
    ['--log-level', 'all'],
    ['--drain', '-1'],
  ])('refuses %s %s', async (flag, value) => {
    const { code, errors } = await relays.run('relay', `${flag}=${value}`)
    expect(code).toBe(2)
    expect(errors).toContain(flag)
  })
})

describe('lotus-p2p relay at SIGTERM', () => {
  it('sends its peers elsewhere, says so meanwhile, and exits with 0', async () => {
    const relay = await relays.start('--port', '0', '--drain', '1')
    const wallet = new P2PCoordinator()
    wallet.on('error', () => {})
    const gone = new Promise<{ code: string; details: object }>((resolve) =>
      wallet.on('disconnected', (_, reason) => resolve(reason)),
    )
    await wallet.connectToPeer(relay.url)
    const exit = relay.stop()
    expect(await relay.says('stopping')).toMatchObject({ why: 'SIGTERM', drains: true, peers: 1 })
    expect(await gone).toMatchObject({ code: 'SHUT_DOWN', details: { byPeer: true, moved: true } })
    expect(await exit).toBe(0)
    await wallet.shutdown()
  })

  it('ends at once where it is asked again', async () => {
    const relay = await relays.start('--port', '0', '--drain', '3600')
    const wallet = new P2PCoordinator()
    wallet.on('error', () => {})
    await wallet.connectToPeer(relay.url)
    relay.child.kill('SIGTERM')
    await relay.says('stopping')
    expect((await fetch(`${relay.url.replace('ws', 'http')}/healthz`)).status).toBe(503)
    expect(await relay.stop()).toBe(1)
    await wallet.shutdown()
  })

  it('does the same at POST /drain', async () => {
    const relay = await relays.start('--port', '0', '--drain', '1')
    const wallet = new P2PCoordinator()
    wallet.on('error', () => {})
    await wallet.connectToPeer(relay.url)
    expect((await fetch(`${relay.url.replace('ws', 'http')}/drain`, { method: 'POST' })).status).toBe(202)
    expect(await relay.says('stopping')).toMatchObject({ why: 'POST /drain' })
    expect(await relay.exit).toBe(0)
    await wallet.shutdown()
  })
})
