/**
 * Who a peer is: an Ed25519 key (RFC 8032). `sign` may run anywhere: here, in a worker, in a hardware device.
 */
export interface Identity {
  /** Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array
  /** Signs the bytes; resolves to an Ed25519 signature of 64 bytes. */
  sign(bytes: Uint8Array): Promise<Uint8Array>
}
