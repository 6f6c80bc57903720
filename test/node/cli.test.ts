import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { P2PCoordinator } from '../../src/coordinator.js'
import { generateIdentity } from '../../src/identity/identity.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { PUBLIC_POW_DIFFICULTY } from '../../src/node/relay-options.js'
import type { TestNetwork } from '../../src/testing/test-network.js'
import { RawPeer } from '../attacks/raw-peer.js'
import { Owner } from '../mail/mail-peers.js'

let folder: string
let bundle: string
const running = new Set<ChildProcess>()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lotus-cli-'))
  bundle = join(folder, 'cli.mjs')
  await build({
    entryPoints: [new URL('../../src/node/cli.ts', import.meta.url).pathname],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
    external: ['classic-level', 'prom-client', '@nats-io/*'],
    // `ws` is CommonJS and requires Node's own modules.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  })
})

// What the bundle leaves out it finds as an installed one would.
beforeAll(() => symlink(new URL('../../node_modules', import.meta.url).pathname, join(folder, 'node_modules')))

afterAll(async () => {
  for (const child of running) child.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

function cli(...args: string[]) {
  const child = spawn(process.execPath, [bundle, ...args], { env: { ...process.env, HOME: folder } })
  running.add(child)
  const out = { text: '', errors: '' }
  const watchers = new Set<() => void>()
  const tell = () => {
    for (const check of [...watchers]) check()
  }
  child.stdout.on('data', (data) => {
    out.text += data
    tell()
  })
  child.stderr.on('data', (data) => {
    out.errors += data
  })
  const exit = new Promise<number | null>((resolve) => {
    child.on('close', (code) => {
      running.delete(child)
      resolve(code)
      tell()
    })
  })
  /** What the pattern found in its output, once it is there. */
  const says = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const check = () => {
        const found = pattern.exec(out.text)
        if (found === null && child.exitCode === null) return
        watchers.delete(check)
        if (found === null) reject(new Error(`It ended with ${child.exitCode} and said: ${out.text}${out.errors}`))
        else resolve(found[1] ?? found[0])
      }
      watchers.add(check)
      check()
    })
  return { child, out, exit, says }
}

const relay = (...args: string[]) => cli('relay', '--port', '0', '--host', '127.0.0.1', ...args)

describe('lotus-p2p', () => {
  it('says its version and how to use it', async () => {
    const version = cli('--version')
    expect(await version.exit).toBe(0)
    const { version: expected } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
    expect(version.out).toEqual({ text: `${expected}\n`, errors: '' })
    const help = cli('--help')
    expect(await help.exit).toBe(0)
    expect(help.out.text).toMatch(/^Usage: lotus-p2p relay/)
    expect(help.out.text).toContain(`(${PUBLIC_POW_DIFFICULTY} where`)
  })

  it.each([
    [['relay', '--unknown']],
    [['relay', '--port', 'abc']],
    [['relay', '--port', '70000']],
    [[]],
    [['serve']],
    [['relay', '--max-connections', '0']],
    [['relay', '--pow', '41']],
    [['relay', '--max-boxes', '5']],
    [['relay', '--mail', '--max-mail', '0']],
  ])('answers %j with its usage on stderr and exit code 2', async (args) => {
    const run = cli(...args)
    expect(await run.exit).toBe(2)
    expect(run.out.errors).toContain('Usage: lotus-p2p relay')
    expect(run.out.text).toBe('')
  })
})

