import { afterEach, describe, expect, it } from 'vitest'
import { type ServeSignerOptions, type SignerPort, serveSigner, workerSigner } from '../../src/musig2/signer-port.js'
import type { RequestSummary } from '../../src/musig2/summary.js'
import { signTogether, walletsOf } from './wallets.js'

const name = (n: number) => n.toString(16).padStart(64, '0')
const failed = (reason: string) =>
  expect.objectContaining({ code: 'SIGNING_FAILED', details: expect.objectContaining({ reason }) })
const ends: MessagePort[] = []
afterEach(() => {
  for (const port of ends.splice(0)) port.close()
})

/** A signer behind a real channel of messages, and all that passes it. */
async function behindPort(options: ServeSignerOptions, seed = 3) {
  const wallets = walletsOf({ signers: 2, seed })
  const { port1, port2 } = new MessageChannel()
  ends.push(port1, port2)
  const passed: unknown[] = []
  const page: SignerPort = {
    postMessage(message) {
      passed.push(message)
      port1.postMessage(message)
    },
    addEventListener: (type, listener) => port1.addEventListener(type, (event) => listener(event)),
    removeEventListener() {},
    start: () => port1.start(),
  }
  port1.addEventListener('message', ({ data }) => passed.push(data))
  serveSigner(port2 as unknown as SignerPort, wallets.signers[0]!, options)
  const signer = await workerSigner(page)
  return { ...wallets, signer, passed, port1 }
}

describe('a signer in a worker', () => {
  it('signs with a signer elsewhere, and neither key nor secret nonce passes its port', async () => {
    const { signer, signers, secretKeys, passed, ...wallets } = await behindPort({ unattended: true })
    expect(signer.publicKeys).toEqual(signers[0]!.publicKeys)
    await signTogether({ ...wallets, secretKeys, signers: [signer, signers[1]!] }, name(1))
    const text = JSON.stringify(passed, (_, value) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value))
    expect(passed.length).toBeGreaterThan(4)
    expect(text).not.toContain(Buffer.from(secretKeys[0]!).toString('hex'))
  })

  it('asks the user once for each request, with what it has read itself, and gives no nonce before', async () => {
    const asked: RequestSummary[] = []
    const approve = async (summary: RequestSummary) => {
      asked.push(summary)
      return true
    }
    const { signer, request, content } = await behindPort({ approve })
    await expect(signer.createNonces({ session: name(1), request })).rejects.toEqual(failed('REJECTED'))
    const proof = { request, networkKey: content.members[0]!.networkKey, fresh: new Uint8Array(16) }
    await signer.prove(proof)
    await signer.prove(proof)
    await signer.createNonces({ session: name(2), request })
    expect(asked).toHaveLength(1)
    expect(asked[0]).toMatchObject({ purpose: 'Rent, March', fee: 2_000n, sendsSats: 600_000n, warnings: [] })
    expect(asked[0]!.outputs.map(({ isOurs }) => isOurs)).toEqual([false, true])
  })

  it('refuses what the user refuses', async () => {
    const { signer, request, content } = await behindPort({ approve: async () => false })
    const proof = { request, networkKey: content.members[0]!.networkKey, fresh: new Uint8Array(16) }
    await expect(signer.prove(proof)).rejects.toEqual(failed('REJECTED'))
    await expect(signer.createNonces({ session: name(1), request })).rejects.toEqual(failed('REJECTED'))
  })

  it('is not served without a decision who approves', () => {
    const { port1 } = new MessageChannel()
    ends.push(port1)
    const { signers } = walletsOf({ signers: 2, seed: 3 })
    expect(() => serveSigner(port1 as unknown as SignerPort, signers[0]!, {})).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG' }),
    )
  })

  it('answers calls in another form with a reason, and other messages not at all', async () => {
    const { signer, port1, passed } = await behindPort({ unattended: true })
    const before = passed.length
    for (const odd of [
      null,
      7,
      {},
      { mark: 'other', id: 1, call: 'prove' },
      { mark: 'lotus-p2p/musig2-signer', id: 1, call: 'keys' },
    ]) {
      port1.postMessage(odd)
    }
    port1.postMessage({ mark: 'lotus-p2p/musig2-signer', id: 900, call: 'prove', input: { request: 'x' } })
    await expect(signer.createNonces({ session: 'short', request: new Uint8Array(1) })).rejects.toEqual(failed('SIGNER_FAILED'))
    const answers = passed.slice(before).filter((each) => (each as { mark: string }).mark.endsWith('/answer'))
    expect(answers).toHaveLength(2)
    expect(answers[0]).toMatchObject({ id: 900, reason: 'SIGNER_FAILED' })
  })
})
