import { inspect } from 'node:util'
import { hex } from '@scure/base'
import { IDBFactory } from 'fake-indexeddb'
import { createStore, get, set } from 'idb-keyval'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Identity } from '../../src/identity/identity.js'
import { jwkWithoutDeadlock } from './jwk.js'
import { RFC8032_VECTORS } from './rfc8032-vectors.js'

type Platform = 'node' | 'a browser with WebCrypto Ed25519' | 'a browser without it'
const PLATFORMS: Platform[] = ['node', 'a browser with WebCrypto Ed25519', 'a browser without it']
const SEED = hex.decode(RFC8032_VECTORS[1].secretKey)
const TEXT = hex.decode(RFC8032_VECTORS[1].message)
const BYTES = Uint8Array.of(1, 2, 3)

/** The modules of the core as they load on that platform; Node stands in for browsers, its own crypto hidden. */
async function loadCore(platform: Platform) {
  vi.resetModules()
  vi.doUnmock('../../src/identity/ed25519.node.js')
  vi.doUnmock('../../src/identity/fallback.node.js')
  if (platform !== 'node') {
    vi.doMock('../../src/identity/ed25519.node.js', () => ({ nodeEd25519: undefined }))
    const { nobleEd25519 } = await import('../../src/identity/ed25519-noble.js')
    vi.doMock('../../src/identity/fallback.node.js', () => ({ ed25519Fallback: nobleEd25519 }))
    jwkWithoutDeadlock()
  }
  if (platform === 'a browser without it') {
    for (const call of ['importKey', 'generateKey'] as const) {
      vi.spyOn(crypto.subtle, call).mockRejectedValue(new DOMException('Unrecognized name.', 'NotSupportedError'))
    }
  }
  return {
    ...(await import('../../src/identity/ed25519.js')),
    ...(await import('../../src/identity/envelope.js')),
    ...(await import('../../src/identity/identity.js')),
  }
}

