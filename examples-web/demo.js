// The page: makes a wallet and hands it to each part.

import { conversation } from './conversation.js'
import { dhtCard } from './dht-card.js'
import { byId, h, setText } from './dom.js'
import { eventLog } from './event-log.js'
import { foldCards } from './fold.js'
import { identityCard } from './identity-card.js'
import { networkPicture, showHint } from './network-picture.js'
import { onionPath } from './onion-path.js'
import { pathOptions } from './path-options.js'
import { peerList } from './peer-list.js'
import { privacyCard } from './privacy-card.js'
import { resources } from './resources.js'
import { room } from './room.js'
import { statusBar } from './status-bar.js'
import { chosenName, claimWallet, keepName } from './tab-identity.js'
import { trade } from './trade.js'
import { Wallet } from './wallet.js'

const MAX_NOTICES = 3
const NOTICE_MS = 9_000

async function main() {
  const sdk = window.LotusP2P
  if (sdk === undefined) throw new Error('The SDK did not load. Run npm run build, then reload.')

  const paths = pathOptions(await relayAddresses())
  const tab = await claimWallet()
  const identity = await sdk.storedIdentity({ name: `demo-${tab}` }).catch((error) => {
    // Private windows may have no IndexedDB: then this wallet lasts as long as the page.
    notify(error, 'Keeping the identity')
    return sdk.generateIdentity()
  })
  const wallet = new Wallet({ sdk, identity, paths: paths.config, relays: paths.relays, name: chosenName(tab) })

  const onError = (error, doing) => {
    wallet.report(error, doing)
    notify(error, doing)
  }
  eventLog(wallet)
  foldCards()
  const chat = conversation(wallet, { onError })
  const sales = trade(wallet, { onError })
  const offers = resources(wallet, { onError, onAccept: sales.accept })
  room(wallet, { onError })
  const parts = [
    chat,
    statusBar(wallet, { onError }),
    identityCard(wallet, {
      onRename: (name) => {
        keepName(tab, name)
        wallet.rename(name)
        setTitle(wallet)
      },
    }),
    peerList(wallet, { onMessage: chat.choose, onError }),
    networkPicture(wallet, { onChoose: chat.choose }),
    dhtCard(wallet, { onError }),
    privacyCard(wallet, { onError }),
    onionPath(wallet, { onError }),
    { update: () => showHint(wallet) },
  ]
  const update = () => {
    for (const part of parts) part.update()
  }
  wallet.addEventListener('change', update)
  setInterval(() => {
    update()
    offers.tick()
  }, 1_000)

  // Leaves at once instead of when the relay notices; a page that comes back from the cache begins anew.
  addEventListener('pagehide', () => void wallet.stop())
  addEventListener('pageshow', ({ persisted }) => persisted && location.reload())
  // Another tab, or sleep: look who is there now.
  document.addEventListener('visibilitychange', () => document.hidden || wallet.search())

  setText(byId('relay-address'), paths.config.bootstrap[0])
  byId('path-options').replaceChildren(...paths.words.map((text) => h('span', { class: 'badge', text })))
  setTitle(wallet)
  update()
  wallet.log('status', `I am ${wallet.peerId}`)
  document.documentElement.dataset.ready = 'true'
  offers.start()
  await wallet.start()
}

/** The first one is the wallet's relay; the others are for the onion. `?relay=wss://…` chooses another relay than the demo's own. */
async function relayAddresses() {
  const chosen = new URLSearchParams(location.search).getAll('relay')
  if (chosen.length > 0) return chosen
  const response = await fetch('/config.json')
  if (!response.ok) throw new Error('The demo server did not tell where its relay is.')
  return (await response.json()).relays
}

function setTitle(wallet) {
  document.title = `${wallet.name} · lotus-p2p demo`
}

/** A failure, with its code and its sentence, for as long as it takes to read. */
function notify(error, doing) {
  const notices = byId('notices')
  const notice = h(
    'div',
    { class: 'notice' },
    h('div', { class: 'notice-head' }, h('strong', { text: `${doing} failed` }), h('code', { text: error.code ?? error.name })),
    h('p', { text: error.message, dir: 'auto' }),
    h('button', { type: 'button', text: '×', 'aria-label': 'Dismiss', on: { click: () => notice.remove() } }),
  )
  notices.append(notice)
  while (notices.children.length > MAX_NOTICES) notices.firstElementChild.remove()
  setTimeout(() => notice.remove(), NOTICE_MS)
}

main().catch((error) => {
  console.error(error)
  notify(error, 'Starting')
})
