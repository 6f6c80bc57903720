import { createPrivateKey, createPublicKey } from 'node:crypto'
import { vi } from 'vitest'

/** The platform's own, whatever stands in its place later. */
const exportKey = crypto.subtle.exportKey.bind(crypto.subtle) as (format: string, key: CryptoKey) => Promise<ArrayBuffer>

/**
 * Has Node's WebCrypto export an Ed25519 key as JWK by way of PKCS #8, until mocks are restored: in Node 20 its own export
 * deadlocks the process when a garbage collection falls into it.
 */
export function jwkWithoutDeadlock(): void {
  vi.spyOn(crypto.subtle, 'exportKey').mockImplementation((async (format: string, key: CryptoKey) => {
    if (format !== 'jwk') return exportKey(format, key)
    const der = Buffer.from(await exportKey('pkcs8', key))
    const spki = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })).export({
      format: 'der',
      type: 'spki',
    })
    return { kty: 'OKP', crv: 'Ed25519', x: spki.subarray(-32).toString('base64url'), d: der.subarray(-32).toString('base64url') }
  }) as never)
}
