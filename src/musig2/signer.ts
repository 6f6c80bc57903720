/**
 * Where the secret keys are: a worker, an extension, a device. What it signs it reads from the request itself. Arguments and results survive a
 * structured clone; secret nonces never leave it.
 */
export interface MuSig2Signer {
  /** 33 bytes each. */
  readonly publicKeys: readonly Uint8Array[]
  /**
   * Proves that the keys are ours: a person has accepted the request.
   *
   * @returns a signature of 64 bytes for each distinct key of ours in the request's keysets, in the order of the keysets.
   */
  prove(input: ProveInput): Promise<Uint8Array[]>
  /**
   * Makes a nonce for each input to sign, for this session alone: a second call with its name is refused.
   *
   * @returns 66 bytes each: the public halves.
   */
  createNonces(input: CreateNoncesInput): Promise<Uint8Array[]>
  /**
   * Signs once with the session's nonces, which are gone from then on, whatever happens.
   *
   * @returns 32 bytes for each input to sign.
   */
  signPartials(input: SignPartialsInput): Promise<Uint8Array[]>
  /** The session is over. */
  forget(session: string): Promise<void>
  /**
   * Proves that a key of ours is found at a peer, for `musig2.discovery`. A signer without it is not advertised.
   *
   * @returns 64 bytes: a signature of `announcementHash`.
   */
  proveAnnouncement?(input: ProveAnnouncementInput): Promise<Uint8Array>
}

export interface ProveAnnouncementInput {
  /** One of `publicKeys`. */
  key: Uint8Array
  /** Name of the network of peers. */
  network: string
  /** Type and id of the resource that will hold the proof, with `/` between them. */
  resource: string
  /** Our Ed25519 public key: 32 bytes. */
  networkKey: Uint8Array
  /** Since the Unix epoch. */
  day: number
}

export interface ProveInput {
  /** The bytes that came. */
  request: Uint8Array
  /** Our Ed25519 public key: 32 bytes. */
  networkKey: Uint8Array
  /** 16 bytes that we have drawn for this answer. */
  fresh: Uint8Array
}

export interface CreateNoncesInput {
  /** 64 digits, hex. */
  session: string
  /** The bytes that were accepted. */
  request: Uint8Array
}

export interface SignPartialsInput {
  session: string
  /** For each input to sign the nonces of all members, in the members' order: 66 bytes each. */
  nonces: Uint8Array[][]
  /**
   * The sums of these nonces, 66 bytes for each input to sign, where the caller has them. A signer may sign for them and leave the nonces unread: whoever adds up
   * nonces needs no trust (BIP327), as any other member could have chosen its own to the same sum.
   */
  sums?: Uint8Array[] | undefined
}
