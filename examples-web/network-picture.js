// The network as this wallet sees it: relays in the middle, me below, wallets around. A dot runs along an edge when something passes.

import { beforePaint, byId, h, s, setText } from './dom.js'
import { flower } from './identicon.js'
import { PATHS } from './path-badge.js'

/** Nodes drawn; the others are one node that counts them. */
const MAX_WALLETS = 14
const MAX_RELAYS = 3
/** Dots under way at once. */
const MAX_PULSES = 24
const PULSE_MS = 750
/** Between a direct link and a relay. */
const MARGIN = 16

export function networkPicture(wallet, { onChoose }) {
  const svg = byId('picture')
  const edges = s('g')
  const pulses = s('g')
  const nodes = s('g')
  svg.append(edges, pulses, nodes)
  /** By peer id: the edge that traffic with this peer runs along, from me. */
  const edgeOf = new Map()
  const running = new Set()
  /** By peer id: the path drawn last, so that a new one is seen to come. */
  let paths = new Map()
  let drawn = ''

  const update = beforePaint(() => {
    const { width, height } = svg.getBoundingClientRect()
    if (width === 0) return
    const scene = sceneOf(wallet, width, height)
    // Round-trip times change all the time and are not in the picture; drawing anew would cut off the dots under way.
    const signature = JSON.stringify(scene)
    if (signature === drawn) return
    drawn = signature
    draw(scene)
  })
  new ResizeObserver(update).observe(svg)

  wallet.addEventListener('traffic', ({ detail }) => pulse(detail.peerId, detail.direction))

  function draw(scene) {
    svg.setAttribute('viewBox', `0 0 ${scene.width} ${scene.height}`)
    edgeOf.clear()
    edges.replaceChildren(
      ...scene.edges.map(({ peerId, d, path, kind }) => {
        const edge = s('path', { d, class: 'edge', data: { path } })
        edgeOf.set(peerId, edge)
        const isDirect = kind === 'wallet' && path !== 'circuit'
        const isNew = paths.get(peerId) !== path
        return s(
          'g',
          { class: isNew ? 'link new' : 'link', data: { link: isDirect ? 'direct' : 'relay' } },
          isDirect && s('path', { d, class: 'edge-glow', data: { path } }),
          edge,
        )
      }),
    )
    paths = new Map(scene.edges.map(({ peerId, path }) => [peerId, path]))
    nodes.replaceChildren(...scene.nodes.map((node) => nodeOf(node, onChoose)))
    svg.setAttribute('aria-label', describe(scene))
    byId('legend').replaceChildren(
      ...[...new Set(scene.edges.map(({ path }) => path))].map((path) =>
        h(
          'li',
          {},
          s('svg', { viewBox: '0 0 30 8', 'aria-hidden': 'true' }, s('path', { d: 'M1 4H29', class: 'edge', data: { path } })),
          PATHS[path] ?? path,
        ),
      ),
    )
    byId('legend').hidden = scene.edges.length === 0
  }

  function pulse(peerId, direction) {
    if (document.hidden || running.size >= MAX_PULSES) return
    // The edge may be drawn only with the next frame.
    requestAnimationFrame(() => {
      const edge = edgeOf.get(peerId)
      if (edge === undefined || running.size >= MAX_PULSES) return
      if (matchMedia('(prefers-reduced-motion: reduce)').matches) {
        edge.classList.add('lit')
        setTimeout(() => edge.classList.remove('lit'), PULSE_MS)
        return
      }
      const dot = s('circle', { r: 5, class: 'pulse', data: { path: edge.dataset.path } })
      pulses.append(dot)
      running.add({ dot, edge, length: edge.getTotalLength(), back: direction === 'in', began: performance.now() })
      // The loop runs as long as there are dots.
      if (running.size === 1) requestAnimationFrame(step)
    })
  }

  function step(now) {
    for (const run of running) {
      const part = (now - run.began) / PULSE_MS
      if (part >= 1 || !run.edge.isConnected) {
        run.dot.remove()
        running.delete(run)
        continue
      }
      const eased = Math.max(0, part) ** 2 * (3 - 2 * Math.max(0, part))
      const { x, y } = run.edge.getPointAtLength(run.length * (run.back ? 1 - eased : eased))
      run.dot.setAttribute('transform', `translate(${x} ${y})`)
    }
    if (running.size > 0) requestAnimationFrame(step)
  }

  return { update }
}

