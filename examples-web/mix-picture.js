// A round as a picture: coins on the left, equal outputs on the right, and the time that the phase has left between them.
import { byId, h, many, s, setText, shortId } from './dom.js'
import { defaultName, identicon } from './identicon.js'

const STEPS = {
  preparing: 'Preparing',
  waiting: 'Waiting for wallets',
  registering: 'Showing coins',
  mixing: 'Adding up outputs',
  signing: 'Signing',
  blaming: 'Finding who disturbed',
  broadcasting: 'Sending',
  mixed: 'Mixed',
  failed: 'Not mixed',
}

/** What a member did that is left out. */
export const FAULTS = {
  missed: 'did not answer',
  unsigned: 'did not sign',
  unrevealed: 'did not open its part',
  offence: 'said what no honest wallet says',
  equivocation: 'told two different things',
  out: 'has a coin that is not taken',
}

const TICK_MS = 250

/** @param own ids of this tab: each round has its own. */
export function picture(own) {
  let progress
  /** All that were in the first attempt, with whom the picture began. */
  let first = []
  let count = 0
  let outcome
  /** Places of my outputs, once they are known. */
  let mine

  const nameOf = (peerId) => (own.has(peerId) ? 'This wallet' : defaultName(peerId))
  const words = ({ step, attempt, peers, of }) => {
    if (step === 'waiting') return `${peers} of ${many(of, 'wallet')} are here`
    return attempt > 1 ? `${STEPS[step]}, attempt ${attempt}` : STEPS[step]
  }

  setInterval(countDown, TICK_MS)
  function countDown() {
    const left = outcome === undefined && progress?.deadlineAt !== undefined ? progress.deadlineAt - Date.now() : 0
    const words = progress?.step === 'waiting' ? 'next round in' : 'at most'
    setText(byId('countdown'), left > 0 ? `${words} ${Math.ceil(left / 1_000)} s` : '')
  }

  function draw() {
    const { step, peers, of, missing, members, named } = progress
    setText(byId('step'), STEPS[outcome ?? step])
    byId('round').dataset.step = outcome ?? step
    const isRound = members.length > 0
    setText(byId('acted'), outcome !== undefined ? '' : isRound ? `${peers} of ${of} have acted` : words(progress))
    const places = isRound ? first : Array.from({ length: Math.max(of, peers) }, () => undefined)
    byId('inputs').replaceChildren(...places.map((id, i) => (isRound ? memberRow(id, missing, members, named) : seat(i < peers))))
    const outputs = count || members.length || places.length
    byId('outputs').replaceChildren(...Array.from({ length: outputs }, (_, i) => outputRow(i)))
    drawLinks(places, outputs)
    countDown()
  }

  function memberRow(id, missing, members, named) {
    const fault = named.find(({ peerId }) => peerId === id)?.fault
    const isIn = members.includes(id)
    const state = fault
      ? FAULTS[fault]
      : !isIn
        ? 'went on with others'
        : missing.includes(id) && outcome === undefined
          ? '…'
          : '✓'
    return h(
      'li',
      { data: { member: id, state: fault ? 'out' : isIn ? 'in' : 'gone', fault: fault ?? '' }, title: id },
      identicon(id),
      h('span', { class: 'who' }, h('b', { text: nameOf(id) }), h('small', { text: shortId(id) })),
      h('span', { class: 'state', text: state }),
    )
  }

  const seat = (isTaken) =>
    h(
      'li',
      { data: { state: isTaken ? 'in' : 'free' } },
      h('span', { class: 'who', text: isTaken ? 'a wallet waits' : 'a free place' }),
    )

  function outputRow(i) {
    const isMine = mine === i
    return h(
      'li',
      { data: { mine: isMine } },
      h('span', { class: 'coin', text: '1 XPI' }),
      h('span', { text: isMine ? 'mine' : '?' }),
    )
  }

  function drawLinks(places, outputs) {
    const y = (i, of) => (100 * (i + 0.5)) / of
    const isIn = (id, i) => (id === undefined ? i < progress.peers : progress.members.includes(id))
    byId('links').replaceChildren(
      ...places.map(
        (id, i) =>
          isIn(id, i) && s('path', { class: 'known', d: `M36 ${y(i, places.length)}C44 ${y(i, places.length)} 44 50 50 50` }),
      ),
      ...Array.from({ length: outputs }, (_, i) =>
        s('path', { class: 'unknown', d: `M50 50C58 50 58 ${y(i, outputs)} 66 ${y(i, outputs)}` }),
      ),
    )
  }

  return {
    nameOf,
    words,
    begin() {
      Object.assign(byId('round'), { hidden: false })
      progress = { step: 'preparing', attempt: 0, peers: 0, of: 0, missing: [], members: [], named: [] }
      first = []
      count = 0
      outcome = undefined
      mine = undefined
      draw()
    },
    /** All see the same here, and none can change it any more. */
    agreed({ outputs }) {
      count = outputs
      return true
    },
    show(next) {
      // In a rerun only those are left that go on; a round that forms anew begins a new picture.
      if (next.attempt === 1 && next.step === 'registering') first = next.members
      if (next.attempt > 1) count = next.members.length
      progress = next
      draw()
    },
    /** @param at place of my output among them. */
    mixed(outputs, at) {
      outcome = 'mixed'
      count = outputs
      mine = at
      draw()
    },
    failed() {
      outcome = 'failed'
      draw()
    },
  }
}
