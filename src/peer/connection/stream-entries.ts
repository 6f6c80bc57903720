import { viewOf } from '../../base/bytes.js'
import { violation } from '../../base/errors.js'

/** Streams of one direction, numbered from 0. */
export const MAX_STREAMS = 128
/** The stream of every protocol that its receiver does not serve. */
export const SHARED_STREAM = 0
/** The last number that a message can have. */
export const MAX_NUMBER = 2 ** 48 - 1

const NUMBER_BYTES = 6
const PLACE_BYTES = 1 + NUMBER_BYTES
const SEQUENCE_BYTES = PLACE_BYTES + NUMBER_BYTES
const REFUSED_BYTES = PLACE_BYTES + 4
const SWITCH_BYTES = 4
/** Characters of a protocol's name, and of a budget's in a refusal. */
const MAX_PROTOCOL = 128
const MAX_BUDGET_NAME = 64

/** A message, by its stream and its number there. */
export interface Place {
  readonly stream: number
  readonly number: number
}

/** The body of an ACK: for each stream the number up to which all has arrived. */
export function encodeAck(places: readonly Place[]): Uint8Array {
  const body = new Uint8Array(places.length * PLACE_BYTES)
  const view = new DataView(body.buffer)
  for (let i = 0; i < places.length; i++) writePlace(view, i * PLACE_BYTES, places[i]!)
  return body
}

/** @throws P2PError PROTOCOL_VIOLATION. */
export function decodeAck(body: Uint8Array): Place[] {
  const count = body.length / PLACE_BYTES
  if (!Number.isInteger(count) || count < 1 || count > MAX_STREAMS) throw malformed()
  const view = viewOf(body)
  const places: Place[] = []
  for (let i = 0; i < count; i++) places.push(readPlace(view, i * PLACE_BYTES))
  return places
}

export interface Sequence extends Place {
  /** Numbers of the stream that its sender has given up, in all: also those above `number`. */
  readonly givenUp: number
  /** Empty for messages without a protocol, and in the shared stream. */
  readonly protocol: string
}

/** The body of a SEQUENCE: which message of the stream follows. */
export function encodeSequence(sequence: Sequence): Uint8Array {
  return encodeEntry(sequence, SEQUENCE_BYTES, sequence.protocol, (view) => writeNumber(view, PLACE_BYTES, sequence.givenUp))
}

/** @throws P2PError PROTOCOL_VIOLATION. */
export function decodeSequence(body: Uint8Array): Sequence {
  if (body.length < SEQUENCE_BYTES) throw malformed()
  const view = viewOf(body)
  const place = readPlace(view, 0)
  const givenUp = readNumber(view, PLACE_BYTES)
  const protocol = decodeText(body.subarray(SEQUENCE_BYTES), MAX_PROTOCOL)
  if (place.number === 0 || (place.stream === SHARED_STREAM && protocol !== '')) throw malformed()
  return { ...place, givenUp, protocol }
}

export interface Refused extends Place {
  /** Milliseconds to wait. */
  readonly waitMs: number
  /** The name of the budget that is used up. */
  readonly budget: string
}

/** The body of a REFUSED: from which message on nothing of the stream was taken. */
export function encodeRefused(refused: Refused): Uint8Array {
  const name = refused.budget.slice(0, MAX_BUDGET_NAME)
  return encodeEntry(refused, REFUSED_BYTES, name, (view) => view.setUint32(PLACE_BYTES, refused.waitMs))
}

/** @throws P2PError PROTOCOL_VIOLATION. */
export function decodeRefused(body: Uint8Array): Refused {
  if (body.length < REFUSED_BYTES) throw malformed()
  const view = viewOf(body)
  const budget = decodeText(body.subarray(REFUSED_BYTES), MAX_BUDGET_NAME)
  // It is shown to people.
  return { ...readPlace(view, 0), waitMs: view.getUint32(PLACE_BYTES), budget: budget.replace(/[^\w ./*-]/g, '?') }
}

/** The body of a SWITCH: how often both ends have changed the path. */
export function encodeSwitch(changes: number): Uint8Array {
  const body = new Uint8Array(SWITCH_BYTES)
  new DataView(body.buffer).setUint32(0, changes)
  return body
}

/** @throws P2PError PROTOCOL_VIOLATION. */
export function decodeSwitch(body: Uint8Array): number {
  if (body.length !== SWITCH_BYTES) throw malformed()
  return viewOf(body).getUint32(0)
}

/** A place, what `write` puts behind it, and from `at` on a text. */
function encodeEntry(place: Place, at: number, text: string, write: (view: DataView) => void): Uint8Array {
  const encoded = new TextEncoder().encode(text)
  const body = new Uint8Array(at + encoded.length)
  const view = new DataView(body.buffer)
  writePlace(view, 0, place)
  write(view)
  body.set(encoded, at)
  return body
}

function decodeText(bytes: Uint8Array, maxCharacters: number): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    if (text.length <= maxCharacters) return text
  } catch {
    // Not UTF-8.
  }
  throw malformed()
}

function writePlace(view: DataView, at: number, { stream, number }: Place): void {
  view.setUint8(at, stream)
  writeNumber(view, at + 1, number)
}

function readPlace(view: DataView, at: number): Place {
  const stream = view.getUint8(at)
  if (stream >= MAX_STREAMS) throw malformed()
  return { stream, number: readNumber(view, at + 1) }
}

function writeNumber(view: DataView, at: number, number: number): void {
  view.setUint16(at, Math.floor(number / 2 ** 32))
  view.setUint32(at + 2, number % 2 ** 32)
}

function readNumber(view: DataView, at: number): number {
  return view.getUint16(at) * 2 ** 32 + view.getUint32(at + 2)
}

function malformed() {
  return violation('sent a malformed entry')
}
