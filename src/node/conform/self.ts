import { generateNoiseKeyPair, type NoiseKeyPair } from '../../channel/noise.js'
import { taggedBytes } from '../../identity/envelope.js'
import { generateIdentity, type Identity } from '../../identity/identity.js'
import { encodePeerId } from '../../identity/peer-id.js'
import { type Anything, certified, DAY_MS, random, SUITE } from './wire.js'

/** A process that the tester plays: an identity, a channel key, a session id, and numbered streams. */
export class Self {
  readonly peerId: string
  readonly noise: NoiseKeyPair = generateNoiseKeyPair()
  session = random(16)
  /** Names the numbering of the messages that it sends (S-2). */
  streams = random(8)
  /** The protocol and the next number of each stream that it sends. */
  readonly outgoing = new Map<number, { protocol: string | undefined; next: number; givenUp: number }>()

  private constructor(readonly identity: Identity) {
    this.peerId = encodePeerId(identity.publicKey)
  }

  static async create(): Promise<Self> {
    return new Self(await generateIdentity())
  }

  get publicKey(): Uint8Array {
    return this.identity.publicKey
  }

  /** Another process of the same identity. */
  reborn(): Self {
    return new Self(this.identity)
  }

  /** Another numbering of the same process. */
  renumber(): void {
    this.streams = random(8)
    this.outgoing.clear()
  }

  sign(tag: string, network: string, payload: Uint8Array): Promise<Uint8Array> {
    return this.identity.sign(taggedBytes(tag, network, payload))
  }

  async certificate(network: string, notBefore: number, notAfter: number): Promise<[number, number, Uint8Array]> {
    const signature = await this.identity.sign(certified(network, this.noise.publicKey, notBefore, notAfter))
    return [notBefore, notAfter, signature]
  }

  /** What it tells in the handshake, dated by the clock of the other end. */
  async hello(network: string, now: number): Promise<Anything> {
    return {
      version: 2,
      publicKey: this.publicKey,
      certificate: await this.certificate(network, now - DAY_MS, now + DAY_MS),
      session: this.session,
      suite: SUITE,
    }
  }
}
