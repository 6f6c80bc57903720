/** Prefixes of the texts of nkeys, in the upper five bits: so they begin with S and U. */
const SEED = 18 << 3
const USER = 20 << 3
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The text `SU…` of the seed (32 bytes) of a NATS user: https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/nkey_auth */
export function encodeNkeySeed(seed: Uint8Array): string {
  return encoded([SEED | (USER >> 5), (USER & 31) << 3, ...seed])
}

/** The text `U…` of the Ed25519 public key (32 bytes) of a NATS user. */
export function encodeNkeyUser(publicKey: Uint8Array): string {
  return encoded([USER, ...publicKey])
}

/** Base32 (RFC 4648 §6) without padding of the bytes and their CRC-16, little-endian. */
function encoded(bytes: number[]): string {
  const sum = crc16(bytes)
  let text = ''
  let held = 0
  let bits = 0
  for (const byte of [...bytes, sum & 0xff, sum >> 8]) {
    held = (held << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) text += LETTERS[(held >> (bits - 5)) & 31]
    held &= 0xff
  }
  return bits === 0 ? text : text + LETTERS[(held << (5 - bits)) & 31]
}

/** CRC-16/XMODEM: polynomial 0x1021, begins with 0. */
function crc16(bytes: readonly number[]): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff
  }
  return crc
}
