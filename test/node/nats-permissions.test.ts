import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nkeys } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { MailStore } from '../../src/mail/server/mail-store.js'
import { initCluster, type NatsBackplane, natsBackplane } from '../../src/node/backplane/nats.js'
import { natsMail } from '../../src/node/backplane/nats-mail.js'
import { boundsAt, boxNamed, depositOf } from '../compliance/mail-store.js'
import { NatsServer } from './nats-server.js'

const admin = nkeys.createUser()
const users = [nkeys.createUser(), nkeys.createUser()] as const
const seedOf = (user: typeof admin) => new TextDecoder().decode(user.getSeed())
const [UADMIN, URELAY1, URELAY2] = [admin, ...users].map((user) => user.getPublicKey()) as [string, string, string]
const load = () => ({ peers: 0, maxPeers: 1, draining: false })
const nothing = new Uint8Array(0)

let server: NatsServer
let ca: string
const nodes: NatsBackplane[] = []

/** Ed25519 certificates, as of an operator's own authority. */
async function certificates(): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'lotus-tls-'))
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const subject = (name: string) => ['-subj', `/CN=${name}`, '-days', '2', '-nodes']
  openssl('req', '-x509', '-newkey', 'ed25519', '-keyout', 'ca.key', '-out', 'ca.crt', ...subject('ca'))
  const names = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key']
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ed25519',
    '-keyout',
    'nats.key',
    '-out',
    'nats.crt',
    ...signed,
    ...names,
    ...subject('nats'),
  )
  const files = ['ca.crt', 'nats.crt', 'nats.key']
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
  await rm(folder, { recursive: true })
  return Object.fromEntries(files.map((file, i) => [file, texts[i]!]))
}

beforeAll(async () => {
  const config = await readFile(new URL('../../docs/nats.conf', import.meta.url), 'utf8')
  const keyed = config.replaceAll('UADMIN', UADMIN).replaceAll('URELAY1', URELAY1).replaceAll('URELAY2', URELAY2)
  const placed = keyed.replaceAll('/run/secrets/', 'FOLDER/').replace('"/data"', '"FOLDER/data"')
  server = await NatsServer.start(placed, await certificates(), true)
  ca = server.path('ca.crt')
  await initCluster({ servers: server.url, cluster: 'c1', nkey: seedOf(admin), ca })
  for (const user of users) {
    const node = natsBackplane({ servers: server.url, cluster: 'c1', nkey: seedOf(user), ca })
    nodes.push(node)
    await node.start(load)
  }
})
afterAll(async () => {
  for (const node of nodes) await node.close()
  await server?.stop()
})

it('with the permissions of docs/nats.conf a backplane does all that it does', async () => {
  const [one, two] = nodes as [NatsBackplane, NatsBackplane]
  await vi.waitFor(() => expect(one.nodes()).toHaveLength(2))
  two.answer('who', (bytes) => bytes)
  await two.hold('lp1x')
  expect(await one.askPeer('lp1x', 'who', Uint8Array.of(7))).toEqual(Uint8Array.of(7))
  const revision = await one.shared.put('ban.x', Uint8Array.of(1), 0)
  await vi.waitFor(() => expect(two.shared.get('ban.x')?.revision).toBe(revision))
  await expect(two.shared.put('ban.x', Uint8Array.of(2), 0)).rejects.toMatchObject({ code: 'STALE_RECORD' })
  await two.shared.delete('ban.x')
  await vi.waitFor(() => expect(one.shared.get('ban.x')).toBeUndefined())
  await one.records.append('a', Uint8Array.of(9))
  const got: Uint8Array[] = []
  const stop = await two.records.replay((bytes) => got.push(bytes))
  expect(got).toEqual([Uint8Array.of(9)])
  stop()
  const leading: boolean[] = []
  const end = two.lead('walker', (leads) => leading.push(leads))
  await vi.waitFor(() => expect(leading).toEqual([true]))
  end()
})

it('with them it keeps mail, at whichever process, in the streams that the administrator has made', async () => {
  const [here, there] = nodes.map(({ link }) => natsMail(link)) as [MailStore, MailStore]
  const { id } = boxNamed(1)
  await here.putBox(boxNamed(1))
  expect(await there.deposit(id, depositOf(1), boundsAt())).toMatchObject({ outcome: 'stored' })
  const { letters } = await here.letters(id, undefined, 1e6, boundsAt().now)
  expect(letters).toHaveLength(1)
  await there.drop(id, [letters[0]![0]])
  await here.deleteBox(id)
  await vi.waitFor(() => expect(there.totals).toEqual({ boxes: 0, letters: 0, bytes: 0 }))
  await Promise.all([here.close(), there.close()])
})

it('the key of a process opens nothing else: no other cluster, no answers of others, no streams', async () => {
  const [one, two] = nodes as [NatsBackplane, NatsBackplane]
  const connection = await one.link.connection()
  const refused: string[] = []
  void (async () => {
    for await (const status of connection.status()) if (status.type === 'error') refused.push(status.error.message)
  })()
  for (const subject of [
    'lotus.c2.all',
    '$KV.lotus_shared.c2.ban',
    '$JS.API.STREAM.DELETE.KV_lotus_shared',
    '$JS.API.STREAM.DELETE.LOTUS_MAIL_c1_0',
    '$JS.API.STREAM.CREATE.OWN',
    '$JS.API.STREAM.UPDATE.LOTUS_REC_c1',
    '$JS.API.STREAM.PURGE.LOTUS_MAIL_c1_0',
    '$JS.API.STREAM.MSG.DELETE.LOTUS_MAIL_c2_0',
    '$JS.API.STREAM.MSG.GET.KV_lotus_boxes_c2',
    '$JS.API.CONSUMER.CREATE.LOTUS_MAIL_c1_0',
    '$KV.lotus_boxes_c2.box.x',
    `_INBOX.${URELAY2}.x`,
  ]) {
    connection.publish(subject, nothing)
    await vi.waitFor(() => expect(refused.at(-1)).toContain(subject))
  }
  for (const subject of ['lotus.c2.all', `_INBOX.${URELAY2}.>`, '>']) {
    connection.subscribe(subject, { callback: () => {} })
    await vi.waitFor(() => expect(refused.at(-1)).toContain(subject))
  }
  two.answer('who', (bytes) => bytes)
  expect(await one.askNode(two.nodeId, 'who', nothing)).toEqual(nothing)
})

it('nobody comes in without a key, with another key, or with a server whose certificate nobody has signed', async () => {
  const attempts = [{ ca }, { ca, nkey: seedOf(nkeys.createUser()) }, { nkey: seedOf(users[0]) }]
  for (const attempt of attempts) {
    const node = natsBackplane({ servers: server.url.replace('nats:', 'tls:'), cluster: 'c1', ...attempt })
    await expect(node.start(load)).rejects.toMatchObject({ code: 'BACKPLANE_DOWN' })
    await node.close()
  }
})
