import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { RelayProcesses } from './relays.js'

const docs = new URL('../../docs/', import.meta.url)
const textOf = (name: string) => readFileSync(new URL(name, docs), 'utf8')

let relays: RelayProcesses
beforeAll(async () => {
  relays = await RelayProcesses.make()
})
afterAll(() => relays.close())

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

describe('docs/operating.md', () => {
  it('has steps that lead where it says: install, keys, start, watch, upgrade, recovery', async () => {
    const blocks = [...textOf('operating.md').matchAll(/^```sh follow\n([\s\S]*?)^```$/gm)].map(([, block]) => block!)
    expect(blocks.length).toBeGreaterThanOrEqual(5)
    const ports = { 8787: await freePort(), 8788: await freePort() }
    const script = blocks
      .join('\n')
      .replaceAll('node node_modules/lotus-p2p/dist/cli.js', `"${process.execPath}" "${relays.cli}"`)
      .replaceAll(/\b(8787|8788)\b/g, (port) => `${ports[port as unknown as 8787 | 8788]}`)
    const folder = join(relays.folder, 'operator')
    await mkdir(folder)
    // Whatever is still there when a step fails ends with it.
    const child = spawn('sh', ['-eu', '-c', `trap 'kill $(jobs -p) 2> /dev/null || true' EXIT\n${script}`], { cwd: folder })
    let out = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        out += data
      })
    }
    const [code] = (await once(child, 'close')) as [number | null]
    expect([code, out]).toEqual([0, expect.stringContaining('peer id lp1')])
    expect(out).toMatch(/^public nkey U[A-Z2-7]{55}$/m)
    expect(out).toMatch(/^lotus_p2p_peers 0$/m)
  }, 60_000)

  it('shows what the command says of a million wallets', async () => {
    const shown = /capacity --wallets 1000000\n```\n\n```text\n([\s\S]*?)```/.exec(textOf('operating.md'))?.[1]
    const { code, out } = await relays.run('capacity', '--wallets', '1000000')
    expect(code).toBe(0)
    expect(shown).toBe(out)
  })

  it('names events of the log as they are', () => {
    const sources = ['cli.ts', 'relay-log.ts'].map((name) =>
      readFileSync(new URL(`../../src/node/${name}`, import.meta.url), 'utf8'),
    )
    const listed = /Events: (.*?)\. No line/s.exec(textOf('operating.md'))![1]!.match(/`[a-z]+`/g)!
    for (const event of listed) expect(sources.join(''), event).toContain(`'${event.slice(1, -1)}'`)
  })
})

/** Options that `lotus-p2p relay` knows, of its help; and those of the cluster, where this build has none. */
async function knownOptions(): Promise<Set<string>> {
  const { out } = await relays.run('--help')
  return new Set([...(out.match(/--[a-z-]+/g) ?? []), '--nats', '--nats-nkey', '--cluster'])
}

const CLUSTER_OPTIONS = /^--[a-z-]+/

describe('docs/compose', () => {
  it('is what Compose reads: services, secrets and volumes that are there, and options that the relay knows', async () => {
    const file = parse(textOf('compose/docker-compose.yml'))
    expect(Object.keys(file).sort()).toEqual(['secrets', 'services', 'volumes'])
    const known = await knownOptions()
    for (const [name, service] of Object.entries<Record<string, unknown>>(file.services)) {
      expect(service.image, name).toMatch(/^[a-z0-9./-]+:[a-z0-9.-]+$/)
      for (const secret of (service.secrets as string[]) ?? []) expect(Object.keys(file.secrets)).toContain(secret)
      for (const other of (service.depends_on as string[]) ?? []) expect(Object.keys(file.services)).toContain(other)
      for (const volume of (service.volumes as string[]) ?? []) {
        const [from] = volume.split(':') as [string]
        if (/^\.\.?\//.test(from)) textOf(`compose/${from}`)
        else if (!from.startsWith('/')) expect(Object.keys(file.volumes)).toContain(from)
      }
    }
    const { relay } = file.services
    const words = (relay.command as string).split(/\s+/)
    for (const word of words.filter((word) => CLUSTER_OPTIONS.test(word))) expect(known, word).toContain(word)
    // Longer than a drain: notice, spread, and what is left.
    expect(Number.parseInt(relay.stop_grace_period, 10)).toBeGreaterThan(30)
  })
})

type Labels = Record<string, string>

interface Probe {
  httpGet: { path: string; port: string }
}

/** Of a Deployment, what is looked at. */
interface Deployment {
  kind: string
  spec: {
    replicas: number
    selector: { matchLabels: Labels }
    template: {
      metadata: { labels: Labels }
      spec: {
        terminationGracePeriodSeconds: number
        containers: [
          {
            args: string[]
            ports: { name: string }[]
            readinessProbe: Probe
            livenessProbe: Probe
            volumeMounts: { name: string }[]
          },
        ]
        volumes: { name: string }[]
      }
    }
  }
}

describe('docs/k8s', () => {
  it('is what Kubernetes reads, with probes at paths that relays have and options that they know', async () => {
    const documents = parseAllDocuments(textOf('k8s/relay.yaml'))
    for (const { errors } of documents as { errors: unknown[] }[]) expect(errors).toEqual([])
    const [deployment, service, budget] = documents.map((document) => (document as { toJS(): unknown }).toJS()) as [
      Deployment,
      { kind: string; spec: { selector: Labels; ports: [{ targetPort: string }] } },
      { kind: string; spec: { minAvailable: number; selector: { matchLabels: Labels } } },
    ]
    expect([deployment.kind, service.kind, budget.kind]).toEqual(['Deployment', 'Service', 'PodDisruptionBudget'])
    const { template, selector } = deployment.spec
    expect(template.metadata.labels).toMatchObject(selector.matchLabels)
    expect(template.metadata.labels).toMatchObject(service.spec.selector)
    expect(template.metadata.labels).toMatchObject(budget.spec.selector.matchLabels)
    const [container] = template.spec.containers
    expect([container.readinessProbe.httpGet.path, container.livenessProbe.httpGet.path]).toEqual(['/healthz', '/livez'])
    const ports = container.ports.map(({ name }) => name)
    for (const { port } of [container.readinessProbe.httpGet, container.livenessProbe.httpGet]) expect(ports).toContain(port)
    expect(ports).toContain(service.spec.ports[0].targetPort)
    const volumes = template.spec.volumes.map(({ name }) => name)
    for (const { name } of container.volumeMounts) expect(volumes).toContain(name)
    const known = await knownOptions()
    for (const argument of container.args) expect(known, argument).toContain(argument.split('=')[0])
    expect(template.spec.terminationGracePeriodSeconds).toBeGreaterThan(30)
    expect(budget.spec.minAvailable).toBeLessThan(deployment.spec.replicas)
  })
})