/** What is to be seen, and where. */
function sceneOf(wallet, width, height) {
  const small = width < 480
  const size = small ? 19 : 24
  const centre = { x: width / 2, y: height * 0.54 }
  const me = { kind: 'me', peerId: wallet.peerId, name: 'Me', x: width / 2, y: height - size - 30, size: size * 1.15 }
  const relayPeers = wallet.relays().slice(0, MAX_RELAYS)
  const relays = relayPeers.map((peer, i) => ({
    kind: 'relay',
    peerId: peer.peerId,
    name: wallet.nameOf(peer),
    x: centre.x + (i - (relayPeers.length - 1) / 2) * Math.min(150, width * 0.26),
    y: centre.y,
    size: size * 0.95,
    path: peer.connection?.transport ?? 'websocket',
    beside: relayPeers.length === 1,
    // Below is where the edges come from.
    above: relayPeers.length > 1,
  }))

  const all = wallet.wallets().sort((a, b) => a.peerId.localeCompare(b.peerId))
  const shown = all.length > MAX_WALLETS ? all.slice(0, MAX_WALLETS - 1) : all
  const slots = shown.length + (all.length > shown.length ? 1 : 0)
  const radius = { x: width / 2 - size - (small ? 26 : 54), y: centre.y - size - 14 }
  const place = (i) => {
    // An arc over the relay, from the left to the right; wider, the more there are.
    const span = Math.min(Math.PI * 1.04, 0.75 * (slots - 1))
    const angle = -Math.PI / 2 + (slots === 1 ? 0 : (i / (slots - 1) - 0.5) * span)
    return { x: centre.x + Math.cos(angle) * radius.x, y: centre.y + Math.sin(angle) * radius.y }
  }
  const peers = shown.map((peer, i) => {
    const path = peer.connection?.transport ?? 'websocket'
    const via = path === 'circuit' ? wallet.relayOf(peer)?.peerId : undefined
    return { kind: 'wallet', peerId: peer.peerId, name: wallet.nameOf(peer), ...place(i), size, path, via }
  })
  const rest =
    all.length > shown.length ? [{ kind: 'rest', name: `${all.length - shown.length} more`, ...place(slots - 1), size }] : []

  const withLabels = slots <= (small ? 4 : 9)
  const edges = [...relays, ...peers].map((node) => {
    const relay = relays.find(({ peerId }) => peerId === node.via)
    const d = node.kind === 'relay' ? line(me, node) : relay === undefined ? around(me, node, relays) : through(me, relay, node)
    return { peerId: node.peerId, path: node.path, kind: node.kind, d }
  })
  return {
    width,
    height,
    edges,
    nodes: [...relays, ...peers, ...rest, me].map((node) => ({ ...node, label: node.kind !== 'wallet' || withLabels })),
  }
}

const point = ({ x, y }) => `${round(x)} ${round(y)}`
const round = (number) => Math.round(number * 10) / 10

function line(from, to) {
  return `M${point(from)}L${point(to)}`
}

/** A bow past the relays, and past the name on the right of a single one: nothing of a direct link goes through them. */
function around(from, to, relays) {
  const side = to.x <= from.x ? -1 : 1
  const height = relays[0]?.y ?? (from.y + to.y) / 2
  const size = relays[0]?.size ?? 0
  const far = Math.max(
    0,
    ...relays.map(({ x, beside, name }) => (x - from.x) * side + (beside && side > 0 ? labelWidth(name) : 0)),
  )
  const clear = relays.length === 0 ? 0 : far + size + MARGIN
  // Where the bow passes the relays it is as far out as they need; the bow's own corner lies beyond.
  const outs = [-size, 0, size].map((above) => {
    const t = timeAt(from.y, height, to.y, height + above)
    return (clear - t ** 2 * (to.x - from.x) * side) / (2 * t * (1 - t))
  })
  const out = Math.max(Math.abs(to.x - from.x) * 1.15, ...outs)
  return `M${point(from)}Q${point({ x: from.x + side * out, y: height })} ${point(to)}`
}

