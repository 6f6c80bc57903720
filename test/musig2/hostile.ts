// A member written by hand: it asks nobody, and keeps to the protocol but for what a test has it do.
import { joined } from '../../src/base/bytes.js'
import { sha256 } from '../../src/base/sha256.js'
import { coinProofs } from '../../src/coinjoin/coin-proofs.js'
import type { Plugin, PluginKit } from '../../src/core/plugin.js'
import { taggedHash } from '../../src/identity/envelope.js'
import type { Identity } from '../../src/identity/identity.js'
import { MUSIG2_PROTOCOL, signingMessage } from '../../src/musig2/messages.js'
import type { SharedRequest } from '../../src/musig2/request.js'
import { readAny } from '../../src/musig2/request-kind.js'
import type { MuSig2Signer } from '../../src/musig2/signer.js'
import { type SignedStatement, signStatement, statementId, wireStatement } from '../../src/statements/statement.js'
import type { StatementSession } from '../../src/statements/statement-session.js'
import type { Statements } from '../../src/statements/statements.js'

export interface Mischief {
  /** What it says in a phase; undefined: nothing; two: one of them to every second member. */
  say?(phase: string, value: Uint8Array): readonly Uint8Array[] | undefined
  /** Whether it confirms that it has what all have said. Default true. */
  confirms?: boolean
  /** Whether it joins the session. Default true. */
  joins?: boolean
  proofs?(proofs: Uint8Array[]): Uint8Array[]
  /** Sends a roster as soon as it has all answers, changed so. */
  roster?(entries: [Uint8Array, Uint8Array[]][]): [Uint8Array, Uint8Array[]][]
  /** Answers with two different draws, each to half of the members. */
  splits?: boolean
}

type Entries = [Uint8Array, Uint8Array[]][]

export function hostileMember(identity: Identity, signer: MuSig2Signer, mischief: Mischief): Plugin<object> {
  return {
    name: 'hostile',
    needs: ['statements'],
    attach(kit) {
      const member = new HostileMember(kit, identity, signer, mischief)
      kit.registerProtocol({ protocolName: MUSIG2_PROTOCOL, handleMessage: (message, from) => member.handle(message, from) })
      return {}
    },
  }
}

class HostileMember {
  private request: SharedRequest | undefined
  private bytes = new Uint8Array(0)
  private own = 0
  private fresh = new Uint8Array(0)
  private readonly answers: Entries = []
  private session: StatementSession | undefined
  private hasSigned = false
  private isReady = false
  private readonly items: SignedStatement[] = []
  private settle: () => void = () => {}
  private readonly isAsked = new Promise<void>((resolve) => {
    this.settle = resolve
  })
  private readonly values = new Map<string, Map<number, Uint8Array>>()
  private readonly statements: Statements

  constructor(
    private readonly kit: PluginKit,
    private readonly identity: Identity,
    private readonly signer: MuSig2Signer,
    private readonly mischief: Mischief,
  ) {
    this.statements = (kit.plugin('statements') as { statements: Statements }).statements
  }

  handle: Parameters<PluginKit['registerProtocol']>[0]['handleMessage'] = async (message, from) => {
    const { type, payload } = message
    if (type === 'request') {
      await this.kit.reply(message, { type: 'seen', payload: 'seen' })
      await this.asked(payload as Uint8Array)
    } else if (type === 'answer') {
      await this.isAsked
      const fields = payload as unknown[]
      if (fields[3] === 1) this.answers[this.placeOf(from.publicKey!)] = [fields[4], fields[5]] as Entries[number]
      await this.assemble()
    } else if (type === 'roster' && this.session === undefined) await this.join(payload as unknown[])
  }

  private async asked(bytes: Uint8Array): Promise<void> {
    this.settle()
    this.bytes = new Uint8Array(bytes)
    this.request = readAny(bytes, coinProofs())
    this.own = this.placeOf(this.kit.publicKey)
    this.fresh = new Uint8Array(this.statements.fresh())
    const { hash } = this.request
    const prove = (fresh: Uint8Array) => this.signer.prove({ request: this.bytes, networkKey: this.kit.publicKey, fresh })
    const proofs = await prove(this.fresh)
    const told = this.mischief.proofs?.(proofs) ?? proofs
    this.answers[this.own] = [this.fresh, told]
    const other = this.mischief.splits ? this.statements.fresh() : this.fresh
    const others = this.mischief.splits ? await prove(other) : told
    for (const place of this.others) {
      if (place % 2 === 0) this.send(place, 'answer', [hash, 1, this.fresh, told])
      else this.send(place, 'answer', [hash, 1, other, others])
    }
    await this.assemble()
  }

