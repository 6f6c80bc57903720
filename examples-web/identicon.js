// A flower and a colour for each peer id: the same id looks the same in every tab.

import { s } from './dom.js'

/** 32-bit numbers from a text (FNV-1a, then MurmurHash3's finaliser of a counter): for looks, not for security. */
function numbersOf(text) {
  let state = 0x811c9dc5
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193)
  return () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    return (mixed ^ (mixed >>> 16)) >>> 0
  }
}

/** Degrees on the colour wheel, without the olive tones of 75 to 125. */
const hueFrom = (number) => (125 + (number % 310)) % 360

export function hueOf(peerId) {
  return hueFrom(numbersOf(peerId)())
}

/** A lotus of five to nine petals in the peer's colours; its size comes from CSS. */
export function identicon(peerId) {
  return s('svg', { viewBox: '-50 -50 100 100', class: 'identicon', 'aria-hidden': 'true', focusable: 'false' }, flower(peerId))
}

/** The same as a group, for the network picture. Radius 50. */
export function flower(peerId) {
  const next = numbersOf(peerId)
  const hue = hueFrom(next())
  const other = hueFrom(next())
  const petals = 5 + (next() % 5)
  const width = 11 + (next() % 7)
  const inner = 3 + (next() % 4)
  const turn = next() % 360
  const petal = (length, half) =>
    `M0 0C${half} ${-length * 0.35} ${half} ${-length * 0.75} 0 ${-length}C${-half} ${-length * 0.75} ${-half} ${-length * 0.35} 0 0z`
  const ring = (count, length, half, offset, name) =>
    Array.from({ length: count }, (_, i) =>
      s('path', { d: petal(length, half), class: name, transform: `rotate(${turn + offset + (i * 360) / count})` }),
    )
  return s(
    'g',
    { class: 'flower', css: { '--hue': hue, '--hue2': other } },
    s('circle', { r: 50, class: 'pond' }),
    ...ring(petals, 42, width, 0, 'petal'),
    ...ring(petals, 27, width * 0.7, 180 / petals, 'petal inner'),
    s('circle', { r: inner + 4, class: 'heart' }),
  )
}

const QUALITIES = [
  'Quiet',
  'Amber',
  'Swift',
  'Clear',
  'Brave',
  'Silver',
  'Early',
  'Gentle',
  'Bright',
  'Calm',
  'Wild',
  'Lucky',
  'Merry',
  'Velvet',
  'Northern',
  'Hidden',
]
const CREATURES = [
  'Heron',
  'Otter',
  'Carp',
  'Finch',
  'Newt',
  'Crane',
  'Beaver',
  'Swan',
  'Toad',
  'Egret',
  'Dragonfly',
  'Teal',
  'Kingfisher',
  'Vole',
  'Bittern',
  'Koi',
]

/** A name to start with. */
export function defaultName(peerId) {
  const next = numbersOf(`name ${peerId}`)
  return `${QUALITIES[next() % QUALITIES.length]} ${CREATURES[next() % CREATURES.length]}`
}
