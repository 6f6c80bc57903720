import { hexOf } from '../base/bytes.js'
import type { P2PError } from '../base/errors.js'
import type { SignedTransaction } from './combine.js'
import type { SigningFailureDetails } from './errors.js'
import type { RequestSummary } from './summary.js'

/**
 * `asked`: our user has to decide. `waiting`: for members, their answers, or another attempt. `commit`, `nonce`, `partial`: a session is under way.
 * `signed`: the transaction is complete. `sent`: it is on its way to the chain. `failed`.
 */
export type SigningStep = 'asked' | 'waiting' | 'commit' | 'nonce' | 'partial' | 'signed' | 'sent' | 'failed'

/**
 * `away`: it has not been told yet. `asked`: its user has to decide. `accepted`, `rejected`. `working`: it owes something in this phase. `ready`: it
 * owes nothing.
 */
export type SigningMemberState = 'away' | 'asked' | 'accepted' | 'rejected' | 'working' | 'ready'

export interface SigningMember {
  /** Its wallet key: 66 digits. */
  readonly publicKey: string
  /** `lp1…` */
  readonly peerId: string
  readonly isSelf: boolean
  /** The transport that it is connected by, e.g. `'webrtc'`; absent while it is not. */
  readonly path?: string
  readonly state: SigningMemberState
}

/** One request as it stands: plain, and never changed. The next change has a snapshot of its own. */
export interface SigningSession {
  /** 32 digits. */
  readonly id: string
  readonly role: 'initiator' | 'cosigner'
  readonly step: SigningStep
  /** Sessions begun, from 1; 0 before the first. */
  readonly attempt: number
  readonly members: readonly SigningMember[]
  /** What is signed. Everything but `purpose` is read from the transaction. */
  readonly summary: RequestSummary
  /** Members that have done what this step waits for, of so many. */
  readonly done: number
  readonly of: number
  /** When this step ends, milliseconds since the Unix epoch. */
  readonly deadlineAt: number
  /** When the request ends. */
  readonly expiresAt: number
  /** 64 digits; it is known before anything is signed. */
  readonly txid: string
  /** As the network takes it, once it is signed, in hex. */
  readonly transaction?: string
  /** Why it has failed, or why the attempt before this one has. */
  readonly failure?: Readonly<SigningFailureDetails> & { readonly message: string }
}

type Given = Omit<SigningSession, 'members' | 'done' | 'of' | 'transaction' | 'failure'> & {
  members: readonly (Omit<SigningMember, 'path'> & { path: string | undefined })[]
  failure: P2PError | undefined
  signed: SignedTransaction | undefined
}

/** A snapshot: frozen, and without members that are undefined. */
export function snapshotOf({ members: given, failure, signed, ...rest }: Given): SigningSession {
  const members = given.map(({ path, ...member }) => Object.freeze(path === undefined ? member : { ...member, path }))
  return Object.freeze({
    ...rest,
    members: Object.freeze(members),
    done: members.filter(({ state }) => state === 'accepted' || state === 'ready').length,
    of: members.length,
    ...(signed && { transaction: hexOf(signed.transaction) }),
    ...(failure && {
      failure: Object.freeze({ ...(failure.details as unknown as SigningFailureDetails), message: failure.message }),
    }),
  })
}
