// Who knows what of this wallet at this moment: the relay, the other wallets, and somebody who watches its line. All of it is
// read from the coordinator: its connections and their paths, the record that it has published, and what it counts.

import { byId, h, many, setText } from './dom.js'
import { knowledgeOf, SETTINGS } from './who-knows-what.js'

const WORDS = { yes: 'knows', part: 'in part', no: 'does not' }
/** The published record is read again after so long, milliseconds: it is here, and no relay is asked. */
const RECORD_MS = 2_000

/** @param options.onError called with a failure and what was being done. */
export function privacyCard(wallet, { onError }) {
  const { coordinator } = wallet
  const settings = byId('privacy-settings')
  let record
  let shown = ''

  const buttons = SETTINGS.map(({ privacy, name, title }) => {
    const choose = async () => {
      try {
        await wallet.choosePrivacy(privacy)
      } catch (error) {
        onError(error, 'Changing the setting')
      }
      update()
    }
    return h('button', { type: 'button', class: 'toggle', text: name, title, data: { privacy }, on: { click: choose } })
  })
  settings.append(...buttons)

  async function readRecord() {
    // A wallet that is on its way out has none.
    record = await coordinator.dht.get(`peer:${wallet.peerId}`, { publisherId: wallet.peerId }).catch(() => undefined)
    update()
  }
  setInterval(() => document.hidden || void readRecord(), RECORD_MS)

  function update() {
    const { privacy } = wallet
    const state = knowledgeOf({
      privacy,
      relays: wallet.relays(),
      wallets: wallet.wallets(),
      nameOf: (peer) => wallet.nameOf(peer),
      name: wallet.toldName,
      record: record?.value,
      announcements: coordinator.dht.getStats().announcements,
    })
    const signature = JSON.stringify([privacy, state])
    if (signature === shown) return
    shown = signature
    for (const button of buttons) button.setAttribute('aria-pressed', String(button.dataset.privacy === privacy))
    setText(byId('privacy-now'), privacy)
    byId('privacy-now').dataset.privacy = privacy
    setText(byId('privacy-summary'), state.summary)
    byId('privacy-parties').replaceChildren(...state.parties.map(partyOf))
  }

  return { update }
}

function partyOf({ id, name, who, rows }) {
  const known = rows.filter(({ state }) => state !== 'no').length
  const title = `privacy-${id}`
  return h(
    'section',
    { class: 'party', 'aria-labelledby': title, data: { party: id } },
    h(
      'div',
      { class: 'party-head' },
      h('h3', { id: title, text: name }),
      h('span', { class: 'muted', text: `${known} of ${many(rows.length, 'thing')}` }),
    ),
    h('p', { class: 'muted', text: who, dir: 'auto' }),
    h('dl', { class: 'known' }, ...rows.map(rowOf)),
  )
}

function rowOf({ what, state, text }) {
  return h(
    'div',
    { class: 'known-row', data: { state, what } },
    h('dt', {}, h('span', { class: 'mark', text: WORDS[state] }), h('span', { text: what })),
    h('dd', { text, dir: 'auto' }),
  )
}
