import type { ClassicLevel } from 'classic-level'
import { hexOf, viewOf } from '../base/bytes.js'
import { LETTER_ID_BYTES, type TtlClass } from '../mail/box.js'
import type { LetterKind } from '../mail/server/box-usage.js'
import type { Box, Deposit } from '../mail/server/mail-store.js'
import type { PiledBatch } from '../mail/server/prekey-pile.js'
import { decode, encode } from '../message/codec.js'

// How mailboxes lie in LevelDB. `<box>` is 32 and a cursor 16 digits of hex: `box/<box>`, `usage/<box>` (numbers of what waits there),
// `prekeys/<box>`, `letter/<box>/<cursor>`, `id/<box>/<letter id>`, `end/<expiry>/<box>/<cursor>`, `card/<peer id>`.

export type Database = ClassicLevel<string, Uint8Array>
export type Operation = { type: 'put'; key: string; value: Uint8Array } | { type: 'del'; key: string }

/** Before a letter: version, class, bucket, stranger or not, expiry (8), id (16). */
export const HEAD_BYTES = 28
const VERSION = 1
export const NO_BYTES = new Uint8Array(0)
/** Behind every digit and letter of hex. */
export const LAST = '~'

export const keys = {
  box: (box: string) => `box/${box}`,
  card: (peerId: string) => `card/${peerId}`,
  usage: (box: string) => `usage/${box}`,
  prekeys: (box: string) => `prekeys/${box}`,
  letter: (box: string, cursor: string) => `letter/${box}/${cursor}`,
  id: (box: string, id: string) => `id/${box}/${id}`,
  /** By the time of expiry, so that a sweep looks at nothing else. */
  end: (expiresAt: number, box: string, cursor: string) => `end/${expiresAt.toString(16).padStart(12, '0')}/${box}/${cursor}`,
}

export function put(key: string, value: Uint8Array): Operation {
  return { type: 'put', key, value }
}

/** A value of this version. */
export function entryOf(value: unknown): Uint8Array {
  return encode([VERSION, value])
}

/** What `entryOf` was given. Of a Buffer, LevelDB's own answer, the decoder would give parts that are views of it. */
export function read<T>(entry: Uint8Array): T {
  return (decode(new Uint8Array(entry)) as [number, T])[1]
}

export async function readBox(database: Database, box: string): Promise<Box | undefined> {
  const value = await database.get(keys.box(box))
  return value && read<Box>(value)
}

export async function readPile(database: Database, box: string): Promise<readonly PiledBatch[]> {
  const value = await database.get(keys.prekeys(box))
  return value === undefined ? [] : read<PiledBatch[]>(value)
}

export function withHead({ letter, id }: Deposit, { ttl, bucket, isStranger }: LetterKind, expiresAt: number): Uint8Array {
  const value = new Uint8Array(HEAD_BYTES + letter.length)
  value.set([VERSION, ttl, bucket, Number(isStranger)])
  value.set(expiryBytes(expiresAt), 4)
  value.set(id, 12)
  value.set(letter, HEAD_BYTES)
  return value
}

export function headOf(value: Uint8Array): { kind: LetterKind; expiresAt: number; id: string } {
  const [, ttl, bucket, stranger] = value as unknown as [number, TtlClass, number, number]
  return {
    kind: { ttl, bucket, isStranger: stranger === 1 },
    expiresAt: viewOf(value).getFloat64(4),
    id: hexOf(value.subarray(12, 12 + LETTER_ID_BYTES)),
  }
}

export function expiryBytes(expiresAt: number): Uint8Array {
  const bytes = new Uint8Array(8)
  viewOf(bytes).setFloat64(0, expiresAt)
  return bytes
}