/** What `lotus-p2p` exports of them: the same, with a fallback. */
async function load(platform: Platform) {
  return { ...(await loadCore(platform)), ...(await import('../../src/identity/with-fallback.js')) }
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
    vi.unstubAllGlobals()
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

  it.each([
    ['refuses a CryptoKey', 'throw'],
    ['reads a CryptoKey back as null', 'null'],
  ])('is the seed where the platform signs with a CryptoKey and its database %s', async (_, how) => {
    const { openStoredIdentity, verify } = await load('a browser with WebCrypto Ed25519')
    const { IDBObjectStore } = await import('fake-indexeddb')
    const { put } = IDBObjectStore.prototype
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value: object, key) {
      if ('privateKey' in value && how === 'throw') throw new DOMException('No keys.', 'DataCloneError')
      return put.call(this, 'privateKey' in value ? { ...value, privateKey: null } : value, key)
    })
    const first = await openStoredIdentity('phone', true)
    expect(await verify(await first.sign(BYTES), BYTES, first.publicKey)).toBe(true)
    expect(await get('phone', open())).toEqual({ version: 1, publicKey: first.publicKey, seed: expect.any(Uint8Array) })
    expect((await openStoredIdentity('phone', true)).publicKey).toEqual(first.publicKey)
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

describe('the key of a seed', () => {
  const PUBLIC_KEY = RFC8032_VECTORS[1].publicKey

  it('is not derived in a browser before it is asked for', async () => {
    const { identityFromSeed, isIdentity } = await load('a browser with WebCrypto Ed25519')
    const { nobleEd25519 } = await import('../../src/identity/ed25519-noble.js')
    const calls = [vi.spyOn(nobleEd25519, 'publicKey'), vi.spyOn(crypto.subtle, 'importKey')]
    const identity = identityFromSeed(SEED)
    expect(isIdentity(identity)).toBe(true)
    for (const call of calls) expect(call).not.toHaveBeenCalled()
  })

  it.each(['a browser with WebCrypto Ed25519', 'a browser without it'] as const)(
    'is there at once in %s when it is read, and later the same one signs',
    async (platform) => {
      const { identityFromSeed, verify } = await load(platform)
      const identity = identityFromSeed(SEED)
      const { publicKey } = identity
      expect(hex.encode(publicKey)).toBe(PUBLIC_KEY)
      expect(hex.encode(await identity.sign(TEXT))).toBe(RFC8032_VECTORS[1].signature)
      expect(identity.publicKey).toBe(publicKey)
      expect(await verify(await identity.sign(BYTES), BYTES, publicKey)).toBe(true)
    },
  )

  it('is derived by WebCrypto where that has Ed25519, for a start and for a signature', async () => {
    const { identityFromSeed, identityReady } = await load('a browser with WebCrypto Ed25519')
    const { nobleEd25519 } = await import('../../src/identity/ed25519-noble.js')
    const noble = [vi.spyOn(nobleEd25519, 'publicKey'), vi.spyOn(nobleEd25519, 'signer')]
    for (const ask of [identityReady, (identity: Identity) => identity.sign(BYTES)]) {
      const identity = identityFromSeed(SEED)
      await Promise.all([ask(identity), ask(identity)])
      expect(hex.encode(identity.publicKey)).toBe(PUBLIC_KEY)
      expect(Object.isFrozen(identity)).toBe(true)
    }
    for (const call of noble) expect(call).not.toHaveBeenCalled()
  })

  it('is derived by the fallback where WebCrypto knows Ed25519 and refuses the seed', async () => {
    const { identityFromSeed, identityReady } = await load('a browser with WebCrypto Ed25519')
    const { importKey } = crypto.subtle
    vi.spyOn(crypto.subtle, 'importKey').mockImplementation(((format: string, ...rest: unknown[]) =>
      format === 'pkcs8'
        ? Promise.reject(new DOMException('Only raw keys.', 'NotSupportedError'))
        : Reflect.apply(importKey, crypto.subtle, [format, ...rest])) as never)
    const identity = identityFromSeed(SEED)
    await identityReady(identity)
    expect(hex.encode(identity.publicKey)).toBe(PUBLIC_KEY)
    expect(hex.encode(await identity.sign(TEXT))).toBe(RFC8032_VECTORS[1].signature)
  })

  it('cannot be replaced once it was seen', async () => {
    for (const platform of PLATFORMS) {
      const identity = (await load(platform)).identityFromSeed(SEED)
      expect(hex.encode(identity.publicKey)).toBe(PUBLIC_KEY)
      expect(Reflect.set(identity, 'publicKey', new Uint8Array(32))).toBe(false)
      expect(Reflect.defineProperty(identity, 'publicKey', { value: new Uint8Array(32) })).toBe(false)
      vi.restoreAllMocks()
    }
  })
})

describe('the core, which brings no fallback', () => {
  it('works in Node as it is', async () => {
    const { identityFromSeed } = await loadCore('node')
    expect(hex.encode(identityFromSeed(SEED).publicKey)).toBe(RFC8032_VECTORS[1].publicKey)
  })

  it('says how to wait for a key that is not derived yet, and has it afterwards', async () => {
    const { identityFromSeed, identityReady } = await loadCore('a browser with WebCrypto Ed25519')
    const identity = identityFromSeed(SEED)
    expect(() => identity.publicKey).toThrow(
      expect.objectContaining({ code: 'IDENTITY_FAILED', message: expect.stringContaining('coordinator.start()') }),
    )
    await identityReady(identity)
    expect(hex.encode(identity.publicKey)).toBe(RFC8032_VECTORS[1].publicKey)
    expect(hex.encode(await identity.sign(TEXT))).toBe(RFC8032_VECTORS[1].signature)
  })

  it('signs an envelope with a key that is not derived yet', async () => {
    const { identityFromSeed, signEnvelope, verifyEnvelope } = await loadCore('a browser with WebCrypto Ed25519')
    const envelope = await signEnvelope(identityFromSeed(SEED), 'record', BYTES)
    expect(hex.encode(envelope.publicKey)).toBe(RFC8032_VECTORS[1].publicKey)
    expect(await verifyEnvelope('record', envelope)).toBe(true)
  })

  it('refuses to make, sign and verify where WebCrypto has no Ed25519, and says what to import', async () => {
    const envelope = await (await loadCore('node')).signEnvelope(
      await (await loadCore('node')).generateIdentity(),
      'record',
      BYTES,
    )
    const core = await loadCore('a browser without it')
    const missing = { code: 'IDENTITY_FAILED', message: expect.stringContaining('Import lotus-p2p') }
    const identity = core.identityFromSeed(SEED)
    await expect(core.generateIdentity()).rejects.toMatchObject(missing)
    await expect(core.storedIdentity()).rejects.toMatchObject(missing)
    await expect(core.identityReady(identity)).rejects.toMatchObject(missing)
    await expect(identity.sign(BYTES)).rejects.toMatchObject(missing)
    await expect(core.signEnvelope(identity, 'record', BYTES)).rejects.toMatchObject(missing)
    await expect(core.verifyEnvelope('record', envelope)).rejects.toMatchObject(missing)
    // The same identity works as soon as the fallback is there.
    const { installEd25519Fallback } = await import('../../src/identity/with-fallback.js')
    installEd25519Fallback()
    expect(hex.encode(await identity.sign(TEXT))).toBe(RFC8032_VECTORS[1].signature)
    expect(await core.verifyEnvelope('record', envelope)).toBe(true)
  })
})

describe('isIdentity', () => {
  it('takes what has a key of 32 bytes and signs, and nothing else', async () => {
    const { isIdentity, generateIdentity } = await load('node')
    const { publicKey } = await generateIdentity()
    const sign = async (bytes: Uint8Array) => bytes
    expect(isIdentity(await generateIdentity())).toBe(true)
    expect(isIdentity({ publicKey, sign })).toBe(true)
    for (const wrong of [
      undefined,
      null,
      'key',
      {},
      { publicKey },
      { sign },
      { publicKey: publicKey.slice(1), sign },
      { publicKey, sign: 1 },
    ]) {
      expect(isIdentity(wrong)).toBe(false)
    }
  })
})
