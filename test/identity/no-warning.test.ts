import { spawnSync } from 'node:child_process'
import { buildSync } from 'esbuild'
import { describe, expect, it } from 'vitest'

/** Runs the program, bundled with the SDK's sources, in a fresh Node, and returns what it printed. */
function run(program: string): { stdout: string; stderr: string } {
  const { outputFiles } = buildSync({
    stdin: { contents: program, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
  })
  // Without the caller's options, which may silence warnings.
  const env = { PATH: process.env.PATH ?? '' }
  return spawnSync(process.execPath, ['--input-type=module'], { input: outputFiles[0]?.text ?? '', encoding: 'utf8', env })
}

describe('in Node', () => {
  it('generating, signing and verifying print no warning', () => {
    const { stdout, stderr } = run(`
      import { generateIdentity, identityFromSeed } from '../../src/identity/identity.js'
      import { signEnvelope, verifyEnvelope } from '../../src/identity/envelope.js'
      for (const identity of [await generateIdentity(), identityFromSeed(new Uint8Array(32))]) {
        console.log(await verifyEnvelope('record', await signEnvelope(identity, 'record', Uint8Array.of(1))))
      }
    `)
    expect(stdout).toBe('true\ntrue\n')
    expect(stderr).not.toContain('ExperimentalWarning')
    expect(stderr).toBe('')
  })

  it('importing the identity and storage modules touches no browser global and prints nothing', () => {
    const { stdout, stderr } = run(`
      for (const name of ['indexedDB', 'IDBKeyRange', 'CryptoKey', 'window', 'document', 'localStorage', 'navigator']) {
        Object.defineProperty(globalThis, name, { configurable: true, get() { console.log('touched ' + name) } })
      }
      await import('../../src/identity/identity.js')
      await import('../../src/identity/envelope.js')
      await import('../../src/identity/pinned-names.js')
      await import('../../src/identity/peer-id.js')
      const { indexedDbStore } = await import('../../src/storage/indexeddb-store.js')
      indexedDbStore()
      console.log('imported')
    `)
    expect(stdout).toBe('imported\n')
    expect(stderr).toBe('')
  })
})
