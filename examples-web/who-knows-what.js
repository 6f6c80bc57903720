// What each party learns, said of the connections that there are. It draws nothing, and asks nobody.

import { cleanText, many } from './dom.js'

/** The settings, as the card offers them. */
export const SETTINGS = [
  { privacy: 'direct', name: 'Direct', title: 'The best path to each wallet: they learn your network address' },
  { privacy: 'relayed', name: 'Relayed', title: 'Through the relay alone: no wallet learns your network address' },
  { privacy: 'onion', name: 'Onion', title: 'As Relayed, and what the onion sends is hidden from relays too' },
]

/** Names that are listed before the rest is counted. */
const MAX_NAMES = 3

/**
 * @param now.privacy the setting.
 * @param now.relays, now.wallets connected peers.
 * @param now.record what this wallet has published of itself, as the DHT has it; undefined: nothing.
 * @param now.name what it tells in its metadata; undefined: none.
 * @returns `summary`, and `parties`, each with `rows` of { what, state: 'yes' | 'part' | 'no', text }.
 */
export function knowledgeOf(now) {
  return {
    summary: summaryOf(now),
    parties: [
      {
        id: 'relay',
        name: now.relays.length > 1 ? 'Your relays' : 'Your relay',
        who: whoOf(now.relays, now, 'No relay is connected.'),
        rows: relayRows(now),
      },
      {
        id: 'counterparty',
        name: 'The other wallets',
        who: whoOf(now.wallets, now, 'No wallet is connected.'),
        rows: walletRows(now),
      },
      { id: 'watcher', name: 'Who watches your line', who: 'Your provider, or somebody in your Wi-Fi.', rows: watcherRows(now) },
    ],
  }
}

function summaryOf({ privacy, wallets }) {
  const direct = wallets.filter(isDirect).length
  if (wallets.length === 0) return 'Nobody but the relay is connected.'
  if (direct > 0) return `${many(direct, 'wallet')} of ${wallets.length} can see your network address.`
  return privacy === 'direct'
    ? 'No wallet sees your network address yet: direct paths are being looked for.'
    : 'No wallet sees your network address. The relay sees who talks with whom, and when.'
}

function relayRows(now) {
  const { relays, wallets, record, announcements, name } = now
  const isHere = relays.length > 0
  const carried = wallets.filter((peer) => !isDirect(peer))
  return [
    row(
      'Your network address',
      isHere && 'yes',
      isHere ? 'It is at the other end of your connection.' : 'You are not connected.',
    ),
    row('Your peer id', isHere && 'yes', isHere ? 'You have proven it to the relay.' : 'You are not connected.'),
    row(
      'What you tell of yourself',
      isHere && 'yes',
      `${name === undefined ? 'No name' : `The name “${name}”`}, and the protocols that you speak.`,
    ),
    row(
      'Who you talk with',
      carried.length > 0 ? 'yes' : wallets.length > 0 && 'part',
      carried.length > 0
        ? `It carries your circuits with ${namesOf(carried, now)}.`
        : wallets.length > 0
          ? `It has introduced you to ${namesOf(wallets, now)}; what you say no longer passes it.`
          : 'Nobody, at the moment.',
    ),
    row(
      'When, and how much',
      carried.length > 0 && 'yes',
      carried.length > 0 ? timesOf(now) : 'Nothing of yours passes it but what you ask it.',
    ),
    row(
      'What you publish and look up',
      isHere && 'yes',
      `${many(announcements, 'record')} of yours, and each question that you ask${relays.length > 1 ? ' it; questions go to relays by lot' : ''}.`,
    ),
    row('Where others find you', record && 'yes', recordText(record)),
    row('What you say', false, 'It is encrypted from wallet to wallet.'),
  ]
}

function walletRows(now) {
  const { wallets, record, name } = now
  const direct = wallets.filter(isDirect)
  const isHere = wallets.length > 0
  return [
    row(
      'Your network address',
      direct.length > 0 && (direct.length < wallets.length ? 'part' : 'yes'),
      direct.length > 0
        ? `${namesOf(direct, now)}: the path is direct.`
        : now.privacy === 'direct'
          ? 'Not yet: circuits hide it until a direct path is found.'
          : 'Neither by a path, nor in a record, an introduction or a candidate.',
    ),
    row('Your peer id', isHere && 'yes', isHere ? 'You have proven it to each.' : 'Nobody is connected.'),
    row(
      'What you tell of yourself',
      isHere && 'yes',
      `${name === undefined ? 'No name in the metadata' : `The name “${name}”`}; the demo tells its display name too.`,
    ),
    row('Which relay you use', isHere || record ? 'yes' : false, recordText(record)),
    row('What you say', isHere && 'yes', isHere ? 'What you write to them.' : 'Nobody is connected.'),
  ]
}

function watcherRows(now) {
  const { relays, wallets } = now
  const direct = wallets.filter(isDirect)
  const isHere = relays.length + wallets.length > 0
  return [
    row(
      'That you use a relay',
      relays.length > 0 && 'yes',
      relays.length > 0 ? `It sees the address of ${namesOf(relays, now)}.` : 'You are not connected.',
    ),
    row(
      'Who you talk with',
      direct.length > 0 && 'part',
      direct.length > 0
        ? `The network addresses of ${namesOf(direct, now)}, not who they are.`
        : 'All that you send goes to the relay.',
    ),
    row('When, and how much', isHere && 'yes', isHere ? timesOf(now) : 'Nothing is sent.'),
    row('Your peer id', false, 'It is encrypted in the handshake.'),
    row('What you say', false, 'It is encrypted.'),
  ]
}

function timesOf({ privacy }) {
  return privacy === 'direct' ? 'Times, and the length of each frame.' : 'Times; lengths only as a power of two.'
}

function recordText(record) {
  if (record === undefined) return 'No record of yours is published.'
  const { addresses, relays } = record
  const own = addresses.length === 0 ? 'no address of yours' : `${addresses.length} of your addresses`
  return `Your record names ${own} and ${many(relays.length, 'relay')}.`
}

const isDirect = ({ connection }) => connection?.direct === true

function row(what, state, text) {
  return { what, state: state || 'no', text }
}

function whoOf(peers, now, none) {
  return peers.length === 0 ? none : namesOf(peers, now)
}

function namesOf(peers, { nameOf }) {
  const names = peers.slice(0, MAX_NAMES).map((peer) => cleanText(nameOf(peer), 32))
  const more = peers.length - names.length
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '')
}
