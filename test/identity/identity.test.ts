import { inspect } from 'node:util'
import { hex } from '@scure/base'
import { IDBFactory } from 'fake-indexeddb'
import { createStore, get, set } from 'idb-keyval'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RFC8032_VECTORS } from './rfc8032-vectors.js'

type Platform = 'node' | 'a browser with WebCrypto Ed25519' | 'a browser without it'
const PLATFORMS: Platform[] = ['node', 'a browser with WebCrypto Ed25519', 'a browser without it']
const SEED = hex.decode(RFC8032_VECTORS[1].secretKey)
const TEXT = hex.decode(RFC8032_VECTORS[1].message)
const BYTES = Uint8Array.of(1, 2, 3)

/** The modules as they load on that platform; Node stands in for browsers, its own crypto hidden. */
async function load(platform: Platform) {
  vi.resetModules()
  vi.doUnmock('../../src/base/platform.js')
  if (platform !== 'node') vi.doMock('../../src/base/platform.js', () => ({ nodeCrypto: undefined }))
  if (platform === 'a browser without it') {
    for (const call of ['importKey', 'generateKey'] as const) {
      vi.spyOn(crypto.subtle, call).mockRejectedValue(new DOMException('Unrecognized name.', 'NotSupportedError'))
    }
  }
  const { verify } = await import('../../src/identity/ed25519.js')
  return { ...(await import('../../src/identity/identity.js')), verify }
}