  private async assemble(): Promise<void> {
    const { roster } = this.mischief
    if (roster === undefined || this.session !== undefined || this.answers.filter(Boolean).length < this.request!.members.length)
      return
    for (const place of this.others) this.send(place, 'roster', [1, roster(structuredClone(this.answers))])
  }

  private async join(payload: unknown[]): Promise<void> {
    const { request, mischief } = this
    if (mischief.joins === false || request === undefined) return
    const members = request.members.map(({ networkKey }) => networkKey)
    const entries = payload[3] as Entries
    const order = [...members.keys()].sort((a, b) => Buffer.compare(members[a]!, members[b]!))
    this.session = this.statements.join({
      protocol: MUSIG2_PROTOCOL,
      session: `${Buffer.from(request.hash).toString('hex')} #${payload[2]}`,
      members,
      slots: ['item', 'go'],
      fresh: order.map((place) => entries[place]![0]),
      onStatement: (statement) => void this.hear(statement),
    })
    const nonces = await this.signer.createNonces({ session: this.session.tag, request: this.bytes })
    const value = joined(...nonces)
    await this.say('nonce', value)
    await this.take('nonce', this.own, value)
  }

  private async hear(statement: SignedStatement): Promise<void> {
    const { round, slot, publicKey, value } = statement
    if (slot !== 'item') return
    this.items.push(statement)
    if (round === 0) await this.take('nonce', this.placeOf(publicKey), value)
    await this.ready()
  }

  /** Once it has all items of both phases it says what an honest member says from then on. */
  private async ready(): Promise<void> {
    const { items, session } = this
    const heard = [0, 1].map((round) => items.filter((each) => each.round === round))
    if (this.isReady || this.mischief.confirms === false || heard.some((all) => all.length < this.request!.members.length)) return
    this.isReady = true
    const ids = heard.flatMap((all) =>
      session!.members.map((key) => {
        const said = all.find(({ publicKey }) => Buffer.compare(publicKey, key) === 0)!
        return statementId(said, this.kit.network)
      }),
    )
    const value = taggedHash('statement-ready', this.kit.network, ...ids)
    for (const slot of ['item', 'go']) await this.tell(2, slot, [value])
  }

  private async take(slot: string, place: number, value: Uint8Array): Promise<void> {
    const values = this.values.get(slot) ?? new Map<number, Uint8Array>()
    this.values.set(slot, values.set(place, value))
    const { members, sign } = this.request!
    if (slot !== 'nonce' || values.size < members.length || this.session === undefined || this.hasSigned) return
    this.hasSigned = true
    const all = members.map((_, m) => values.get(m)!)
    const nonces = sign.map((_, i) => all.map((each) => each.slice(66 * i, 66 * (i + 1))))
    const parts = await this.signer.signPartials({ session: this.session.tag, nonces })
    await this.say('partial', joined(sha256(...all), ...parts))
  }

  private async say(phase: string, value: Uint8Array): Promise<void> {
    const values = this.mischief.say === undefined ? [value] : this.mischief.say(phase, value)
    if (values !== undefined) await this.tell(phase === 'nonce' ? 0 : 1, 'item', values)
  }

  private async tell(round: number, slot: string, values: readonly Uint8Array[]): Promise<void> {
    const name = (this.session as unknown as { options: { session: string } }).options.session
    const tag = Buffer.from(this.session!.tag, 'hex')
    for (const [i, place] of this.others.entries()) {
      const said = values[i % 2] ?? values[0]!
      const statement = await signStatement(
        this.identity,
        { protocol: MUSIG2_PROTOCOL, session: name, round, slot, value: said },
        this.kit,
      )
      if (slot === 'item' && round < 2 && i === 0) {
        this.items.push(statement)
        void this.ready()
      }
      const peerId = this.kit.peers().find(({ publicKey }) => publicKey && this.placeOf(publicKey) === place)?.peerId
      if (peerId === undefined) continue
      await this.kit.sendTo(peerId, {
        type: 'statements',
        payload: [new Uint8Array(tag), [wireStatement(statement)]],
        protocol: 'lotus/statements',
      })
    }
  }

  private get others(): number[] {
    return [...this.request!.members.keys()].filter((place) => place !== this.own)
  }

  private placeOf(key: Uint8Array): number {
    return this.request!.members.findIndex(({ networkKey }) => Buffer.compare(networkKey, key) === 0)
  }

  private send(place: number, type: string, fields: unknown[]): void {
    const peer = this.kit.peers().find(({ publicKey }) => publicKey && this.placeOf(publicKey) === place)
    if (peer === undefined) return
    this.kit
      .sendTo(peer.peerId, { type, payload: signingMessage(this.request!.id, ...fields), protocol: MUSIG2_PROTOCOL })
      .catch(() => {})
  }
}
