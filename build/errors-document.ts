import { P2P_ERROR_CODES, type P2PErrorCode } from '../src/base/errors.js'
import { errorSentences } from './error-sentences.js'
import type { Sources } from './program.js'

/** What an application does about each code. */
const ADVICE: Record<P2PErrorCode, string> = {
  INVALID_CONFIG: 'Correct the option that is named; trying again does not help.',
  INVALID_ADDRESS: 'Correct the address.',
  INSECURE_ADDRESS: 'Give the relay a certificate and use its `wss://` or `https://` address.',
  INVALID_PEER_ID: 'Copy the `lp1…` id or the name again, whole.',
  INVALID_MESSAGE: 'Correct the field that is named.',
  INVALID_RESOURCE: 'Correct the type, the id or the filter that is named.',
  INVALID_TOPIC: 'Use a shorter, well-formed text.',
  MESSAGE_TOO_LARGE: 'Split the message, or send a reference; `details.maxBytes` is the bound.',
  UNSERIALIZABLE_PAYLOAD: 'Send what MessagePack takes: plain objects, arrays, texts, numbers, BigInt, Date, Uint8Array.',
  FOREIGN_SENDER: 'Leave the sender or publisher out: everything is sent in your own name.',
  DUPLICATE_PROTOCOL: 'Register each handler once; unregister the old one first.',
  SELF_DIAL: 'Dial another peer: this address leads back here.',
  SHUT_DOWN: 'Create a new coordinator.',
  SUSPENDED: 'Call `resume()` first.',
  PEER_NOT_CONNECTED: 'Connect first, or send with `queue: true`.',
  PEER_UNREACHABLE: 'Check the address and the network, and try again later.',
  PEER_NOT_FOUND: 'Use the `lp1…` id, or an address of the peer.',
  WRONG_PEER: 'Another peer lives at this address: ask for its address anew.',
  NO_PEERS: 'Connect to a peer first.',
  NO_RELAY: 'Connect to a relay that serves this first.',
  POOL_FULL: 'Wait for `details.retryAfterMs`, or use another relay.',
  TIMEOUT: 'Try again, or allow more with `timeoutMs`.',
  ABORTED: 'Nothing: the application itself has cancelled it.',
  BUFFER_FULL: 'Await what `sendTo` returns before sending more.',
  OUTBOX_FULL: 'Wait until the peers that messages wait for are back.',
  CONNECTION_CLOSED: 'Connect again.',
  CONNECTION_LOST: 'Connect again; known peers are reconnected by themselves.',
  DUPLICATE_CONNECTION: 'Nothing: the other connection serves.',
  REPLACED: 'Use one identity for each tab or process.',
  UNSUPPORTED_VERSION: 'Update the older of the two.',
  WRONG_NETWORK: 'Set `network` to the same name on both sides.',
  HANDSHAKE_FAILED: 'Try again; if it goes on, the other side is not what it should be.',
  HANDSHAKE_TIMEOUT: 'Try again.',
  NAME_TAKEN: 'Choose another name.',
  PROOF_OF_WORK_REQUIRED: 'Attach `proofOfWork()`.',
  PROOF_OF_WORK_TOO_HARD: 'Use another peer, or raise `limits.maxWorkBits`.',
  PROTOCOL_VIOLATION: 'Nothing: the connection ends, and the other side has a fault.',
  DECRYPT_FAILED: 'Connect again: the bytes were changed on the way.',
  MALFORMED_DATA: 'Nothing: the other side has sent, or the store holds, what cannot be read.',
  LIMIT_EXCEEDED: 'Do less of it at once; `details.limit` names the limit.',
  PROTOCOL_NOT_SUPPORTED: 'Ask a peer that has the protocol.',
  HANDLER_FAILED: 'Look at the cause, which the peer that failed alone can see.',
  LISTENER_FAILED: 'Correct the listener of the application; the cause is in `cause`.',
  SIGNATURE_REQUIRED: 'Send with a signature: this peer takes no other messages.',
  INVALID_SIGNATURE: 'Nothing: it was changed on the way, or signed by another key.',
  INVALID_RECORD: 'Correct the record as told.',
  STALE_RECORD: 'Announce again; another device with this identity has written since.',
  STORE_FULL: 'Try again later, or elsewhere.',
  NOT_STORED: 'Try again; `details.refused` tells why each server refused.',
  RATE_LIMITED: 'Wait for `details.retryAfterMs`.',
  BANNED: 'Wait for `details.retryAfterMs`; an operator can lift the ban with `unban`.',
  REPLAYED: 'Set the clock of the device right.',
  CLOCK_SKEW: 'Set the clock of the device right.',
  CIRCUIT_REFUSED: 'Try again, or go by another relay.',
  NO_RESERVATION: 'Try again once the peer is connected to the relay.',
  INVALID_STATEMENT: 'Go on without the statement.',
  INVALID_EVIDENCE: 'Nothing: it proves nothing.',
  EQUIVOCATION: 'Go on without the member; the error holds the proof.',
  PHASE_TIMEOUT: 'Try again without the members that `details.blamed` names.',
  ADDRESS_IN_USE: 'Choose another port or name.',
  LISTEN_FAILED: 'Check host, port and permissions.',
  IDENTITY_FAILED: 'Check the key, its store or its device.',
  STORE_IN_USE: 'Close the other tab or process with this identity, or wait for it.',
  STORE_TOO_NEW: 'Load the newest version of the application: a page with a newer SDK has written the store.',
  STORAGE_FAILED: 'Check the store that is named.',
  TRANSPORT_UNAVAILABLE: 'Use another transport, or give an implementation.',
  SIGNING_FAILED: `Branch on \`details.reason\`. Where \`details.retryable\` is true the same may succeed later, else a new request is needed:

- \`INVALID_REQUEST\`: correct the field that \`details.field\` names.
- \`COSIGNER_UNREACHABLE\`, \`NOT_ALL_ACCEPTED\`, \`NONCES_MISSING\`, \`PARTIALS_MISSING\`: try again when \`details.members\` are there.
- \`REJECTED\`, \`CANCELLED\`: a member, or its signer, does not agree; \`details.note\` has its words.
- \`EXPIRED\`: ask anew, with a longer \`ttlMs\`.
- \`INPUT_LOCKED\`: wait until the other request has ended, or reject it.
- \`INVALID_NONCE\`, \`INVALID_PARTIAL\`, \`EQUIVOCATED\`: go on without those whom \`details.blamed\` names.
- \`SIGNER_FAILED\`: check the signer, its worker or its device.
- \`INVALID_SIGNATURE\`: the whole does not hold, and nobody can be blamed: ask anew.
- \`BROADCAST_FAILED\`: the transaction is signed; send it by another way.

With \`details.mayStillComplete\` our own part has gone out: look at the chain before paying by another way.
`,
  MIX_FAILED: `Branch on \`details.reason\`. Where \`details.retryable\` is true the same may succeed later:

- \`INVALID_PLAN\`: correct what the message names.
- \`NO_RELAY\`, \`NOT_ENOUGH_PEERS\`, \`TOO_FEW_LEFT\`, \`EXCLUDED\`, \`MISSED_DEADLINE\`: try again later.
- \`COIN_REJECTED\`, \`COIN_SPENT\`: the others do not see the coin as the plan has it, or a member's coin not as the wallet has it.
- \`OUTPUT_MISSING\`: an output of ours is not in the transaction; nothing was signed.
- \`REFUSED\`, \`CANCELLED\`: the user, or the application, has ended it.
- \`WALLET_FAILED\`, \`SIGNER_FAILED\`: check the wallet, its worker or its device.
- \`BROADCAST_FAILED\`: all have signed; \`details.transaction\` can be sent by another way.
- \`ECLIPSE_SUSPECTED\`: reach other relays first.

\`details.named\` holds the members that this wallet has left out of the last round, by the id that each had in it, and why.

With \`details.coinLocked\` our signature has gone out: spend the coins nowhere else before the chain has shown which transaction took them.
`,
  INVALID_TRANSACTION: 'Correct the key, nonce, script or transaction that is named.',
  NO_MAILBOX: 'Ask for the newest card of the recipient; an owner opens the box anew.',
  MAILBOX_FULL: 'Use another box of the recipient, or try again later.',
  BACKPLANE_DOWN: 'Try again later, or at another relay. The operator looks whether NATS is there.',
  MAIL_REFUSED: 'Write to the recipient once it is connected: it takes letters from contacts only, or smaller ones.',
  ONION_NO_PATH: 'Connect to relays of two operators that are hops, and wait: a hop is used once it has been known for a while.',
  ONION_TOO_FEW_OPERATORS: 'Name relays of other operators in `bootstrap`, or accept two with `minOperators: 2`.',
  ONION_TIMEOUT: 'Try again, with more `timeoutMs` or a quicker profile. What was asked may have been done.',
  ONION_EXIT_REFUSED: 'See `details.reason`, the code of the exit.',
  ONION_GONE: 'Ask anew.',
}

