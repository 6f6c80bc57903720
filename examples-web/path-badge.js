// Which path serves a peer: the transport's name, and for a moment the one before it.

import { h, setText } from './dom.js'

/** As long as the animation of path.css. */
const CHANGE_MS = 2_600

/** What each transport is, for tooltips and the picture's legend. */
export const PATHS = {
  websocket: 'WebSocket',
  webrtc: 'WebRTC, from browser to browser',
  circuit: 'Circuit, encrypted through the relay',
  http: 'HTTP requests',
  'broadcast-channel': 'Tabs of one browser, without a network',
  memory: 'In memory',
}

/** A badge with `show(path, title)`; a path other than the last one comes in beside it, and takes its place. */
export function pathBadge() {
  const was = h('span', { class: 'path-was', 'aria-hidden': 'true' })
  const now = h('span', { class: 'path-now' })
  const element = h('span', { class: 'badge path' }, was, now)
  let shown
  let timer

  function show(path, title = PATHS[path]) {
    element.title = title ?? ''
    if (path === shown) return
    clearTimeout(timer)
    setText(now, path)
    element.dataset.path = path
    if (shown !== undefined) {
      setText(was, `${shown} → `)
      element.classList.remove('changed')
      // Read, so that an animation under way begins anew.
      element.getBoundingClientRect()
      element.classList.add('changed')
      timer = setTimeout(() => {
        element.classList.remove('changed')
        setText(was, '')
      }, CHANGE_MS)
    }
    shown = path
  }

  return { element, show }
}
