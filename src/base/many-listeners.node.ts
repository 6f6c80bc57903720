import { setMaxListeners } from 'node:events'

/** Lets a signal have any number of listeners: Node takes more than ten for a leak, and each of many calls under one signal has one. */
export const manyListeners: ((signal: AbortSignal) => void) | undefined = (signal) => {
  // That of another realm, as of jsdom, is no EventTarget of Node, which warns of none of its listeners.
  if (signal instanceof EventTarget) setMaxListeners(0, signal)
}
