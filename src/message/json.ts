import { fromBase64Url, toBase64Url } from '../base/base64url.js'
import { isBytes, isDate } from '../base/bytes.js'
import { P2PError } from '../base/errors.js'

/**
 * The readable form of a value: JSON, with what JSON lacks as one-key objects: `{"$bytes": base64url}`, `{"$bigint": digits}`,
 * `{"$date": ms}`, `{"$number": "NaN" | "Infinity" | "-Infinity" | "-0"}`. Other keys that begin with `$` are written with one more.
 */
export function toJsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return { $bigint: value.toString() }
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) {
    return { $number: Object.is(value, -0) ? '-0' : String(value) }
  }
  if (typeof value !== 'object' || value === null) return value
  if (isBytes(value)) return { $bytes: toBase64Url(value) }
  if (isDate(value)) return { $date: value.getTime() }
  if (Array.isArray(value)) return value.map(toJsonValue)
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key.startsWith('$') ? `$${key}` : key, toJsonValue(item)]),
  )
}

/** @throws P2PError MALFORMED_DATA where a `$` key holds what it cannot. */
export function fromJsonValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(fromJsonValue)
  const entries = Object.entries(value)
  const [key, content] = entries[0] ?? []
  if (entries.length === 1 && key?.startsWith('$') && !key.startsWith('$$')) {
    try {
      if (key === '$bytes') return fromBase64Url(content)
      if (key === '$bigint' && /^-?\d{1,320}$/.test(content)) return BigInt(content)
      if (key === '$date' && typeof content === 'number') return new Date(content)
      if (key === '$number' && /^(NaN|-?Infinity|-0)$/.test(content)) return Number(content)
    } catch (error) {
      throw new P2PError('MALFORMED_DATA', `"${key}" holds something else.`, { cause: error })
    }
    throw new P2PError('MALFORMED_DATA', 'A key begins with $ and is unknown.')
  }
  return Object.fromEntries(entries.map(([name, item]) => [name.startsWith('$$') ? name.slice(1) : name, fromJsonValue(item)]))
}
