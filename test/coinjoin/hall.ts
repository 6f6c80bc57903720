// Members that wait in a pool, without a network: messages take as long as a test says, and hostile members send what they like.
import { compareBytes, equalBytes } from '../../src/base/bytes.js'
import { seededRandom } from '../../src/base/random.js'
import { orderedKeys } from '../../src/coinjoin/entry.js'
import { Lobby, type LobbyOptions, type Roster } from '../../src/coinjoin/lobby.js'
import { type Join, type Proposal, proposalHash, rosterPayload, signJoin } from '../../src/coinjoin/roster.js'
import type { PluginKit } from '../../src/core/plugin.js'
import { type Identity, identityFromSeed } from '../../src/identity/identity.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

export const POOL = '00112233445566778899aabbccddeeff'
export const EPOCH_MS = 60_000

interface Message {
  type: string
  payload: unknown
}

/** What a hostile member does with a proposal: answers anything, or not at all. */
export type Answer = (proposal: Proposal, from: number, self: HostileSeat) => Promise<unknown[] | undefined>

export interface HallOptions {
  members: number
  hostile?: readonly number[]
  seed?: number
  minPeers?: number
  delayMs?: () => number
  /** Whether the member at a place sees the entry of another. Default: all see all. */
  sees?: (by: number, of: number) => boolean
  isOpen?: (place: number) => boolean
  answer?: Answer
}

/** A member that its test moves. */
export interface HostileSeat {
  place: number
  identity: Identity
  /** Asks some for their word, for a list of places. */
  propose(list: readonly number[], to: readonly number[], epoch?: number): Promise<{ hash: Uint8Array; joins: Join[] }>
  /** Its own word for a proposal. */
  join(hash: Uint8Array, minPeers: number): Promise<Join>
  /** Sends a roster to some. */
  roster(hash: Uint8Array, joins: readonly Join[], to: readonly number[]): void
}

/** Places are those of the keys in bytewise order. */
export function hallOf(options: HallOptions) {
  const { members: count, hostile = [], seed = 1, minPeers = 3, delayMs = () => 50, sees = () => true, isOpen, answer } = options
  const clock = new VirtualClock()
  const identities = Array.from({ length: count }, (_, i) => identityFromSeed(seededRandom(seed * 1_000 + i).bytes(32)))
  identities.sort((a, b) => compareBytes(a.publicKey, b.publicKey))
  const keys = identities.map(({ publicKey }) => publicKey)
  const placeOf = (peerId: string) => identities.findIndex(({ publicKey }) => encodePeerId(publicKey) === peerId)
  const blockHash = (epoch: number) => seededRandom(seed * 77 + epoch).bytes(32)
  const rosters = new Map<number, Roster>()
  /** How often each member has given its word, by millisecond. */
  const promises: { by: number; at: number }[] = []
  const handlers = new Map<number, (message: never, from: never) => Promise<void>>()
  const lobbies = new Map<number, Lobby>()
  const seen = (by: number) => keys.filter((_, of) => of === by || sees(by, of))
  const later = () => new Promise<void>((resolve) => void clock.setTimeout(resolve, delayMs()))
  const epochNow = () => Math.floor(clock.now() / EPOCH_MS)
  const seats = new Map<number, HostileSeat>()
  /** How often each member has looked who waits. */
  const looks = new Map<number, number>()

  const deliver = async (from: number, to: number, message: Message): Promise<unknown> => {
    await later()
    const seat = seats.get(to)
    if (seat !== undefined) {
      const said = message.type === 'propose' ? await answer?.(message.payload as Proposal, from, seat) : undefined
      await later()
      return said
    }
    let replied: unknown
    const incoming = { ...message, reply: (payload: unknown) => (replied = payload) }
    await handlers.get(to)?.(incoming as never, { publicKey: keys[from], peerId: encodePeerId(keys[from]!) } as never)
    if (Array.isArray(replied) && replied[0] === 'yes') promises.push({ by: to, at: clock.now() })
    await later()
    return replied
  }
  const withTimeout = (timeoutMs: number, work: Promise<unknown>) =>
    new Promise<unknown>((resolve, reject) => {
      clock.setTimeout(() => reject(new Error('timeout')), timeoutMs)
      work.then((value) => value !== undefined && resolve(value), reject)
    })
  const kitOf = (place: number) =>
    ({
      network: 'lotus',
      clock,
      identity: identities[place],
      random: seededRandom(seed * 31 + place),
      registerProtocol: ({ handleMessage }: { handleMessage: never }) => void handlers.set(place, handleMessage),
      request: async (peerId: string, message: Message, { timeoutMs }: { timeoutMs: number }) => ({
        payload: await withTimeout(timeoutMs, deliver(place, placeOf(peerId), message)),
      }),
      sendTo: async (peerId: string, message: Message) => void deliver(place, placeOf(peerId), message).catch(() => {}),
      reply: async (message: { reply(payload: unknown): void }, { payload }: Message) => message.reply(payload),
    }) as unknown as PluginKit

  for (const [place, identity] of identities.entries()) {
    if (hostile.includes(place)) {
      seats.set(place, {
        place,
        identity,
        async propose(list, to, epoch = epochNow()) {
          const proposal: Proposal = [1, POOL, epoch, blockHash(epoch), list.map((each) => keys[each]!).sort(compareBytes)]
          const hash = proposalHash(proposal)
          const joins = await Promise.all(
            to.map(async (each): Promise<Join | undefined> => {
              const said = (await deliver(place, each, { type: 'propose', payload: proposal }).catch(
                () => undefined,
              )) as unknown[]
              if (said?.[0] !== 'yes') return undefined
              const [, minimum, fresh, signature] = said as [string, number, Uint8Array, Uint8Array]
              return [keys[each]!, minimum, fresh, signature]
            }),
          )
          return { hash, joins: joins.filter((join) => join !== undefined) }
        },
        join: (hash, minimum) => signJoin(identity, 'lotus', hash, minimum, new Uint8Array(16).fill(place)),
        roster(hash, joins, to) {
          const sorted = [...joins].sort((a, b) => compareBytes(a[0], b[0]))
          const message = { type: 'roster', payload: rosterPayload(hash, sorted) }
          for (const each of to) deliver(place, each, message).catch(() => {})
        },
      })
      continue
    }
    const lobbyOptions: LobbyOptions = {
      peer: {
        kit: kitOf(place),
        get isSuspicious() {
          return isOpen?.(place) === false
        },
        connect: async () => {},
        entriesOf: async () => {
          looks.set(place, (looks.get(place) ?? 0) + 1)
          return seen(place)
        },
      },
      poolId: POOL,
      epochMs: EPOCH_MS,
      minPeers: () => minPeers,
      maxPeers: 50,
      blockHash: async () => blockHash(epochNow()),
      onRoster: (roster) => void rosters.set(place, roster),
      onWaiting: () => {},
      onError: () => {},
    }
    lobbies.set(place, new Lobby(lobbyOptions))
  }

  return {
    clock,
    keys,
    rosters,
    promises,
    looks,
    seats,
    honest: [...lobbies.keys()],
    /** Places in the order in which they may propose. */
    order: (epoch = epochNow()) =>
      orderedKeys(POOL, epoch, blockHash(epoch), keys).map((key) => keys.findIndex((each) => equalBytes(each, key))),
    seen,
    placesIn: (roster: Roster) => roster.keys.map((key) => keys.findIndex((each) => equalBytes(each, key))),
    close: () => {
      for (const lobby of lobbies.values()) lobby.close()
    },
  }
}

export type Hall = ReturnType<typeof hallOf>
