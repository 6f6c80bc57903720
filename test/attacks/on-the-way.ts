import type { Connection, FrameSink, Transport } from '../../src/transport/transport.js'

/** What somebody on the way does to a connection; what is left out goes through as it is. */
export interface Forgery {
  /** What becomes of a frame to the dialler, by its place from 0 on. */
  toDialler?(frame: Uint8Array, index: number): Uint8Array[]
  /** What becomes of a frame of the dialler. */
  toResponder?(frame: Uint8Array, index: number): Uint8Array[]
  /** The transport ends with this error in place of the first frame to the dialler. */
  breaks?: () => Error
}

/**
 * A transport with somebody on the way, who may change everything that is in the clear.
 *
 * @param forgery for the next dial; undefined: nothing is changed.
 * @param opened is given what cuts the connection.
 */
export function onTheWay(inner: Transport, forgery: () => Forgery | undefined, opened: (cut: () => void) => void): Transport {
  return {
    ...inner,
    canDial: (address) => inner.canDial(address),
    dial: async (address, options) => {
      const way = forgery() ?? {}
      const [first = new Uint8Array(0), ...more] = way.toResponder?.(options.firstFrame, 0) ?? [options.firstFrame]
      const connection = await inner.dial(address, { ...options, firstFrame: first })
      opened(() => connection.close())
      for (const frame of more) connection.send(frame)
      return altered(connection, way)
    },
  }
}

function altered(connection: Connection, { toDialler, toResponder, breaks }: Forgery): Connection {
  let incoming = 0
  let outgoing = 1
  const sinkOf = (sink: FrameSink): FrameSink => ({
    onFrame: (frame) => {
      if (breaks !== undefined) {
        sink.onClose(breaks())
        connection.close()
        return
      }
      for (const forged of toDialler?.(frame, incoming++) ?? [frame]) sink.onFrame(forged)
    },
    onClose: (error) => sink.onClose(error),
    onDrain: () => sink.onDrain(),
  })
  return Object.create(connection, {
    attach: { value: (sink: FrameSink) => connection.attach(sinkOf(sink)) },
    send: {
      value: (frame: Uint8Array) => {
        for (const forged of toResponder?.(frame, outgoing++) ?? [frame]) connection.send(forged)
      },
    },
  })
}
