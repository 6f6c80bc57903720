import { hexOf } from '../../base/bytes.js'
import { P2PError } from '../../base/errors.js'
import { MAIL_LIMITS } from '../../base/limits/mail.js'
import type { PluginKit } from '../../core/plugin.js'
import { encodePeerId } from '../../identity/peer-id.js'
import { decode } from '../../message/codec.js'
import { array, bytes, object, oneOf, parsed, text, tuple, union } from '../../message/shape.js'
import { type RecordEntry, recordValue } from '../../plugins/dht/records/record.js'
import { RecordVerifier } from '../../plugins/dht/records/record-verifier.js'
import { BOX_ID_BYTES } from '../box.js'
import type { KeptCard } from './mail-store.js'

/** Of a card, what a relay looks at: in which boxes its publisher takes mail. */
const boxesShape = /* @__PURE__ */ (() =>
  object({ boxes: array(tuple(text(1, 128), union(text(1, 512), oneOf(null)), bytes(BOX_ID_BYTES)), 3, 1) }))()

/** Cards that were checked and are not checked again: owners open their boxes anew after each reconnect. */
const MAX_REMEMBERED = { verifiedRecordCache: 1_024 }

/** The key of the record of a card. */
export function cardKey(peerId: string): string {
  return `mail:${peerId}`
}

/** Reads and checks cards that owners leave at a relay. */
export class CardReader {
  private readonly verifier: RecordVerifier
  private readonly relayId: string

  constructor(private readonly kit: Pick<PluginKit, 'publicKey' | 'network' | 'limits' | 'clock' | 'check'>) {
    const { network, clock } = kit
    const limits = { ...kit.limits, maxTtlS: MAIL_LIMITS.maxCardTtlS, ...MAX_REMEMBERED }
    this.verifier = new RecordVerifier({ limits, network, clock })
    this.relayId = encodePeerId(kit.publicKey)
  }

  /**
   * The card of the owner of a box. It has to name the box: else another's old card could be kept here in place of its newest.
   *
   * @param box 32 digits of hex.
   * @param from the peer that has brought it.
   * @throws P2PError INVALID_RECORD, MALFORMED_DATA, INVALID_SIGNATURE and as `RecordVerifier.verify`.
   */
  async read(card: Uint8Array, box: string, from: string): Promise<KeptCard> {
    const entry: RecordEntry = this.verifier.read(decode(card))
    const { publicKey, key, publishedAt, expiresAt, withdrawn } = entry
    if (publicKey === undefined || withdrawn) throw notACard()
    const peerId = encodePeerId(publicKey)
    if (key !== cardKey(peerId)) throw notACard()
    const { boxes } = parsed(boxesShape, recordValue(entry, this.kit.limits), 'A card')
    if (!boxes.some(([relay, , id]) => relay === this.relayId && hexOf(id) === box)) throw notACard()
    await this.kit.check(from, () => this.verifier.verify(entry))
    return { peerId, publishedAt, expiresAt, record: card }
  }
}

function notACard(): P2PError {
  return new P2PError('INVALID_RECORD', 'The record is no card of the owner of this box.')
}
