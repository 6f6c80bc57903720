import { compareBytes } from '../../../src/base/bytes.js'
import { encodeFrames, FrameReader, HTTP_BODY_BYTES } from '../../../src/plugins/http/http-frames.js'
import { Choices, check, type FuzzTarget } from '../target.js'

type Event = Uint8Array | string

/** A body of HTTP frames means the same however the network cuts it, and its frames, written again, are the same bytes. */
export const fuzz: FuzzTarget['fuzz'] = (bytes) => {
  const choices = new Choices(bytes)
  const step = 1 + choices.byte()
  const body = choices.bytes(HTTP_BODY_BYTES)
  const whole = read(body, body.length + 1)
  const cut = read(body, step)
  check(whole.isWhole === cut.isWhole, 'where a body is cut decides whether it is whole')
  check(same(whole.events, cut.events), 'a body means something else when it is cut')
  check(
    whole.events.every((event) => typeof event === 'string' || (event.length > 0 && event.buffer.byteLength === event.length)),
    'a frame holds more memory than its own',
  )
  const frames = whole.events.filter((event) => typeof event !== 'string')
  check(same(read(encodeFrames(frames), 3).events, frames), 'frames change when they are written again')
  if (whole.isWhole && frames.length === whole.events.length) {
    check(compareBytes(encodeFrames(frames), body) === 0, 'a body has two spellings')
  }
}

function read(body: Uint8Array, step: number) {
  const events: Event[] = []
  const reader = new FrameReader(
    (frame) => events.push(frame),
    (control) => events.push(control),
  )
  for (let at = 0; at < body.length; at += step) reader.read(body.subarray(at, at + step))
  return { events, isWhole: reader.whole }
}

function same(a: readonly Event[], b: readonly Event[]): boolean {
  return (
    a.length === b.length &&
    a.every((event, i) => {
      const other = b[i]!
      return typeof event === 'string' || typeof other === 'string' ? event === other : compareBytes(event, other) === 0
    })
  )
}

export const seeds: FuzzTarget['seeds'] = () => [
  Uint8Array.from([0, ...encodeFrames([Uint8Array.of(1), new Uint8Array(300), Uint8Array.of(2, 3)], Uint8Array.of(0, 0, 1))]),
  Uint8Array.of(1, 0, 0, 0, 0, 1, 7, 0, 0, 9),
  Uint8Array.of(9, 255, 255, 1, 2),
]
