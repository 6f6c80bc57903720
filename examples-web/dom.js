// Building the page. Text from peers only ever becomes a text node here; nothing parses HTML.

const SVG = 'http://www.w3.org/2000/svg'

/**
 * A new element: `text`, `on` (listeners), `data` (data-* attributes) and `css` (custom properties) are set as such,
 * everything else as attributes; false, null and undefined are left out.
 */
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children)
}

/** The same for SVG. */
export function s(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children)
}

function fill(element, { text, on = {}, data = {}, css = {}, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value === true ? '' : String(value))
  }
  for (const [event, listener] of Object.entries(on)) element.addEventListener(event, listener)
  Object.assign(element.dataset, data)
  for (const [name, value] of Object.entries(css)) element.style.setProperty(name, value)
  if (text !== undefined) element.textContent = text
  element.append(...children.filter((child) => child !== undefined && child !== null && child !== false))
  return element
}

export const byId = (id) => document.getElementById(id)

/** Sets text only where it differs, so that screen readers and selections are left alone. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text
}

/**
 * Text of a stranger, fit to be shown: a string, of bounded length, without control, direction and invisible characters
 * that could reorder or forge what stands around it. Line feeds stay where `lines` is set.
 */
export function cleanText(value, maxLength, { lines = false } = {}) {
  if (typeof value !== 'string') return ''
  const cut = value
    .slice(0, maxLength * 2)
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) => (lines && character === '\n' ? '\n' : ''))
  const characters = Array.from(cut)
  return (characters.length > maxLength ? `${characters.slice(0, maxLength).join('')}…` : cut).trim()
}

/** `lp1qxyzrt…7k2m`: enough of a peer id to tell two apart. */
export function shortId(peerId) {
  return peerId.length > 18 ? `${peerId.slice(0, 9)}…${peerId.slice(-4)}` : peerId
}

export const timeOf = (ms) =>
  new Date(ms).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })

/** `850 ms`, `12 s`, `4 min`, `2 h`. */
export function duration(ms) {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 90_000) return `${Math.round(ms / 1_000)} s`
  return ms < 5_400_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`
}

/** `1 node`, `2 nodes`. */
export const many = (count, word) => `${count} ${word}${count === 1 ? '' : 's'}`

/** Round-trip time: one decimal below 10 ms. */
export const rttText = (ms) => (ms === undefined ? '—' : ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`)

/** 0 (unknown) to 4 bars, and the word for it. */
export function qualityOf(rttMs) {
  if (rttMs === undefined) return { bars: 0, word: 'measuring' }
  if (rttMs < 60) return { bars: 4, word: 'excellent' }
  if (rttMs < 150) return { bars: 3, word: 'good' }
  return rttMs < 400 ? { bars: 2, word: 'fair' } : { bars: 1, word: 'poor' }
}

/** Signal bars. */
export function qualityBars(rttMs) {
  const { bars, word } = qualityOf(rttMs)
  return h(
    'span',
    { class: 'bars', role: 'img', 'aria-label': `quality: ${word}`, title: `quality: ${word}`, data: { bars } },
    ...[1, 2, 3, 4].map((bar) => h('i', { class: bar <= bars ? 'on' : undefined })),
  )
}

/** Asks the browser for one call before the next paint, however often it is wanted; also in hidden tabs, where frames pause. */
export function beforePaint(draw) {
  let wanted = false
  const run = () => {
    if (!wanted) return
    wanted = false
    draw()
  }
  return () => {
    if (wanted) return
    wanted = true
    if (document.hidden) setTimeout(run, 200)
    else requestAnimationFrame(run)
  }
}
