import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { fieldsOfOthers } from './fields-of-others.js'

const root = fileURLToPath(new URL('../../', import.meta.url))

const LYING_RELAY = 'test/attacks/lying-relay.test.ts'

/**
 * Each such field of all messages, and each tuple and list in them: what a liar gains by it, and the test that shows it.
 * Of a tuple, what its items are.
 */
const FIELDS: Record<string, [gain: string, shown: string, items?: string]> = {
  'backplane/errors.ts shape': [
    'nothing: a process of this relay is trusted with its peers',
    'test/backplane/circuits.test.ts',
    'code message details',
  ],
  'backplane/node-list.ts peers': ['a count, shown to the operator', 'test/backplane/circuits.test.ts'],
  'node/backplane/shared-blame.ts shape': [
    'a ban: a process of this relay is trusted with its peers',
    'test/backplane/shared.test.ts',
    'publicKey offences floods',
  ],
  'node/backplane/shared-caps.ts shape': [
    'refusals of an address, while it says so: a process of this relay is trusted with its peers',
    'test/node/shared-caps.test.ts',
    'address open pending tried',
  ],
  'plugins/circuit/server/half-circuits.ts answerShape': [
    'the end of its own circuit',
    'test/backplane/circuits.test.ts',
    'process number window frameBytes',
  ],
  'plugins/circuit/server/half-circuits.ts from': [
    'a circuit of the relay: the handshake inside proves who calls',
    'test/backplane/circuits.test.ts',
  ],
  'plugins/circuit/server/introductions-elsewhere.ts peerId': ['a question', 'test/backplane/circuits.test.ts'],
  'plugins/circuit/server/introductions-elsewhere.ts peers': [
    'what this relay introduces, which nobody trusts',
    'test/backplane/circuits.test.ts',
  ],
  'plugins/circuit/server/peers-elsewhere.ts metadata': [
    'what this relay introduces, which nobody trusts',
    'test/backplane/shared.test.ts',
  ],
  'plugins/circuit/server/peers-elsewhere.ts peerId': [
    'what this relay introduces, which nobody trusts',
    'test/backplane/shared.test.ts',
  ],
  'plugins/circuit/server/peers-elsewhere.ts protocols': [
    'what this relay introduces, which nobody trusts',
    'test/backplane/shared.test.ts',
  ],
  'plugins/circuit/server/peers-elsewhere.ts publicKey': [
    'what this relay introduces, which nobody trusts',
    'test/backplane/shared.test.ts',
  ],
  'plugins/circuit/server/process-links.ts [code, limit]': [
    'the end of its own circuits',
    'test/backplane/circuits.test.ts',
    'code limit',
  ],
  'plugins/dht/node/plugin.ts depositShape': [
    'a withdrawal that is not published: the record ends by itself',
    'test/backplane/shared.test.ts',
    'publisher key',
  ],
  'node/exit-actions.ts letterShape': [
    'a letter for a peer that may refuse it',
    'test/onion/exit.test.ts',
    'peerId letter waitMs',
  ],
  'node/exit-actions.ts oneShape': ['nothing: it is checked as from a peer', 'test/onion/exit.test.ts', 'payload'],
  'node/exit-actions.ts questionShape': ['nothing: it is checked as from a peer', 'test/onion/exit.test.ts', 'question payload'],
  'node/exit-actions.ts records': ['nothing: it is our own answer', 'test/onion/exit.test.ts'],
  'node/exit-streams.ts openShape': [
    'nothing: it is checked as from a peer',
    'test/onion/streams.test.ts',
    'target stream frame',
  ],
  'onion/mail-courier.ts answerShape': ['nothing: it is checked as from a mailbox', 'test/onion/mail.test.ts', 'type payload'],
  'onion/directory.ts askedShape': ['nothing: the store is our own', 'test/onion/directory.test.ts', 'askedAt'],
  'onion/directory.ts hopShape': [
    'nothing: the store is our own',
    'test/onion/directory.test.ts',
    'publicKey record firstSeenAt toldAt tellers history',
  ],
  'onion/guards.ts guardShape': [
    'nothing: the store is our own',
    'test/onion/guards.test.ts',
    'publicKey address seed place sampledAt expiresAt seenAt',
  ],
  'onion/middles.ts setShape': ['nothing: the store is our own', 'test/onion/paths.test.ts', 'hops'],
  'onion/middles.ts setShape #2': ['nothing: the store is our own', 'test/onion/paths.test.ts', 'peerId until'],
  'onion/stream-messages.ts backShape': [
    'its own stream alone: cells are known by its reply blocks',
    'test/onion/streams.test.ts',
    'number ack credit end bytes',
  ],
  'onion/stream-messages.ts forwardShape': [
    'its own stream alone: nobody else knows the id',
    'test/onion/streams.test.ts',
    'stream number ack end bytes',
  ],
  'onion/exit-messages.ts answerShape': [
    'nothing: who has a reply block alone can answer by it',
    'test/onion/surb.test.ts',
    'messageId index total status part',
  ],
  'onion/exit-messages.ts requestShape': [
    'nothing: a message is known by an id that nobody else has, and work is for the message',
    'test/onion/exit.test.ts',
    'action part surbs messageId index total nonce',
  ],
  'onion/exit-messages.ts wanted': ['its own answer again', 'test/onion/exit.test.ts'],
  'onion/messages.ts anonymousShape': ['nothing: a letter is sealed to its reader', 'test/onion/exit.test.ts', 'token letter'],
  'onion/messages.ts bits': ['its own callers alone', 'test/onion/hop.test.ts'],
  'onion/messages.ts deliveredShape': ['nothing: a reply opens by its own keys', 'test/onion/surb.test.ts', 'surbId delta'],
  'onion/messages.ts errorShape': ['nothing: errors have a MAC of their hop', 'test/onion/errors.test.ts', 'id error'],
  'onion/messages.ts exit': ['its own callers alone', 'test/onion/hop.test.ts'],
  'onion/messages.ts family': [
    'hops that are on no path beside it: it can leave others out beside itself alone',
    'test/onion/paths.test.ts',
  ],
  'onion/messages.ts keys': ['packets that it can read: the record is signed', 'test/onion/hop.test.ts', 'epoch key'],
  'onion/messages.ts tagsShape': ['nothing: nobody else knows the tag', 'test/onion/hop.test.ts'],
  'channel/description.ts name': ['a name that nobody has pinned, for its own key', 'test/peer/names-at-relays.test.ts'],
  'channel/description.ts types': [
    'its own budgets alone: they hold back what goes to it',
    'test/defence/pacing.test.ts',
    'rate',
  ],
  'channel/description.ts protocols': ['no role: nothing is asked for it', 'test/attacks/claimed-roles.test.ts'],
  'channel/description.ts addresses': ['nothing before a handshake there has proven its key', 'test/dht/address-proofs.test.ts'],
  'channel/description.ts metadata': ['what the application reads of itself', 'test/channel/description.test.ts'],
  'channel/description.ts budgets': [
    'its own budgets alone: they hold back what goes to it',
    'test/defence/pacing.test.ts',
    'rate types',
  ],
  'channel/hello.ts publicKey': ['nothing: its certificate is of that key', 'test/channel/handshake.test.ts'],
  'channel/hello.ts session': ['its own session alone: sessions are kept by key', 'test/peer/sessions.test.ts'],
  'channel/hello.ts salt': ['work of our choice, at most of so many bits', 'test/defence/proof-of-work.test.ts'],
  'channel/hello.ts versions': ['nothing: both ends have hashed the offer', 'test/channel/handshake.test.ts'],
  'channel/hello.ts suites': ['as versions', 'test/channel/handshake.test.ts'],
  'channel/hello.ts certificate': [
    'nothing: it is signed, for the key of this channel',
    'test/channel/handshake.test.ts',
    'from until signature',
  ],
  'channel/hello.ts proof': ['nothing: it is for this key and this relay', 'test/defence/proof-of-work.test.ts', 'day nonce'],
  'coinjoin/coin-bans.ts [until, times]': ['nothing: the store is our own', 'test/coinjoin/round-hostile.test.ts', 'until times'],
  'coinjoin/coin-bans.ts row': ['nothing: the store is our own', 'test/coinjoin/round-hostile.test.ts', 'until times'],
  'coinjoin/entry.ts shape': [
    'nothing: the work is for the key that publishes it',
    'test/coinjoin/roster.test.ts',
    'version hour nonce',
  ],
  'coinjoin/items.ts keys': [
    'nothing: it stands under its own signature',
    'test/coinjoin/transaction.test.ts',
    'key commitment rejected',
  ],
  'coinjoin/items.ts keys #2': [
    'its own place in the round: what most others do not reject costs the liar alone',
    'test/coinjoin/round-hostile.test.ts',
    'place reason',
  ],
  'coinjoin/items.ts end': [
    'nothing: signatures verify for its own inputs',
    'test/coinjoin/round-hostile.test.ts',
    'kind signatures',
  ],
  'coinjoin/items.ts end #2': ['nothing: likewise', 'test/coinjoin/round-hostile.test.ts', 'input signature'],
  'coinjoin/items.ts end #3': [
    'nothing: it opens what it has committed to',
    'test/coinjoin/transaction.test.ts',
    'kind seed messages',
  ],
  'coinjoin/plan.ts publicKey': ['nothing: the coins are our own', 'test/coinjoin/plan.test.ts'],
  'coinjoin/registration.ts shape': [
    'nothing: the sums are those of the pool',
    'test/coinjoin/transaction.test.ts',
    'coins outputs change',
  ],
  'coinjoin/registration.ts shape #2': [
    'nothing: the proof verifies for the coin, the roster and the member',
    'test/coinjoin/transaction.test.ts',
    'txid index sats kind key proof',
  ],
  'coinjoin/registration.ts shape #3': ['its own money', 'test/coinjoin/transaction.test.ts', 'sats script'],
  'coinjoin/roster.ts propose': [
    'a proposal without those that others have seen is refused',
    'test/coinjoin/roster.test.ts',
    'version pool epoch block members',
  ],
  'coinjoin/roster.ts answer': ['its own part alone', 'test/coinjoin/roster.test.ts', 'yes members fresh signature'],
  'coinjoin/roster.ts answer #2': ['its own part alone', 'test/coinjoin/roster.test.ts', 'no reason'],
  'coinjoin/roster.ts roster': [
    'nothing: each member has signed that it joins',
    'test/coinjoin/roster.test.ts',
    'version proposal members',
  ],
  'coinjoin/roster.ts roster #2': ['nothing: likewise', 'test/coinjoin/roster.test.ts', 'key members fresh signature'],
  'mail/plugin.ts relays': ['nothing: the application names them', 'test/mail/options.test.ts'],
  'mail/messages.ts batchShape': [
    'nothing: senders check that the identity of the recipient has signed it',
    'test/mail/mail-server.test.ts',
    'version generation made keys',
  ],
  'mail/messages.ts batchShape #2': ['as batchShape', 'test/mail/mail-server.test.ts', 'id key'],
  'mail/server/requests.ts cursors': ['nothing: they name letters of its own box alone', 'test/mail/mail-server.test.ts'],
  'mail/messages.ts letters': ['nothing: who wrote a letter is signed inside', 'test/mail/mail-server.test.ts'],
  'mail/server/requests.ts peerId': ['a card, which its publisher has signed', 'test/mail/mail-server.test.ts'],
  'mail/messages.ts placed': ['as letters', 'test/mail/mail-server.test.ts', 'cursor letter'],
  'mail/messages.ts record': ['nothing: its publisher has signed it', 'test/mail/mail-server.test.ts'],
  'mail/server/kept-card.ts boxes': [
    'nothing: it is signed, and kept for the box alone that it names',
    'test/mail/cards.test.ts',
    'relay address box',
  ],
  'mail/card.ts boxes': ['its own mail alone: the card is signed by its owner', 'test/mail/attacks.test.ts', 'relay address box'],
  'mail/card.ts prekey': ['its own mail alone', 'test/mail/attacks.test.ts', 'id key madeAt'],
  'mail/card.ts recovery': ['its own mail alone', 'test/mail/attacks.test.ts', 'id key'],
  'mail/letter.ts plainShape': [
    'nothing: its sender has signed it for this recipient',
    'test/mail/letter.test.ts',
    'version sender n body sentAt signature extras',
  ],
  'mail/letter.ts wireRecordShape': [
    'nothing: the card has to be of the letter’s sender',
    'test/mail/attacks.test.ts',
    'key payload signature',
  ],
  'mail/peer-messages.ts directShape': ['the order of its own messages', 'test/mail/attacks.test.ts', 'n body'],
  'mail/peer-messages.ts idsShape': ['that its own messages to it are taken for delivered', 'test/mail/attacks.test.ts'],
  'mail/peer-messages.ts hadShape': ['the same', 'test/mail/attacks.test.ts'],
  'mail/peer-messages.ts record': ['nothing: the card has to be of the peer that brings it', 'test/mail/attacks.test.ts'],
  'message/p2p-protocol.ts wire[]': [
    'nothing: its sender is the peer at the other end, and a signed one for us or for all',
    'test/message/p2p-protocol.test.ts',
    'layout type from to payload timestamp id protocol request signature',
  ],
  'musig2/announcements.ts proof': ['nothing: it is for this peer, record and day', 'test/musig2/discovery.test.ts'],
  'musig2/announcements.ts purposes': ['nothing: the offer is signed by its publisher', 'test/musig2/discovery.test.ts'],
  'musig2/request.ts merkleShape': ['nothing: what is spent is hashed with it', 'test/musig2/request.test.ts', 'root height'],
  'musig2/request.ts proofShape': ['as merkleShape', 'test/musig2/request.test.ts', 'version inputs branch locktime'],
  'musig2/request.ts spentShape': [
    'a lie makes the signature of this input worthless',
    'test/musig2/request.test.ts',
    'sats script',
  ],
  'musig2/request.ts spentShape #2': [
    'nothing: the proof hashes to the transaction whose output is spent',
    'test/musig2/request.test.ts',
    'sats script proof',
  ],
  'musig2/request.ts keysetShape': [
    'nothing: each member finds its own key in it, and proves it',
    'test/musig2/blame.test.ts',
    'aggregation keys taproot',
  ],
  'musig2/request.ts membersShape': [
    'a member that does not prove its key is in no session',
    'test/musig2/blame.test.ts',
    'peer key',
  ],
  'musig2/request.ts requestShape': [
    'a request of contacts alone, shown as what its bytes do',
    'test/musig2/requests.test.ts',
    'version head keysets transaction spent sign commitments',
  ],
  'musig2/request.ts requestShape #2': ['what is signed, shown as such', 'test/musig2/request.test.ts', 'input type keyset'],
  'coinjoin/ownership-request.ts shape': [
    'a request of contacts alone: a proof of the coin and round that are shown, which spends nothing',
    'test/coinjoin/coin-proofs.test.ts',
    'kind head keyset roster member coin',
  ],
  'coinjoin/ownership-request.ts shape #2': [
    'nothing: a proof of another coin holds for no other',
    'test/coinjoin/coin-proofs.test.ts',
    'txid index sats',
  ],
  'musig2/messages.ts proofs': ['nothing: they verify for the key of the member', 'test/musig2/blame.test.ts'],
  'musig2/messages.ts answer': ['its own answer alone', 'test/musig2/requests.test.ts', 'version id request yes fresh proofs'],
  'musig2/messages.ts answer #2': ['its own answer alone', 'test/musig2/requests.test.ts', 'version id request no reason note'],
  'musig2/messages.ts roster': [
    'of the initiator alone: a member that is left out, or whose proofs do not hold, ends it',
    'test/musig2/blame.test.ts',
    'version id attempt members',
  ],
  'musig2/messages.ts roster #2': [
    'nothing: each proof verifies for the key of its member',
    'test/musig2/blame.test.ts',
    'fresh proofs',
  ],
  'musig2/messages.ts signed': [
    'nothing: the signatures verify, whoever brings them',
    'test/musig2/blame.test.ts',
    'version id signatures',
  ],
  'musig2/messages.ts sent': [
    'a member that waits in vain, and then sends by itself',
    'test/musig2/requests.test.ts',
    'version id txid',
  ],
  'musig2/messages.ts cancel': ['its own part alone', 'test/musig2/requests.test.ts', 'version id reason note'],
  'plugins/circuit/find-peers.ts peerId': ['no name is pinned, an id of another key is dropped', LYING_RELAY],
  'plugins/circuit/find-peers.ts publicKey': ['as peerId', LYING_RELAY],
  'plugins/circuit/find-peers.ts addresses': ['none is dialled by itself, an inner one is dropped', LYING_RELAY],
  'plugins/circuit/find-peers.ts websocket': ['as addresses', 'test/attacks/dial-policy.test.ts'],
  'plugins/circuit/find-peers.ts http': ['as addresses', 'test/attacks/dial-policy.test.ts'],
  'plugins/circuit/find-peers.ts lastSeen': ['as protocols', LYING_RELAY],
  'plugins/circuit/find-peers.ts reserved': ['a way by itself, which the handshake proves', LYING_RELAY],
  'plugins/circuit/find-peers.ts peers': ['hearsay that the application sees, and nobody else', LYING_RELAY],
  'plugins/circuit/find-peers.ts protocols': ['no role: nothing is asked for it', LYING_RELAY],
  'plugins/circuit/find-peers.ts metadata': ['as protocols', LYING_RELAY],
  'plugins/circuit/watch-peers.ts watch': ['nothing: watches of other relays have their own', 'test/circuit/watch-peers.test.ts'],
  'plugins/circuit/watch-peers.ts peers': ['as those found', LYING_RELAY],
  'plugins/circuit/watch-peers.ts gone': ['its own word alone is taken back: no connection ends', LYING_RELAY],
  'plugins/circuit/server/introducer.ts watch': ['its own watch alone', 'test/circuit/introducer.test.ts'],
  'plugins/circuit/server/introducer.ts peerId': ['a question', 'test/circuit/introducer.test.ts'],
  'plugins/circuit/frames.ts target': ['a call, within its share', 'test/circuit/hostile.test.ts'],
  'plugins/circuit/frames.ts circuit': ['its own circuits alone: ids are given for each end', 'test/defence/blame.test.ts'],
  'plugins/circuit/frames.ts from': ['a circuit of the relay: whoever it names is neither blamed nor known', LYING_RELAY],
  'plugins/circuit/frames.ts dataShape': ['its own circuits alone', 'test/circuit/hostile.test.ts', 'circuit frame'],
  'plugins/circuit/frames.ts ackShape': ['its own circuits alone', 'test/circuit/hostile.test.ts', 'circuit bytes'],
  'plugins/circuit/frames.ts closeShape': ['its own circuits alone', 'test/circuit/hostile.test.ts', 'circuit code limit'],
  'plugins/discovery/peer-records.ts addresses': [
    'nothing: the record is signed by the peer',
    'test/attacks/dial-policy.test.ts',
  ],
  'plugins/discovery/peer-records.ts relays': ['nothing: likewise', 'test/attacks/dial-policy.test.ts', 'peer address'],
  'plugins/discovery/peer-records.ts protocols': ['nothing: likewise', 'test/attacks/claimed-roles.test.ts'],
  'plugins/webrtc/signals.ts session': ['its own sessions alone: they are kept by peer and id', 'test/webrtc/hostile.test.ts'],
  'plugins/dht/client/dht-messages.ts record': ['nothing: it is signed, and whoever brings a forged one is blamed', LYING_RELAY],
  'plugins/dht/client/dht-messages.ts withdrawal': [
    'nothing: its publisher alone may leave it',
    'test/dht/while-connected.test.ts',
  ],
  'plugins/dht/client/dht-messages.ts closer': ['contacts, none of which is believed before it is reached', LYING_RELAY],
  'plugins/dht/client/dht-messages.ts target': ['a question', 'test/dht/hostile.test.ts'],
  'plugins/dht/client/dht-messages.ts key': ['a question', 'test/dht/hostile.test.ts'],
  'plugins/dht/client/dht-messages.ts cached': ['an answer that is not counted twice', 'test/dht/hostile.test.ts'],
  'plugins/dht/client/dht-messages.ts copies': ['a number that the application reads', 'test/dht/hostile.test.ts'],
  'plugins/dht/client/dht-messages.ts position': [
    'a question, or where the next one begins: pages are bounded',
    'test/dht/hostile.test.ts',
    'key publisher',
  ],
  'plugins/dht/client/dht-messages.ts records': ['as record', LYING_RELAY],
  'plugins/dht/records/record.ts key': ['nothing: it is signed', 'test/dht/record.test.ts'],
  'plugins/dht/records/record.ts name': ['nothing: a name of another key is refused', 'test/dht/record.test.ts'],
  'plugins/dht/records/record.ts wire[]': ['nothing: it is signed', 'test/dht/record.test.ts', 'publisher payload signature'],
  'plugins/dht/records/record.ts [publicKey, payload, signature]': [
    'nothing: it is signed',
    'test/dht/record.test.ts',
    'publisher payload signature',
  ],
  'plugins/dht/walk/contact.ts wireContacts': [
    'nodes that are believed once they are reached, inner addresses never',
    'test/dht/hostile-nodes.test.ts',
    'key address',
  ],
  'plugins/dht/records/record-filters.ts in': ['a question', 'test/dht/hostile.test.ts'],
  'plugins/dht/records/record-filters.ts where': ['a question', 'test/dht/hostile.test.ts'],
  'plugins/topics/topic-messages.ts content': [
    'nothing: its publisher has signed it',
    'test/topics/hostile.test.ts',
    'topic run sequence published payload',
  ],
  'plugins/topics/topic-messages.ts wireMessage': [
    'nothing: the signature verifies; hops end their own copy alone',
    'test/topics/hostile.test.ts',
    'publisher bytes signature hops',
  ],
  'plugins/topics/topic-messages.ts wants': [
    'its own interest alone, within its share',
    'test/topics/hostile.test.ts',
    'topic distance history',
  ],
  'plugins/topics/topic-messages.ts names': ['its own interest alone', 'test/topics/hostile.test.ts'],
  'plugins/topics/topic-messages.ts named': [
    'a message that it is asked for, and blamed for where it is forged',
    'test/topics/hostile.test.ts',
    'topic id',
  ],
  'plugins/topics/topic-messages.ts haves': ['as named', 'test/topics/hostile.test.ts'],
  'plugins/topics/topic-messages.ts [, , , , payload]': [
    'nothing: it has been verified',
    'test/topics/hostile.test.ts',
    'topic run sequence published payload',
  ],
  'statements/statement-messages.ts entries': ['as their items', 'test/defence/statements-hostile.test.ts'],
  'statements/statement-messages.ts join': [
    'that it is in the session itself',
    'test/defence/statements-hostile.test.ts',
    'session',
  ],
  'statements/statement-messages.ts end': [
    'that it has left the session itself',
    'test/defence/statements-hostile.test.ts',
    'session',
  ],
  'statements/statement-messages.ts statements': [
    'as their items',
    'test/defence/statements-hostile.test.ts',
    'session statements',
  ],
  'statements/statement-messages.ts statements #2': [
    'nothing: a forged one falls back on its sender',
    'test/defence/statements-hostile.test.ts',
    'signer payload signature',
  ],
  'statements/statement-messages.ts digest': ['a comparison', 'test/defence/statements-hostile.test.ts', 'session rounds'],
  'statements/statement-messages.ts digest #2': ['a comparison', 'test/defence/statements-hostile.test.ts', 'round digest'],
  'statements/statement-messages.ts list': [
    'as its items',
    'test/defence/statements-hostile.test.ts',
    'session round statements',
  ],
  'statements/statement-messages.ts list #2': [
    'being asked for it, and late where it does not show it: the member that it names is not blamed',
    'test/defence/statements-hostile.test.ts',
    'member slot id',
  ],
  'statements/statement-messages.ts want': [
    'a question, answered so many times',
    'test/defence/statements-hostile.test.ts',
    'session round slots',
  ],
  'statements/statement-messages.ts want #2': [
    'a question, answered so many times',
    'test/defence/statements-hostile.test.ts',
    'member slot',
  ],
  'statements/statement-exchange.ts [publicKey, payload, signature]': [
    'nothing: a forged one falls back on its sender',
    'test/defence/statements-hostile.test.ts',
    'signer payload signature',
  ],
  'statements/statement.ts [publicKey, payload, signature]': [
    'nothing: it is signed',
    'test/defence/statements-hostile.test.ts',
    'signer payload signature',
  ],
  'statements/statement.ts [protocol, session, round, slot, value]': [
    'nothing: it is signed',
    'test/defence/statements-hostile.test.ts',
    'protocol session round slot value',
  ],
  'statements/equivocation.ts [publicKey, payload, signature, otherPayload, otherSignature, ...more]': [
    'nothing: both are signed by the key that they accuse',
    'test/defence/statements-hostile.test.ts',
    'signer payload signature payload signature rest',
  ],
}

describe('every field by which a message can speak of others', () => {
  it('has a row that says what a liar gains, and which test shows it', () => {
    const found = fieldsOfOthers().sort(([one], [other]) => (one < other ? -1 : 1))
    const rows = Object.entries(FIELDS).map(([field, [, , items]]) => [field, items?.split(' ').length])
    expect(found).toEqual(rows.sort(([one], [other]) => (one! < other! ? -1 : 1)))
    const shown = Object.values(FIELDS).map(([, where]) => where)
    expect(shown.filter((where) => !existsSync(root + where))).toEqual([])
  })
})
