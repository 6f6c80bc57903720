// One walk through the DHT: this tab on the left, the place it looks for on the right, the nodes it asks in between.

import { beforePaint, byId, h, many, rttText, s, setText, shortId } from './dom.js'
import { flower, identicon } from './identicon.js'

/** Nodes drawn and listed. */
const MAX_STEPS = 40
/** The walk is played in this time, slower or faster than it was. */
const PLAY_MS = 1_800
/** What takes no time is still seen. */
const MIN_STEP_MS = 260

export function dhtWalk(wallet) {
  const svg = byId('dht-walk')
  let trace
  let drawn = ''

  const draw = beforePaint(() => {
    const { width, height } = svg.getBoundingClientRect()
    if (trace === undefined || width === 0) return
    // Drawing anew plays it anew: only for another walk or another size.
    const signature = `${trace.at} ${Math.round(width)} ${Math.round(height)}`
    if (signature === drawn) return
    drawn = signature
    svg.setAttribute('viewBox', `0 0 ${width} ${height}`)
    svg.replaceChildren(...picture(trace.steps, wallet, width, height))
  })
  new ResizeObserver(draw).observe(svg)

  return {
    /** Plays a `LookupTrace`. */
    show({ steps, tookMs }) {
      const speed = PLAY_MS / Math.max(1, tookMs)
      const timed = steps.slice(0, MAX_STEPS).map((step, i) => ({
        ...step,
        number: i + 1,
        name: nameOf(step, wallet),
        state: step.error !== undefined ? 'failed' : step.tookMs === undefined ? 'open' : 'answered',
        from: step.startedMs / Math.max(1, tookMs),
        part: (step.tookMs ?? tookMs - step.startedMs) / Math.max(1, tookMs),
        css: {
          '--begin': `${Math.round(step.startedMs * speed)}ms`,
          '--takes': `${Math.max(MIN_STEP_MS, Math.round((step.tookMs ?? 0) * speed))}ms`,
        },
      }))
      trace = { steps: timed, at: performance.now() }
      byId('dht-hint').hidden = timed.length > 0
      setText(byId('dht-hint'), 'Nobody to ask.')
      byId('dht-steps').replaceChildren(...timed.map(rowOf))
      svg.setAttribute('aria-label', describe(timed))
      draw()
    },
  }
}

/** What a node is called where we know it; its short id otherwise. */
function nameOf({ peerId }, wallet) {
  return wallet.coordinator.getPeer(peerId) === undefined ? shortId(peerId) : wallet.nameOfId(peerId)
}

function picture(steps, wallet, width, height) {
  const size = width < 420 ? 11 : 14
  const middle = height / 2
  const me = { x: size * 2 + 8, y: middle }
  const goal = { x: width - size * 2 - 8, y: middle }
  const most = Math.max(0, ...steps.map(({ bits }) => bits))
  const first = me.x + (goal.x - me.x) * 0.28
  const last = goal.x - (goal.x - me.x) * 0.17
  /** The more bits a node shares with the place, the nearer to it. */
  const xOf = (bits) => (most === 0 ? (first + last) / 2 : first + ((last - first) * bits) / most)
  const top = 26
  const bottom = height - 34
  const used = [...new Set(steps.map(({ bits }) => bits))].sort((a, b) => a - b)
  /** Those equally near stand in one column, the first asked on top. */
  const columns = new Map(used.map((bits) => [bits, steps.filter((step) => step.bits === bits)]))
  const yOf = (step) => {
    const column = columns.get(step.bits)
    // Columns are staggered, so that the lines to the far ones pass between the near ones.
    const stagger = steps.length === 1 ? 0 : ((used.indexOf(step.bits) % 3) - 1) * 0.28
    return top + ((bottom - top) * (column.indexOf(step) + 0.5 + stagger)) / column.length
  }
  const fullest = Math.max(1, ...[...columns.values()].map(({ length }) => length))
  const nodeSize = Math.max(7, Math.min(size, (bottom - top) / fullest / 2 - 1))
  const gap = most === 0 ? width : (last - first) / most
  // Labels that would touch each other are left out, those of the nearest last.
  const isLabelled = (bits) => gap * (most - bits) >= 26 * used.filter((other) => other > bits).length
  const lines = used.flatMap((bits) => [
    s('path', { class: 'walk-line', d: `M${xOf(bits)} 10V${height - 26}` }),
    isLabelled(bits) && s('text', { class: 'walk-bits', x: xOf(bits), y: height - 10, text: String(bits) }),
  ])

  return [
    ...lines.filter(Boolean),
    s('text', { class: 'walk-bits start', x: 12, y: height - 10, text: 'bits shared' }),
    ...steps.map((step) => edgeOf(step, me, { x: xOf(step.bits), y: yOf(step) })),
    ...steps.map((step) => nodeOf(step, { x: xOf(step.bits), y: yOf(step) }, nodeSize)),
    s('g', { transform: `translate(${goal.x} ${goal.y})`, class: 'walk-goal' }, ...goalMark(size)),
    s(
      'g',
      { transform: `translate(${me.x} ${me.y})` },
      s('circle', { r: size * 1.5 + 4, class: 'halo' }),
      s('g', { transform: `scale(${(size * 1.5) / 50})` }, flower(wallet.peerId)),
      s('text', { class: 'walk-name', y: size * 1.5 + 19, text: 'Me' }),
    ),
  ]
}

