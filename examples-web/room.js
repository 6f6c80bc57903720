// A room: whoever subscribes to its topic reads along, connected to us or not.

import { MAX_TEXT } from './chat-protocol.js'
import { beforePaint, byId, cleanText, h, setText, timeOf } from './dom.js'
import { hueOf } from './identicon.js'

const TOPIC = 'lotus-demo/room'
/** Messages kept on the page. */
const MAX_LINES = 100
/** Messages of before our time that we ask for. */
const HISTORY = 20

/** @param options.onError called with a failure and what was being done. */
export function room(wallet, { onError }) {
  const { coordinator } = wallet
  const list = byId('room-lines')
  const input = byId('room-text')

  let waiting = []
  const draw = beforePaint(() => {
    list.append(...waiting.map(lineOf))
    waiting = []
    while (list.children.length > MAX_LINES) list.firstElementChild.remove()
    byId('room-empty').hidden = list.children.length > 0
    list.scrollTop = list.scrollHeight
  })
  function add(line) {
    waiting.push(line)
    if (waiting.length > MAX_LINES) waiting.shift()
    draw()
  }

  coordinator.subscribe(
    TOPIC,
    ({ payload, publisherId, publishedAt }) => {
      const text = cleanText(payload?.text, MAX_TEXT)
      if (text === '') return
      add({ peerId: publisherId, name: wallet.nameOfId(publisherId), text, at: publishedAt })
      wallet.traffic(publisherId, 'in')
    },
    { history: HISTORY },
  )

  byId('room-form').addEventListener('submit', async (event) => {
    event.preventDefault()
    const text = cleanText(input.value, MAX_TEXT)
    if (text === '') return input.focus()
    input.value = ''
    try {
      const { subscribers } = await coordinator.publish(TOPIC, { text })
      add({ peerId: wallet.peerId, name: 'You', text, at: Date.now() })
      // A relay with listeners behind it counts as one.
      setText(byId('room-count'), subscribers > 0 ? 'others are listening' : 'nobody is listening')
    } catch (error) {
      input.value = text
      onError(error, 'Speaking in the room')
    }
  })
}

function lineOf({ peerId, name, text, at }) {
  return h(
    'li',
    { class: 'room-line', css: { '--hue': hueOf(peerId) } },
    h('span', { class: 'room-author', text: name, dir: 'auto' }),
    h('span', { class: 'room-what', text, dir: 'auto' }),
    h('time', { text: timeOf(at ?? Date.now()) }),
  )
}