// Node 20 warns when its WebCrypto stands in for a browser's; no-warning.test.ts shows that the SDK itself never uses it.
const emitWarning = process.emitWarning
beforeEach(() => {
  vi.spyOn(process, 'emitWarning').mockImplementation((...args: unknown[]) => {
    if (args[1] !== 'ExperimentalWarning') Reflect.apply(emitWarning, process, args)
  })
  vi.stubGlobal('indexedDB', new IDBFactory())
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

describe.each(PLATFORMS)('identities in %s', (platform) => {
  it('that are generated sign, and differ', async () => {
    const { generateIdentity, verify } = await load(platform)
    const [one, two] = [await generateIdentity(), await generateIdentity()]
    expect(one.publicKey).toHaveLength(32)
    expect(one.publicKey).not.toEqual(two.publicKey)
    const signature = await one.sign(BYTES)
    expect(Object.getPrototypeOf(signature)).toBe(Uint8Array.prototype)
    expect(await verify(signature, BYTES, one.publicKey)).toBe(true)
    expect(await verify(signature, BYTES, two.publicKey)).toBe(false)
  })

  it('of a seed are those of RFC 8032 §7.1, and keep working when the caller wipes the seed', async () => {
    const { identityFromSeed } = await load(platform)
    const seed = SEED.slice()
    const identity = identityFromSeed(seed)
    seed.fill(0)
    expect(hex.encode(identity.publicKey)).toBe(RFC8032_VECTORS[1].publicKey)
    expect(hex.encode(await identity.sign(TEXT))).toBe(RFC8032_VECTORS[1].signature)
    expect(hex.encode(await identity.sign(TEXT))).toBe(RFC8032_VECTORS[1].signature)
  })

  it('are not made of anything but 32 bytes', async () => {
    const { identityFromSeed } = await load(platform)
    for (const wrong of [new Uint8Array(31), new Uint8Array(64), 'seed', undefined, Array(32).fill(1)] as never[]) {
      expect(() => identityFromSeed(wrong)).toThrow(expect.objectContaining({ code: 'IDENTITY_FAILED' }))
    }
  })

  it('show their public key and nothing else, however they are printed', async () => {
    const { generateIdentity, identityFromSeed, openStoredIdentity } = await load(platform)
    const identities = [
      await generateIdentity(),
      identityFromSeed(SEED),
      await openStoredIdentity('shown', platform === PLATFORMS[1]),
    ]
    for (const identity of identities) {
      await identity.sign(BYTES)
      expect(Object.keys(identity)).toEqual(['publicKey'])
      expect(JSON.parse(JSON.stringify(identity))).toEqual({ publicKey: { ...identity.publicKey } })
      expect(inspect(identity)).toBe(inspect({ publicKey: identity.publicKey }))
      const everything = inspect(identity, { showHidden: true, depth: null, getters: true, maxArrayLength: null })
      expect(everything).not.toContain(inspect(SEED, { maxArrayLength: null }).split('\n')[1])
      expect(Reflect.ownKeys(identity)).toEqual(['publicKey', 'sign'])
      expect(Object.isFrozen(identity)).toBe(true)
    }
  })

  it('that are stored are the same after a reload, and another one per name', async () => {
    const first = await (await load(platform)).storedIdentity()
    const { storedIdentity, verify } = await load(platform)
    const again = await storedIdentity({ name: 'default' })
    expect(again.publicKey).toEqual(first.publicKey)
    expect(await verify(await again.sign(BYTES), BYTES, first.publicKey)).toBe(true)
    expect((await storedIdentity({ name: 'other' })).publicKey).not.toEqual(first.publicKey)
  })

  it('that are stored are one for callers at the same moment, in one tab or several', async () => {
    const { storedIdentity } = await load(platform)
    const { storedIdentity: otherTab } = await load(platform)
    const all = await Promise.all([storedIdentity(), storedIdentity(), otherTab(), otherTab()])
    for (const identity of all) expect(identity.publicKey).toEqual(all[0].publicKey)
    expect((await storedIdentity()).publicKey).toEqual(all[0].publicKey)
  })

  it('that are stored need IndexedDB, and say what to use without it', async () => {
    vi.stubGlobal('indexedDB', undefined)
    const { storedIdentity } = await load(platform)
    await expect(storedIdentity()).rejects.toMatchObject({
      code: 'IDENTITY_FAILED',
      message: expect.stringContaining('fileIdentity()'),
    })
  })
})

describe('what is stored', () => {
  const open = () => createStore('lotus-p2p-identity', 'identities')

  it('is a private key that cannot be extracted, where WebCrypto has Ed25519', async () => {
    const { storedIdentity } = await load('a browser with WebCrypto Ed25519')
    const { publicKey } = await storedIdentity()
    const kept = (await get('default', open())) as { privateKey: CryptoKey }
    expect(kept).toEqual({ version: 1, publicKey, privateKey: expect.any(CryptoKey) })
    expect(kept.privateKey).toMatchObject({ type: 'private', extractable: false })
    await expect(crypto.subtle.exportKey('pkcs8', kept.privateKey)).rejects.toThrow()
  })

  it('is the seed elsewhere, and a browser that learns Ed25519 later keeps the identity', async () => {
    const { publicKey } = await (await load('a browser without it')).storedIdentity()
    expect(await get('default', open())).toEqual({ version: 1, publicKey, seed: expect.any(Uint8Array) })
    vi.restoreAllMocks()
    expect((await (await load('node')).storedIdentity()).publicKey).toEqual(publicKey)
  })

  const good = { version: 1, publicKey: hex.decode(RFC8032_VECTORS[1].publicKey), seed: SEED }
  it.each([
    ['null', null],
    ['text', 'key'],
    ['a list', []],
    ['an empty object', {}],
    ['another version', { ...good, version: 2 }],
    ['no public key', { version: 1, seed: SEED }],
    ['a short public key', { ...good, publicKey: good.publicKey.slice(1) }],
    ['a short seed', { ...good, seed: SEED.slice(1) }],
    ['no private half', { version: 1, publicKey: good.publicKey }],
    ["another key's public key", { ...good, publicKey: hex.decode(RFC8032_VECTORS[2].publicKey) }],
    ['something else as private key', { version: 1, publicKey: good.publicKey, privateKey: { type: 'private' } }],
  ])('if it is %s, is refused, left as it is, and never replaced by a new identity', async (_, foreign) => {
    for (const platform of PLATFORMS) {
      await set('default', foreign, open())
      const { storedIdentity } = await load(platform)
      await expect(storedIdentity()).rejects.toMatchObject({
        code: 'IDENTITY_FAILED',
        message: expect.stringContaining('left as it is'),
      })
      expect(await get('default', open())).toEqual(foreign)
      vi.restoreAllMocks()
    }
  })

  it('if it is a CryptoKey that belongs to another public key, is refused', async () => {
    const { openStoredIdentity } = await load('a browser with WebCrypto Ed25519')
    await openStoredIdentity('one', true)
    await openStoredIdentity('two', true)
    const [one, two] = [(await get('one', open())) as object, (await get('two', open())) as { publicKey: Uint8Array }]
    await set('one', { ...one, publicKey: two.publicKey }, open())
    await expect(openStoredIdentity('one', true)).rejects.toMatchObject({ code: 'IDENTITY_FAILED' })
  })

  it('is not lost silently: where IndexedDB fails to read or write, there is no identity', async () => {
    const { storedIdentity } = await load('node')
    const denied = new DOMException('denied', 'SecurityError')
    const failing = vi.spyOn(indexedDB, 'open').mockImplementation(() => {
      throw denied
    })
    await expect(storedIdentity()).rejects.toMatchObject({ code: 'IDENTITY_FAILED', cause: denied })
    failing.mockRestore()
    await storedIdentity({ name: 'opens the database' })
    const { IDBObjectStore } = await import('fake-indexeddb')
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
      throw new DOMException('A key cannot be stored in this window.', 'DataCloneError')
    })
    await expect(storedIdentity({ name: 'private window' })).rejects.toMatchObject({ code: 'IDENTITY_FAILED' })
  })
})