describe('lotus-p2p relay', () => {
  it('prints where it listens, who it is and what wallets need, and serves them', async () => {
    const { says, out, child, exit } = relay('--name', 'My relay')
    const url = await says(/listening {2}(ws:\/\/127\.0\.0\.1:\d+)\n/)
    const peerId = await says(/peer id {4}(lp1\w+)\n/)
    await says(/bootstrap: \['ws:/)
    expect(await (await fetch(`${url.replace('ws', 'http')}/info`)).json()).toMatchObject({ name: 'My relay', peerId })
    const wallet = new P2PCoordinator({ metadata: { name: 'mal\x1b[2Jlory\nroot' } })
    await wallet.connectToPeer(url)
    await says(/ \+ lp1\w+ /)
    await wallet.shutdown()
    await says(/ - lp1\w+ /)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(out.text).not.toMatch(/\x1b/)
    child.kill('SIGTERM')
    expect(await exit).toBe(0)
    expect(out.errors).toBe('')
  })

  it('serves the network that its operator names, and prints it', async () => {
    const { says, child, exit } = relay('--network', 'testnet', '--quiet')
    const url = await says(/(ws:\/\/127\.0\.0\.1:\d+)\n/)
    await says(/network {4}testnet\n/)
    const wallet = new P2PCoordinator({ network: 'testnet' })
    await wallet.connectToPeer(url)
    await wallet.shutdown()
    child.kill('SIGTERM')
    expect(await exit).toBe(0)
  })

  it('demands the work that its operator says, and prints it', async () => {
    const { says, child, exit } = relay('--pow', '6', '--quiet')
    const url = await says(/(ws:\/\/127\.0\.0\.1:\d+)\n/)
    await says(/work {7}6 bits for each identity/)
    const wallet = new P2PCoordinator()
    const done = new Promise<number>((resolve) =>
      wallet.on('proof-of-work', ({ state, bits }) => state === 'done' && resolve(bits)),
    )
    await wallet.connectToPeer(url)
    expect(await done).toBe(6)
    await wallet.shutdown()
    child.kill('SIGTERM')
    expect(await exit).toBe(0)
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('ends cleanly with exit code 0 on %s while peers are connected', async (signal) => {
    const { says, child, exit, out } = relay('--quiet')
    const url = await says(/(ws:\/\/127\.0\.0\.1:\d+)\n/)
    const wallet = new P2PCoordinator()
    await wallet.connectToPeer(url)
    const gone = new Promise((resolve) => wallet.on('disconnected', resolve))
    child.kill(signal)
    expect(await exit).toBe(0)
    await gone
    await wallet.shutdown()
    expect(out.text).not.toMatch(/ \+ lp1/)
  })

  it('says in one line that its port is taken, and exits with 1', async () => {
    const first = relay('--quiet')
    const port = new URL(await first.says(/(ws:\/\/127\.0\.0\.1:\d+)\n/)).port
    const second = cli('relay', '--host', '127.0.0.1', '--port', port)
    expect(await second.exit).toBe(1)
    expect(second.out.errors).toMatch(new RegExp(`^lotus-p2p: Port ${port} [^\\n]+\\n$`))
    first.child.kill('SIGTERM')
    await first.exit
  })

  it('keeps its peer id over a restart, in a file for its owner only, and refuses a corrupt one', async () => {
    const path = join(folder, 'keys', 'relay.key')
    const ids: string[] = []
    for (let i = 0; i < 2; i++) {
      const { says, child, exit } = relay('--identity', path)
      ids.push(await says(/peer id {4}(lp1\w+)\n/))
      await says(/bootstrap/)
      child.kill('SIGTERM')
      expect(await exit).toBe(0)
    }
    expect(ids[0]).toBe(ids[1])
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const corrupt = relay('--identity', bundle)
    expect(await corrupt.exit).toBe(1)
    expect(corrupt.out.errors).toMatch(/^lotus-p2p: The identity file [^\n]+\n$/)
  })

  it('keeps what it has learnt and its peer id in --data, over an end by any means', async () => {
    const data = join(folder, 'data')
    const ids: string[] = []
    const codes: unknown[] = []
    for (const signal of ['SIGTERM', 'SIGKILL', 'SIGTERM'] as const) {
      const { says, child, exit } = relay('--data', data)
      const url = await says(/(ws:\/\/127\.0\.0\.1:\d+)\n/)
      ids.push(await says(/peer id {4}(lp1\w+)\n/))
      await says(/bootstrap/)
      const wallet = new P2PCoordinator({ peerId: 'alice' })
      codes.push(
        await wallet.connectToPeer(url).then(
          () => 'connected',
          (error) => error.code,
        ),
      )
      await wallet.shutdown()
      child.kill(signal)
      await exit
    }
    expect(new Set(ids).size).toBe(1)
    // Each time another key: a relay pins no names.
    expect(codes).toEqual(['connected', 'connected', 'connected'])
    expect((await stat(join(data, 'identity.key'))).mode & 0o777).toBe(0o600)
  })

  it('keeps mail with --mail: on disk where it has a folder, else small letters in memory', async () => {
    for (const [args, max] of [
      [['--mail', '--max-boxes', '5', '--max-mail', '100'], 0],
      [['--mail', '--max-boxes', '5', '--max-mail', '100', '--data', join(folder, 'mail-data')], 4],
    ] as const) {
      const { says, child, exit } = relay(...args)
      const url = await says(/(ws:\/\/127\.0\.0\.1:\d+)\n/)
      const relayId = await says(/peer id {4}(lp1\w+)\n/)
      const wallets: P2PCoordinator[] = []
      const net = {
        createPeer: ({ plugins }: { plugins: never[] }) => wallets[wallets.push(new P2PCoordinator({ plugins })) - 1],
        run: <T>(promise: Promise<T>) => promise,
        addressOf: () => url,
      } as unknown as TestNetwork
      const owner = await new Owner(net, { peerId: relayId, start: async () => {} } as P2PCoordinator, 1).connect()
      expect(await owner.open()).toMatchObject({ max })
      const { limits } = (await (await fetch(`${url.replace('ws', 'http')}/info`)).json()) as { limits: Record<string, number> }
      expect(limits).toMatchObject({ maxBoxes: 5, [max === 0 ? 'maxMailMemoryBytes' : 'maxMailBytes']: 104_857_600 })
      for (const wallet of wallets) await wallet.shutdown()
      child.kill('SIGTERM')
      expect(await exit).toBe(0)
    }
  })

  it.each([
    ['--data', 'bans'],
    ['--identity', 'banning.key'],
  ])('with %s it forgets no ban when it is killed and started again', async (option, name) => {
    const data = join(folder, name)
    const identity = await generateIdentity()
    const id = encodePeerId(identity.publicKey)
    /** In whatever file and format: the id is among the bytes. */
    const isKept = async () => {
      const files = (await readdir(folder, { recursive: true })).filter((file) => file.startsWith(name))
      const contents = await Promise.all(files.map((file) => readFile(join(folder, file)).catch(() => Buffer.alloc(0))))
      return contents.some((bytes) => bytes.includes(id))
    }
    const first = relay(option, data)
    const url = await first.says(/(ws:\/\/127\.0\.0\.1:\d+)\n/)
    await first.says(/bootstrap/)
    const flooding = async () => {
      const peer = await new RawPeer().connect(url, { identity })
      while (peer.isOpen) {
        for (let i = 0; i < 500; i++) peer.message('flood')
        await peer.taken()
      }
    }
    const isBanned = () => first.out.errors.includes('banned lp1')
    while (!isBanned()) await flooding().catch(() => undefined)
    await expect.poll(isKept, { timeout: 10_000 }).toBe(true)
    expect(first.out.errors).toMatch(/banned lp1\w+ until .*: .*went on sending/)
    first.child.kill('SIGKILL')
    await first.exit
    const second = relay(option, data)
    const again = await second.says(/(ws:\/\/127\.0\.0\.1:\d+)\n/)
    await second.says(/bootstrap/)
    const wallet = new P2PCoordinator({ identity })
    await expect(wallet.connectToPeer(again)).rejects.toMatchObject({
      code: 'BANNED',
      details: { retryAfterMs: expect.any(Number) },
    })
    await wallet.shutdown()
  })

  it('says at once that another relay has its data, and exits with 1', async () => {
    const data = join(folder, 'shared')
    const first = relay('--data', data)
    await first.says(/bootstrap/)
    const second = relay('--data', data)
    expect(await second.exit).toBe(1)
    expect(second.out.errors).toMatch(/^lotus-p2p: Another process has the store in [^\n]+\n$/)
    first.child.kill('SIGTERM')
    await first.exit
  })

  it('takes the options of a relay in the open', async () => {
    const options = ['--trust-proxy', 'loopback, 10.0.0.0/8', '--origin', 'https://wallet.example', '--origin', '*.pages.example']
    const tokenFile = join(folder, 'metrics-token')
    await writeFile(tokenFile, 'correct-horse-battery\n', { mode: 0o600 })
    const { says, child, exit } = relay(...options, '--max-memory', '512', '--metrics-token-file', tokenFile)
    const url = (await says(/(ws:\/\/127\.0\.0\.1:\d+)\n/)).replace('ws', 'http')
    const fallback = (origin: string) => fetch(`${url}/lotus-p2p/2`, { method: 'OPTIONS', headers: { Origin: origin } })
    expect((await fallback('https://a.pages.example')).status).toBe(204)
    expect((await fallback('https://else.example')).status).toBe(403)
    const metrics = await fetch(`${url}/metrics`, { headers: { Authorization: 'Bearer correct-horse-battery' } })
    expect(await metrics.text()).toContain(`lotus_p2p_memory_ceiling_bytes ${512 * 1_048_576}\n`)
    child.kill('SIGTERM')
    expect(await exit).toBe(0)
  })

  it.each([
    ['--trust-proxy', 'proxy.example'],
    ['--origin', 'wallet.example'],
    ['--max-memory', '5'],
    ['--metrics-token', 'correct-horse-battery'],
    ['--metrics-token-file', '/nowhere/at/all'],
  ])('refuses %s %s in words', async (flag, value) => {
    const { exit, out } = relay(flag, value)
    expect(await exit).toBeGreaterThan(0)
    expect(out.errors).not.toMatch(/^ +at /m)
    expect(out.errors.length).toBeGreaterThan(20)
  })
})
