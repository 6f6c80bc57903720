import { P2PError } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import { isWellFormed } from '../../base/text.js'

/** The key of a resource: `resource:<type>:<id>`, with `%`, `:` and `*` inside them written as percent and two hex digits. */
export function resourceKey(type: string, id: string, limits: Limits): string {
  const key = `${resourcePrefix(type, limits)}${escapePart('id', id)}`
  if (key.length > limits.maxKeyLength) {
    throw invalidResource(`type and id have more than ${limits.maxKeyLength} characters`)
  }
  return key
}

/** What the keys of all resources of a type begin with. */
export function resourcePrefix(type: string, limits: Limits): string {
  const part = escapePart('type', type)
  if (part.length > limits.maxNameLength) throw invalidResource(`type has more than ${limits.maxNameLength} characters`)
  return `resource:${part}:`
}

/** The type in a resource key, or undefined where it is not the key of a resource. */
export function resourceTypeOf(key: string): string | undefined {
  const part = /^resource:([^:]+):/.exec(key)?.[1]
  return part === undefined ? undefined : unescaped(part)
}

/** The id in a resource key, or undefined where it is not one as we write them. */
export function resourceIdOf(key: string, prefix: string): string | undefined {
  const part = key.slice(prefix.length)
  const id = unescaped(part)
  return key.startsWith(prefix) && id !== '' && escaped(id) === part ? id : undefined
}

export function invalidResource(why: string): P2PError {
  return new P2PError('INVALID_RESOURCE', `The resource is invalid: ${why}.`)
}

function escapePart(what: 'type' | 'id', part: unknown): string {
  if (typeof part !== 'string' || part === '') throw invalidResource(`${what} must be a text of at least one character`)
  if (!isWellFormed(part)) throw invalidResource(`${what} must be well-formed Unicode`)
  return escaped(part)
}

function unescaped(part: string): string {
  return part.replace(/%(25|3A|2A)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function escaped(part: string): string {
  return part.replace(/[%:*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}
