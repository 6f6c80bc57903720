import { equalBytes } from '../../src/base/bytes.js'
import { bindingOf } from '../../src/musig2/binding.js'
import { readRequest } from '../../src/musig2/request.js'
import type { MuSig2Signer } from '../../src/musig2/signer.js'
import { bitcore, type OracleNonce } from './oracle.js'

const pointOf = (half: Uint8Array) => new bitcore.PublicKey(Buffer.from(half)).point
const noScripts = Buffer.alloc(32)

/** A signer over xpi-ts: the arithmetic of others, in our sessions. For tests: it has one key, and keeps none of the rules on nonces. */
export function xpiSigner(secretKey: Uint8Array): MuSig2Signer {
  const secret = new bitcore.PrivateKey(Buffer.from(secretKey).toString('hex'))
  const own = secret.publicKey.toBuffer()
  const sessions = new Map<string, { request: Uint8Array; nonces: OracleNonce[] }>()
  /** What each input needs: context, message, the place of our key, the tweak. */
  const inputsOf = (request: Uint8Array) => {
    const read = readRequest(request)
    const member = read.members.findIndex(({ walletKey }) => equalBytes(own, walletKey))
    return read.sign.map(({ keyset }, i) => {
      const keys = read.keysets[keyset]!.keys.map((key) => new bitcore.PublicKey(Buffer.from(key)))
      const context = bitcore.muSig2KeyAgg(keys)
      const isTaproot = read.keysets[keyset]!.taproot !== false
      const tweak = isTaproot ? bitcore.calculateTapTweak(context.aggregatedPubKey, noScripts) : undefined
      return { context, message: Buffer.from(read.sighashes[i]!), place: read.keys[keyset]!.places[member]!, tweak }
    })
  }
  return {
    publicKeys: [Uint8Array.from(own)],
    async prove({ request, networkKey, fresh }) {
      const message = bindingOf(readRequest(request).hash, networkKey, fresh)
      return [Uint8Array.from(bitcore.Schnorr.sign(Buffer.from(message), secret, 'big').toBuffer())]
    },
    async createNonces({ session, request }) {
      const extra = (i: number) => Buffer.from(`${session.slice(0, 60)}${String(i).padStart(4, '0')}`, 'hex')
      const nonces = inputsOf(request).map(({ context, message }, i) =>
        bitcore.muSig2NonceGen(secret, context.aggregatedPubKey, message, extra(i)),
      )
      sessions.set(session, { request, nonces })
      return nonces.map(({ publicNonces }) =>
        Uint8Array.from(Buffer.concat(publicNonces.map((point) => bitcore.Point.pointToCompressed(point)))),
      )
    },
    async signPartials({ session, nonces }) {
      const { request, nonces: own } = sessions.get(session)!
      return inputsOf(request).map(({ context, message, place, tweak }, i) => {
        const sum = bitcore.muSig2NonceAgg(
          nonces[i]!.map((nonce) => [pointOf(nonce.subarray(0, 33)), pointOf(nonce.subarray(33))]),
        )
        const partial =
          tweak === undefined
            ? bitcore.muSig2PartialSign(own[i]!, secret, context, place, sum, message)
            : bitcore.signTaprootKeyPathWithMuSig2(own[i]!, secret, context, place, sum, message, tweak)
        return Uint8Array.from(partial.toBuffer({ size: 32 }))
      })
    },
    async forget(session) {
      sessions.delete(session)
    },
  }
}
