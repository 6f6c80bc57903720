import { hexOf } from '../base/bytes.js'
import { isP2PError, P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { accessFor, bucketOf, letterIdOf, ttlClassFor } from './box.js'
import type { Card } from './card.js'
import type { Contact } from './contacts.js'
import type { Courier } from './courier.js'
import type { MailHost } from './host.js'
import { fitsLetter, type LetterExtras, type Prekey, PrekeyKind, sealLetter } from './letter.js'
import type { MailEntry } from './outgoing-entry.js'
import { oneTimePrekey } from './prekey-batch.js'
import { depositWorkBits, hourOf, mailWorkBlock, TAKE_WORK_BITS, takeSubject } from './work.js'

/** Bytes of a card in a letter beside its payload: key, signature, lengths. */
const CARD_MORE_BYTES = 112

/** Who may be written to, and how: the contact, and its card. */
export type Addressee = Contact & { card: Card }

/** Seals letters, and leaves them at the mailboxes of their recipients. */
export class Depositor {
  constructor(
    private readonly host: MailHost,
    private readonly limits: Required<Limits>,
  ) {}

  /** Seals a message to the newest key that its recipient offers: a one-time key of a mailbox, else the signed prekey of the card. */
  async seal(entry: MailEntry, to: Addressee, extras: LetterExtras, courier: Courier): Promise<void> {
    const { kit } = this.host
    const { card } = to
    // What was sealed to a one-time prekey and came to nothing: its relay may have given that to others too.
    const prekey = await this.prekeyFor(to, entry.wasMailed ? [] : card.boxes, courier)
    const content = { n: entry.n, body: entry.body, sentAt: kit.clock.now(), extras }
    if (extras.card !== undefined && !fitsLetter(entry.body.length + extras.card[1].length + CARD_MORE_BYTES, card.max)) {
      // Our card comes with a smaller message.
      to.toldAt = 0
      content.extras = { ...extras, card: undefined }
    }
    entry.letter = await sealLetter(card.owner, prekey, content, kit)
    entry.generation = card.generation
    entry.prekeyAt = card.prekey[2]
    entry.boxes = []
  }

  /**
   * Leaves a letter at one more mailbox of its recipient.
   *
   * @returns false where it is at as many as it should be.
   * @throws P2PError the last failure where none takes it; NO_MAILBOX where the card is old.
   */
  async deposit(entry: MailEntry, to: Addressee, courier: Courier): Promise<boolean> {
    const { letter, boxes } = entry
    const taken = new Set(boxes.map(hexOf))
    const rest = to.card.boxes.filter(([, , box]) => !taken.has(hexOf(box)))
    if (letter === undefined || rest.length === 0 || boxes.length >= 2) return false
    const isHere = ([relayId]: Card['boxes'][number]) => this.host.kit.peer(relayId) !== undefined
    let failure: unknown
    // A relay that is connected has it soonest; the other one is of another operator.
    for (const [relayId, address, box] of rest.sort((a, b) => Number(isHere(b)) - Number(isHere(a)))) {
      try {
        await courier.reach(relayId, address)
        await this.depositAt(relayId, box, letter, entry.expiresAt, to, courier)
        entry.boxes.push(box)
        return true
      } catch (error) {
        // That the card is old is what its reader can do something about.
        if (!isP2PError(failure, 'NO_MAILBOX')) failure = error
      } finally {
        courier.release(relayId)
      }
    }
    throw failure
  }

  private async depositAt(
    relayId: string,
    box: Uint8Array,
    letter: Uint8Array,
    expiresAt: number,
    { access, card }: Addressee,
    courier: Courier,
  ): Promise<void> {
    const ttl = ttlClassFor((expiresAt - this.host.kit.clock.now()) / 1_000)
    const bucket = bucketOf(letter.length)!
    if (bucket > card.max) throw new P2PError('NOT_STORED', 'The recipient takes no letters of this size.')
    const bits = card.bits === null ? undefined : depositWorkBits(card.bits, bucket)
    const deposit = async (access: Uint8Array | undefined, bits: number | undefined) => {
      const right = await this.rightFor(box, access, letterIdOf(letter), bits)
      return courier.ask(relayId, 'deposit', { box, letter, ttl, ...right })
    }
    try {
      await deposit(access, bits)
    } catch (error) {
      // The recipient has a new access key, or the relay more to do.
      if (!isP2PError(error, 'PROOF_OF_WORK_REQUIRED')) throw error
      const asked = error.details.bits
      await deposit(undefined, typeof asked === 'number' ? asked : bits)
    }
  }

  /** @param boxes where one-time prekeys are asked for. */
  private async prekeyFor({ card, access }: Addressee, boxes: Card['boxes'], courier: Courier): Promise<Prekey> {
    const { recovery, prekey } = card
    if (recovery !== undefined) return { kind: PrekeyKind.RECOVERY, id: recovery[0], key: recovery[1] }
    for (const [relayId, address, box] of boxes) {
      try {
        await courier.reach(relayId, address)
        const found = await this.take(relayId, box, card, access, courier)
        if (found !== undefined) return found
      } catch {
        // The signed prekey of the card is there in any case.
      } finally {
        courier.release(relayId)
      }
    }
    return { kind: PrekeyKind.SIGNED, id: prekey[0], key: prekey[1] }
  }

  private async take(
    relayId: string,
    box: Uint8Array,
    card: Card,
    access: Uint8Array | undefined,
    courier: Courier,
  ): Promise<Prekey | undefined> {
    const { clock, network } = this.host.kit
    const subject = takeSubject(courier.publicKey, hourOf(clock.now()))
    const right = await this.rightFor(box, access, subject, TAKE_WORK_BITS)
    const answer = await courier.ask(relayId, 'take', { box, ...right })
    if (!('batch' in answer)) return undefined
    return oneTimePrekey(answer, answer.index, card, clock.now(), network)
  }

  /** What lets us use a box: its owner's access, else work. @param bits undefined: strangers may not. */
  private async rightFor(box: Uint8Array, access: Uint8Array | undefined, subject: Uint8Array, bits: number | undefined) {
    if (access !== undefined) return { access: accessFor(access, box) }
    if (bits === undefined) throw new P2PError('NOT_STORED', 'The recipient takes letters from contacts only.')
    const { maxWorkBits } = this.limits
    if (bits > maxWorkBits) {
      const why = `The mailbox asks for ${bits} bits of work, and limits.maxWorkBits is ${maxWorkBits}.`
      throw new P2PError('PROOF_OF_WORK_TOO_HARD', why, { details: { bits } })
    }
    return { work: await this.host.work(mailWorkBlock(box, subject), bits) }
  }
}
