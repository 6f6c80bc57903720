// What happened, newest first: filterable, and never longer than it should be.

import { beforePaint, byId, cleanText, h, setText, timeOf } from './dom.js'

const MAX_LINES = 300
const MAX_LINE_LENGTH = 300
const KINDS = ['status', 'peer', 'path', 'message', 'resource', 'error']

export function eventLog(wallet) {
  const list = byId('log')
  const search = byId('log-search')
  const chosen = new Set(KINDS)
  /** Lines on the page, oldest first. */
  const lines = []
  /** Not yet drawn; of a flood, only what stays on the page ever is. */
  let waiting = []
  let dropped = 0

  const draw = beforePaint(() => {
    const fresh = waiting.map(lineOf)
    for (const line of fresh) line.element.hidden = !matches(line)
    lines.push(...fresh)
    list.prepend(...fresh.map(({ element }) => element).reverse())
    waiting = []
    while (lines.length > MAX_LINES) {
      lines.shift().element.remove()
      dropped++
    }
    count()
  })

  wallet.addEventListener('log', ({ detail }) => {
    waiting.push(detail)
    if (waiting.length > MAX_LINES) {
      waiting.shift()
      dropped++
    }
    draw()
  })

  byId('log-kinds').append(
    ...KINDS.map((kind) =>
      h(
        'label',
        { class: 'chip', data: { kind } },
        h('input', {
          type: 'checkbox',
          checked: true,
          on: {
            change: ({ target }) => {
              if (target.checked) chosen.add(kind)
              else chosen.delete(kind)
              filter()
            },
          },
        }),
        h('span', { text: kind }),
      ),
    ),
  )
  search.addEventListener('input', filter)
  byId('log-clear').addEventListener('click', () => {
    lines.length = 0
    dropped = 0
    list.replaceChildren()
    count()
  })

  function matches({ kind, words }) {
    return chosen.has(kind) && words.includes(search.value.trim().toLowerCase())
  }

  function filter() {
    for (const line of lines) line.element.hidden = !matches(line)
    count()
  }

  function count() {
    const shown = lines.filter(({ element }) => !element.hidden).length
    const older = dropped > 0 ? `, ${dropped} older dropped` : ''
    setText(byId('log-count'), `${shown} of ${lines.length} events${older}`)
  }
}

function lineOf({ kind, text, at, code }) {
  const words = cleanText(text, MAX_LINE_LENGTH)
  const element = h(
    'li',
    { class: 'line', data: { kind } },
    h('time', { text: timeOf(at) }),
    h('span', { class: 'kind', text: kind }),
    h('span', { class: 'what', dir: 'auto' }, code !== undefined && h('code', { text: code }), words),
  )
  return { kind, words: `${words} ${code ?? ''}`.toLowerCase(), element }
}