/** A line from here to the node that is asked: the tab asks each itself. */
function edgeOf({ state, css }, from, to) {
  const half = (from.x + to.x) / 2
  const bow = `${round(half)} ${round(from.y)} ${round(half)} ${round(to.y)}`
  return s('path', {
    class: 'walk-edge',
    pathLength: 1,
    css,
    data: { state },
    d: `M${round(from.x)} ${round(from.y)}C${bow} ${round(to.x)} ${round(to.y)}`,
  })
}

function nodeOf({ number, name, state, css, hop, bits }, { x, y }, size) {
  return s(
    'g',
    { transform: `translate(${round(x)} ${round(y)})` },
    s(
      'g',
      { class: 'walk-node', css, data: { state } },
      s('title', { text: `${number}. ${name}, hop ${hop}, ${many(bits, 'bit')} shared` }),
      s('circle', { r: size, data: { hop: Math.min(hop, 3) } }),
      s('text', { y: 4, text: String(number) }),
    ),
  )
}

/** The place that is looked for: no node, a point between them. */
function goalMark(size) {
  const rays = Array.from({ length: 8 }, (_, i) =>
    s('path', { d: `M0 ${-size * 0.55}V${-size * 1.15}`, transform: `rotate(${i * 45})` }),
  )
  return [
    s('circle', { r: size * 1.7, class: 'walk-aura' }),
    s('circle', { r: size * 0.3, class: 'walk-point' }),
    ...rays,
    s('text', { class: 'walk-name', y: size * 1.5 + 19, text: 'Key' }),
  ]
}

function rowOf({ number, peerId, name, state, hop, bits, learned, tookMs, error, from, part, css }) {
  const outcome = error ?? (tookMs === undefined ? 'not needed' : rttText(tookMs))
  const isNamed = name !== shortId(peerId)
  return h(
    'li',
    { class: 'step', css, data: { state } },
    h('span', { class: 'step-number', text: String(number), data: { hop: Math.min(hop, 3) } }),
    identicon(peerId),
    h(
      'span',
      { class: 'step-node' },
      isNamed && h('strong', { text: name, dir: 'auto' }),
      h('code', { text: shortId(peerId), title: peerId }),
    ),
    h(
      'span',
      { class: 'step-facts muted' },
      h('span', { text: `hop ${hop}` }),
      h('span', { text: `${many(bits, 'bit')} shared` }),
      learned > 0 && h('span', { text: `names ${learned} more` }),
    ),
    h('span', { class: 'step-time', 'aria-hidden': 'true' }, h('i', { css: { '--from': from, '--part': part } })),
    // A code breaks between its words.
    h('span', { class: 'step-outcome' }, ...outcome.split(/(?<=_)/).flatMap((word, i) => (i > 0 ? [h('wbr'), word] : [word]))),
  )
}

function describe(steps) {
  if (steps.length === 0) return 'Nobody was asked.'
  const told = steps.map(({ name, bits, error }) => `${name} (${error === undefined ? `${many(bits, 'bit')} shared` : error})`)
  return `This tab asked, one after the other: ${told.join(', ')}.`
}

const round = (number) => Math.round(number * 10) / 10
