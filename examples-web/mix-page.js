// The page that mixes: one made-up coin of this tab with those of other tabs.
import { byId, h, setText } from './dom.js'
import { CHEATS, cheater } from './mix-cheat.js'
import { FAULTS, picture } from './mix-picture.js'
import { chainAt, DENOMINATION, hex, LIMITS, openPurse } from './mix-wallet.js'

const MAX_LINES = 100
const CHANGE_SATS = 250_000n
/** With which the pools come, by output type: those of 1 XPI. */
const POOLS = [2, 3]

const sdk = window.LotusP2P
const { CoinJoin, decodeTransaction, encodePeerId } = sdk
/** Ids that this tab has had in rounds: each round has its own. */
const own = new Set()
const round = picture(own)
let leave

for (const [value, text] of Object.entries(CHEATS)) byId('cheat').append(h('option', { value, text: `cheats: ${text}` }))
const asked = new URLSearchParams(location.search)
/** `?epoch=5000`: rounds form as often, with all other wallets that have the same. */
const limits = asked.has('epoch') ? { ...LIMITS, epochMs: Number(asked.get('epoch')) } : LIMITS
for (const name of ['least', 'best', 'type', 'cheat']) if (asked.has(name)) byId(name).value = asked.get(name)
byId('change').checked = asked.has('change')

// The demo server tells where its relay is. On your own page this is just ['wss://relay.example'].
const { relay } = await (await fetch('/config.json')).json()
// The relays of the demo are on this machine.
const network = { bootstrap: [relay], allowPrivate: true }
const chain = chainAt(location.href)

const browser = new CoinJoin({ network, wallet: {}, limits: LIMITS })
browser.watchPools((pools) => {
  setText(byId('status'), 'online')
  const { waiting } = pools[POOLS[Number(byId('type').value)]]
  setText(byId('waiting'), waiting === 1 ? '1 wallet waits' : `${waiting} wallets wait`)
})

byId('mix-form').addEventListener('submit', (event) => {
  event.preventDefault()
  mix()
})
byId('cancel').addEventListener('click', () => leave?.abort())

async function mix() {
  const outputType = Number(byId('type').value)
  const cheat = byId('cheat').value
  const minPeers = Number(byId('least').value)
  leave = new AbortController()
  busy(true)
  byId('result').hidden = true
  round.begin(outputType)
  let said
  let mixer
  try {
    const purse = await openPurse(sdk, chain, { outputType, change: byId('change').checked ? CHANGE_SATS : 0n })
    const self = { name: 'self', attach: ({ identity }) => void own.add(encodePeerId(identity.publicKey)) ?? {} }
    const plugins = () => [self, cheater(sdk, cheat, outputType)]
    mixer = new CoinJoin({ network: { ...network, plugins }, wallet: purse.wallet, limits })
    const result = await mixer.mix(purse.plan, {
      minPeers,
      preferPeers: Math.max(minPeers, Number(byId('best').value)),
      signal: leave.signal,
      // A wallet would show this to its user, who has 20 s.
      confirm: (summary) => round.agreed(summary),
      onProgress(progress) {
        round.show(progress)
        for (const { peerId, fault } of progress.named.slice(said?.named.length ?? 0))
          say(`${round.nameOf(peerId)} was left out: it ${FAULTS[fault]}`)
        if (said?.step !== progress.step || said.attempt !== progress.attempt) say(round.words(progress))
        said = progress
      },
    })
    await done(result)
  } catch (error) {
    const { reason = error.code, coinLocked } = error.details ?? {}
    round.failed()
    say(
      `${reason ?? 'Failed'}: ${error.message}${coinLocked ? ' The coin is locked until the chain has shown what became of it.' : ''}`,
    )
  } finally {
    busy(false)
    // It stays for a while, for members that still lack something of this round.
    if (mixer !== undefined) setTimeout(() => mixer.close(), 5_000)
  }
}

async function done({ txid, outputs, change, anonymitySet, transaction }) {
  const { script } = await chain.lookup(outputs[0])
  const all = transaction === undefined ? [] : decodeTransaction(transaction).outputs
  const equal = all.filter(({ sats }) => sats === DENOMINATION).map((output) => hex(output.script))
  round.mixed(anonymitySet, equal.indexOf(hex(script)))
  setText(byId('txid'), txid)
  setText(byId('mine'), hex(script))
  setText(byId('set'), `at most ${anonymitySet} equal outputs, if all other wallets are honest strangers`)
  setText(byId('change-left'), change === undefined ? 'none' : 'is not mixed: its amount ties it to the coin')
  byId('result').hidden = false
  say(`Mixed: ${txid}`)
}

function busy(is) {
  byId('mix').disabled = is
  byId('cancel').hidden = !is
  for (const name of ['least', 'best', 'type', 'change', 'cheat']) byId(name).disabled = is
}

function say(text) {
  byId('log').append(h('li', { text }))
  if (byId('log').children.length > MAX_LINES) byId('log').firstElementChild.remove()
}
