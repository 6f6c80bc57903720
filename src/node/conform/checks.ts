import { channelChecks } from './channels.js'
import type { Check, Profile } from './check.js'
import { calledChecks } from './circuits/called.js'
import { endChecks } from './circuits/ends.js'
import { relayChecks } from './circuits/relays.js'
import { dhtChecks } from './dht.js'
import { encodingChecks } from './encoding.js'
import { frameChecks } from './frames.js'
import { certificateChecks } from './handshake/certificates.js'
import { firstMessageChecks } from './handshake/first-messages.js'
import { identityChecks } from './handshake/identities.js'
import { workChecks } from './handshake/work.js'
import { introductionChecks } from './introductions.js'
import { heartbeatChecks, messageChecks } from './messages.js'
import { acknowledgementChecks } from './streams/acknowledgements.js'
import { budgetChecks } from './streams/budgets.js'
import { numberChecks } from './streams/numbers.js'
import { pathChecks } from './streams/paths.js'
import { topicChecks } from './topics.js'

/** The checks of one section, by the numbers of their clauses. */
const inOrder = (...groups: Check[][]): Check[] =>
  groups.flat().sort((a, b) => Number(a.clause.slice(2)) - Number(b.clause.slice(2)))

/** All of them, in the order of the document. */
export const CHECKS: readonly Check[] = [
  ...frameChecks,
  ...encodingChecks,
  ...identityChecks,
  ...inOrder(firstMessageChecks, certificateChecks, workChecks),
  ...channelChecks,
  ...inOrder(numberChecks, acknowledgementChecks, budgetChecks, pathChecks),
  ...messageChecks,
  ...heartbeatChecks,
  ...introductionChecks,
  ...inOrder(relayChecks, calledChecks, endChecks),
  ...dhtChecks,
  ...topicChecks,
]

/** The checks of a profile. A router is a relay or a DHT node with topics. */
export const checksOf = (profile: Profile): Check[] =>
  CHECKS.filter(({ profiles }) => profiles === undefined || profiles.includes(profile))
