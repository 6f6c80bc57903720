import { channelChecks } from './channels.js'
import type { Check, Profile } from './check.js'
import { circuitChecks } from './circuits.js'
import { dhtChecks } from './dht.js'
import { encodingChecks } from './encoding.js'
import { frameChecks } from './frames.js'
import { handshakeChecks, identityChecks } from './handshake.js'
import { introductionChecks } from './introductions.js'
import { heartbeatChecks, messageChecks } from './messages.js'
import { streamChecks } from './streams.js'
import { topicChecks } from './topics.js'

/** All of them, in the order of the document. */
export const CHECKS: readonly Check[] = [
  ...frameChecks,
  ...encodingChecks,
  ...identityChecks,
  ...handshakeChecks,
  ...channelChecks,
  ...streamChecks,
  ...messageChecks,
  ...heartbeatChecks,
  ...introductionChecks,
  ...circuitChecks,
  ...dhtChecks,
  ...topicChecks,
]

/** The checks of a profile. A router is a relay or a DHT node with topics. */
export const checksOf = (profile: Profile): Check[] =>
  CHECKS.filter(({ profiles }) => profiles === undefined || profiles.includes(profile))
