import { isBytes } from '../base/bytes.js'
import { P2PError } from '../base/errors.js'
import { setOwn } from '../base/own.js'
import type { P2PMessage } from './message.js'

/** Why a value has not a shape: at which member, by its path with dots; empty for the value itself. */
export class Fault {
  constructor(readonly at = '') {}
}

/** Gives back a value of this shape, without the members that the shape does not name; or says where it has another. */
export type Shape<T> = (value: unknown) => T | Fault
/** The type of the values of a shape. */
export type Shaped<S> = S extends Shape<infer T> ? T : never

type Members = Record<string, Shape<unknown>>
type OptionalKeys<M extends Members> = { [K in keyof M]: undefined extends Shaped<M[K]> ? K : never }[keyof M]
type ObjectOf<M extends Members> = { [K in Exclude<keyof M, OptionalKeys<M>>]: Shaped<M[K]> } & {
  [K in OptionalKeys<M>]?: Shaped<M[K]> | undefined
}

/**
 * The value, or undefined where it has another shape.
 *
 * @example
 * const ping = object({ id: text(1, 64), at: optional(int(0)) })
 * shaped(ping, { id: 'x', more: 1 }) // { id: 'x' }
 * shaped(ping, { id: '' }) // undefined
 */
export function shaped<T>(shape: Shape<T>, value: unknown): T | undefined {
  const found = shape(value)
  return found instanceof Fault ? undefined : found
}

/**
 * The value, where it has the shape.
 *
 * @param what of a message it is, for the error.
 * @throws P2PError MALFORMED_DATA.
 */
export function parsed<T>(shape: Shape<T>, value: unknown, what: string): T {
  const found = shaped(shape, value)
  if (found === undefined) throw malformed(what)
  return found
}

/** For what no peer sends that speaks the protocol of docs/wire-protocol.md. */
export function malformed(what: string, cause?: unknown): P2PError {
  return new P2PError('MALFORMED_DATA', `${what} is malformed.`, { cause })
}

/** For a message type that this version does not know: the same answer in every protocol. */
export function unknownType({ protocol, type }: P2PMessage): P2PError {
  return new P2PError('INVALID_MESSAGE', `${protocol} has no messages of type ${type.slice(0, 32)}.`)
}

/** Checks the payload of a message that says all by its type. @throws P2PError MALFORMED_DATA. */
export function checkEmpty({ payload }: P2PMessage): void {
  if (payload !== null) throw malformed('A payload that has to be nil')
}

/** Whatever `is` says yes to. */
export function custom<T>(is: (value: unknown) => boolean): Shape<T> {
  return (value) => (is(value) ? (value as T) : new Fault())
}

/** Anything that is there. */
export function present(value: unknown): unknown {
  return value === undefined ? new Fault() : value
}

/** @param min, max characters. */
export function text(min = 0, max = Number.POSITIVE_INFINITY, pattern?: RegExp): Shape<string> {
  return custom(
    (value) =>
      typeof value === 'string' && value.length >= min && value.length <= max && (pattern === undefined || pattern.test(value)),
  )
}

/** Any number but NaN. */
export function number(min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY): Shape<number> {
  return custom((value) => typeof value === 'number' && value >= min && value <= max)
}

/** A whole number. */
export function int(min?: number, max?: number): Shape<number> {
  return where(number(min, max), Number.isInteger)
}

/** @param length of any length where absent. */
export function bytes(length?: number): Shape<Uint8Array> {
  return custom((value) => isBytes(value, length))
}

/** One of these values. */
export function oneOf<const T extends readonly unknown[]>(...values: T): Shape<T[number]> {
  return custom((value) => values.includes(value))
}

export function boolean(): Shape<boolean> {
  return oneOf(true, false)
}

export function bigint(): Shape<bigint> {
  return custom((value) => typeof value === 'bigint')
}

/** A member that may be absent. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value) => (value === undefined ? value : shape(value))
}

/** The first of the shapes that the value has. */
export function union<S extends Shape<unknown>[]>(...shapes: S): Shape<Shaped<S[number]>> {
  return (value) => {
    for (const shape of shapes) {
      const found = shape(value)
      if (!(found instanceof Fault)) return found as Shaped<S[number]>
    }
    return new Fault()
  }
}

/** A value of the shape of which `holds` is true too. */
export function where<T>(shape: Shape<T>, holds: (value: T) => boolean): Shape<T> {
  return (value) => {
    const found = shape(value)
    return found instanceof Fault || holds(found) ? found : new Fault()
  }
}

/** An object of these members; others are left out. */
export function object<M extends Members>(members: M): Shape<ObjectOf<M>> {
  return (value) => collected(value, Object.keys(members), (key) => members[key]!) as ObjectOf<M> | Fault
}

/** An object of these members and no others. */
export function exactly<M extends Members>(members: M): Shape<ObjectOf<M>> {
  const shape = object(members)
  return (value) => {
    const other = isObject(value) && Object.keys(value).find((key) => !Object.hasOwn(members, key))
    return typeof other === 'string' ? new Fault(other) : shape(value)
  }
}

/**
 * An object whose members all have one shape.
 *
 * @param maxKey characters of a key.
 */
export function record<T>(
  item: Shape<T>,
  maxMembers = Number.POSITIVE_INFINITY,
  maxKey = Number.POSITIVE_INFINITY,
): Shape<Record<string, T>> {
  return (value) => {
    // As a member's name it would change what the copy inherits.
    const keys = isObject(value) ? Object.keys(value).filter((key) => key !== '__proto__') : []
    if (keys.length > maxMembers) return new Fault()
    return collected(value, keys, (key) => (key.length > maxKey ? () => new Fault() : item)) as Record<string, T> | Fault
  }
}

/** @param max, min items. */
export function array<T>(item: Shape<T>, max = Number.POSITIVE_INFINITY, min = 0): Shape<T[]> {
  return (value) =>
    Array.isArray(value) && value.length >= min && value.length <= max
      ? (listed(value, value.length, () => item) as T[] | Fault)
      : new Fault()
}

/** An array of exactly these items; the last ones may be optional. */
export function tuple<S extends Shape<unknown>[]>(...items: S): Shape<{ [I in keyof S]: Shaped<S[I]> }> {
  return (value) =>
    Array.isArray(value) && value.length <= items.length
      ? (listed(value, items.length, (i) => items[i]!) as { [I in keyof S]: Shaped<S[I]> } | Fault)
      : new Fault()
}

function collected(value: unknown, keys: string[], shapeOf: (key: string) => Shape<unknown>): object | Fault {
  if (!isObject(value)) return new Fault()
  const copy: Record<string, unknown> = {}
  for (const key of keys) {
    const found = shapeOf(key)(value[key])
    if (found instanceof Fault) return within(key, found)
    if (found !== undefined) setOwn(copy, key, found)
  }
  return copy
}

function listed(items: unknown[], length: number, shapeOf: (index: number) => Shape<unknown>): unknown[] | Fault {
  const copy: unknown[] = []
  for (let i = 0; i < length; i++) {
    const found = shapeOf(i)(items[i])
    if (found instanceof Fault) return within(i, found)
    if (i < items.length) copy.push(found)
  }
  return copy
}

function within(key: string | number, { at }: Fault): Fault {
  return new Fault(at === '' ? `${key}` : `${key}.${at}`)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]'
}