/** @returns the text of docs/errors.md. */
export function errorsDocument(sources: Sources): string {
  const sentences = errorSentences(sources)
  const ofPlugins = [...sentences.keys()].filter((code) => !P2P_ERROR_CODES.some((known) => known === code)).sort()
  const sections = [...P2P_ERROR_CODES, ...ofPlugins].map((code) => {
    const advice = code in ADVICE ? `${ADVICE[code as keyof typeof ADVICE]}\n` : ''
    const lines = (sentences.get(code) ?? []).map((sentence) => `- ${sentence.replace(/[<>*|]/g, '\\$&')}`)
    return `## ${code}\n\n${[advice, lines.join('\n')].filter(Boolean).join('\n')}\n`
  })
  return `# Errors

Made by \`npm run docs:errors\` from the sources. Each error of the SDK is a \`P2PError\` with a \`code\`, which programs branch on, and
\`details\`. Below, for each code, what to do about it, and the sentences that its errors have as their message; names in braces stand for
values.

In development an error says its sentence, \`The store is full. Try again later.\`; what is bundled for production saves the bytes of all
sentences, a twentieth of the SDK, and says \`STORE_FULL (see lotus-p2p/docs/errors.md#store_full)\`, with the values that the sentence tells of.
\`error.docs\` is that link alone; \`linkErrors('https://wallet.example/p2p/errors')\` of \`lotus-p2p/errors\` makes it lead to a page of yours.
Conditions of the package's exports decide it, for \`lotus-p2p\` and \`lotus-p2p/core\` alike: \`node\` and \`development\` bring the
sentences. Node sets the one by itself, and Vite, webpack and Rspack set the other in their development mode; esbuild takes
\`--conditions=development\`. The script-tag bundle has the sentences. \`explainErrors()\` of \`lotus-p2p/errors\`, called at an application's
start, brings them in production too, and adds their bytes. What a refusal or an answer says to another peer is the message of the error, with or without
sentences.

${sections.join('\n')}`
}
