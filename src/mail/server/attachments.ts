import type { Unsubscribe } from '../../base/events.js'
import { MAX_FETCH_BYTES, type PlacedLetter } from '../messages.js'
import type { MailStore } from './mail-store.js'

/** An owner that is connected. */
export interface Attachment {
  readonly box: string
  readonly peerId: string
}

interface Owner extends Attachment {
  stop: Unsubscribe
  /** The last letter that was fetched or pushed; pushes go on behind it. */
  position: string | undefined
  /** The owner has fetched all there was: what comes is pushed. */
  isLive: boolean
  /** Bytes of letters that were pushed and not dropped, by cursor. */
  pushed: Map<string, number>
  pushedBytes: number
  isPushing: boolean
  /** A letter has come meanwhile. */
  isBehind: boolean
}

export interface AttachmentOptions {
  store: MailStore
  /** Bytes of letters pushed to one owner that it has not dropped. */
  maxPushBytes: number
  now(): number
  push(peerId: string, letter: PlacedLetter): Promise<void>
  failed(error: unknown): void
}

/** Owners that are connected, one for each box and one box for each connection, and the letters that are pushed to them. */
export class Attachments {
  private readonly byPeer = new Map<string, Owner>()
  private readonly byBox = new Map<string, Owner>()

  constructor(private readonly options: AttachmentOptions) {}

  get count(): number {
    return this.byBox.size
  }

  /** The box of a connected owner. */
  of(peerId: string): Attachment | undefined {
    return this.byPeer.get(peerId)
  }

  isAttached(box: string): boolean {
    return this.byBox.has(box)
  }

  /** Boxes whose owners are connected. */
  boxes(): string[] {
    return [...this.byBox.keys()]
  }

  /** The owner of a box has opened it: the last one to do so has it. */
  attach(peerId: string, box: string): void {
    this.detach(peerId)
    const before = this.byBox.get(box)
    if (before !== undefined) this.detach(before.peerId)
    const owner: Owner = {
      ...{ peerId, box, position: undefined, isLive: false, pushed: new Map(), pushedBytes: 0 },
      ...{ isPushing: false, isBehind: false, stop: this.options.store.watch(box, () => this.pushTo(owner)) },
    }
    this.byPeer.set(peerId, owner)
    this.byBox.set(box, owner)
  }

  detach(peerId: string): void {
    const owner = this.byPeer.get(peerId)
    if (owner === undefined) return
    owner.stop()
    this.byPeer.delete(peerId)
    this.byBox.delete(owner.box)
  }

  /** The owner has been given letters up to here. @param isAll whether there are no more. */
  fetched(peerId: string, position: string | undefined, isAll: boolean): void {
    const owner = this.byPeer.get(peerId)
    if (owner === undefined) return
    owner.position = position ?? owner.position
    owner.isLive = isAll
    if (isAll) this.pushTo(owner)
  }

  /** The owner has these letters. */
  dropped(peerId: string, cursors: readonly string[]): void {
    const owner = this.byPeer.get(peerId)
    if (owner === undefined) return
    for (const cursor of cursors) {
      owner.pushedBytes -= owner.pushed.get(cursor) ?? 0
      owner.pushed.delete(cursor)
    }
    this.pushTo(owner)
  }

  private pushTo(owner: Owner): void {
    owner.isBehind = true
    if (owner.isPushing || !owner.isLive) return
    owner.isPushing = true
    this.pushAll(owner)
      .catch((error) => this.options.failed(error))
      .finally(() => {
        owner.isPushing = false
      })
  }

  private async pushAll(owner: Owner): Promise<void> {
    const { store, maxPushBytes, push, now } = this.options
    const isHere = () => this.byPeer.get(owner.peerId) === owner && owner.isLive
    while (owner.isBehind && isHere() && owner.pushedBytes < maxPushBytes) {
      owner.isBehind = false
      const room = maxPushBytes - owner.pushedBytes
      const { letters, more } = await store.letters(owner.box, owner.position, Math.min(room, MAX_FETCH_BYTES), now())
      if (more) owner.isBehind = true
      for (const [cursor, letter] of letters) {
        if (!isHere()) return
        // It waits until the owner drops others.
        if (owner.pushedBytes + letter.length > maxPushBytes) return
        owner.position = cursor
        owner.pushed.set(cursor, letter.length)
        owner.pushedBytes += letter.length
        await push(owner.peerId, [cursor, letter])
      }
    }
  }
}
