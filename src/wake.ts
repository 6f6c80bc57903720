import type { Unsubscribe } from './events.js'

/** Calls back when a browser's network returns or its tab is shown again; does nothing elsewhere. */
export function onWake(callback: () => void): Unsubscribe {
  const page = globalThis as {
    addEventListener?: EventTarget['addEventListener']
    removeEventListener?: EventTarget['removeEventListener']
  }
  const document = (globalThis as { document?: Document }).document
  const shown = () => {
    if (document?.visibilityState === 'visible') callback()
  }
  page.addEventListener?.('online', callback)
  page.addEventListener?.('pageshow', callback)
  document?.addEventListener('visibilitychange', shown)
  return () => {
    page.removeEventListener?.('online', callback)
    page.removeEventListener?.('pageshow', callback)
    document?.removeEventListener('visibilitychange', shown)
  }
}