/** Where on a quadratic curve through these heights a height is reached, from 0 to 1. */
function timeAt(begin, corner, end, height) {
  let [low, high] = [0.05, 0.95]
  for (let i = 0; i < 20; i++) {
    const t = (low + high) / 2
    const y = (1 - t) ** 2 * begin + 2 * t * (1 - t) * corner + t ** 2 * end
    if (y > height) low = t
    else high = t
  }
  return low
}

const labelWidth = (name) => 9 + Math.min(20, name.length) * 7.2

/** By way of the relay, beside the relay's own edge. */
function through(from, relay, to) {
  const side = to.x < relay.x ? -1 : 1
  const gap = 9 * side
  const beside = { x: relay.x + gap, y: relay.y }
  return `M${point(from)}C${point({ x: from.x + gap * 1.6, y: from.y - 20 })} ${point({ x: beside.x, y: relay.y + 30 })} ${point(beside)}S${point(
    {
      x: (beside.x + to.x * 2) / 3,
      y: (relay.y + to.y * 2) / 3,
    },
  )} ${point(to)}`
}

function nodeOf({ kind, peerId, name, x, y, size, label, beside, above }, onChoose) {
  const picture =
    kind === 'rest'
      ? s('circle', { r: size * 0.8, class: 'rest' })
      : kind === 'relay'
        ? relayMark(size)
        : s('g', { transform: `scale(${size / 50})` }, flower(peerId))
  const group = s(
    'g',
    { class: 'node', transform: `translate(${round(x)} ${round(y)})`, data: { kind } },
    s('title', { text: name }),
    kind === 'me' && s('circle', { r: size + 5, class: 'halo' }),
    picture,
    label &&
      s('text', {
        ...(beside ? { x: size + 9, y: 4, class: 'beside' } : { y: above ? -size - 9 : size + 18 }),
        text: name.length > 20 ? `${name.slice(0, 19)}…` : name,
      }),
  )
  // The mouse's short cut; the keyboard has the same in the list of peers.
  if (kind === 'wallet') group.addEventListener('click', () => onChoose(peerId))
  return group
}

function relayMark(size) {
  const corner = (i) => `${round(Math.sin((i * Math.PI) / 3) * size)} ${round(-Math.cos((i * Math.PI) / 3) * size)}`
  return s(
    'g',
    { class: 'relay-mark' },
    s('path', { d: `M${[0, 1, 2, 3, 4, 5].map(corner).join('L')}z` }),
    s('path', { class: 'waves', d: 'M-9 -5a11 11 0 0 1 18 0M-5 -1a6 6 0 0 1 10 0M0 3V10' }),
  )
}

/** The picture in words. */
function describe({ nodes, edges }) {
  const named = (kind) => nodes.filter((node) => node.kind === kind)
  const relays = named('relay').map(({ name }) => name)
  const wallets = named('wallet').map(({ name, path }) => `${name} by ${path}`)
  if (edges.length === 0) return 'My wallet, not connected to anyone.'
  return `My wallet, connected to ${relays.length === 0 ? 'no relay' : relays.join(', ')} and ${wallets.length} wallets${wallets.length > 0 ? `: ${wallets.join(', ')}` : ''}.`
}

/** The words for an empty network. */
export function showHint(wallet) {
  const words = wallet.isAsleep ? 'Asleep: nobody is connected, and what others write to you waits.' : HINTS[wallet.status]
  byId('hint').hidden = wallet.wallets().length > 0
  setText(byId('hint'), words ?? '')
}

const HINTS = {
  offline: 'Not connected. The page keeps trying.',
  connecting: 'Looking for the relay…',
  online: 'Open this page in another tab or browser: it appears here by itself.',
}
