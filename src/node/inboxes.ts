import { hexOf } from '../base/bytes.js'

/** Which connection each inbox tag of a guard leads to. Whoever knows a tag may have it: the last one to attach it does. */
export class Inboxes {
  /** Peer ids, by the tag in hex. */
  private readonly owners = new Map<string, string>()
  private readonly tagsOf = new Map<string, string[]>()

  /** @param max tags of all connections. */
  constructor(private readonly max: number) {}

  /** Tags that are attached. */
  get size(): number {
    return this.owners.size
  }

  /** All the tags of a connection, in place of those before. */
  attach(peerId: string, tags: readonly Uint8Array[]): void {
    this.detach(peerId)
    const names = tags.map(hexOf).slice(0, Math.max(0, this.max - this.owners.size))
    if (names.length === 0) return
    for (const name of names) this.owners.set(name, peerId)
    this.tagsOf.set(peerId, names)
  }

  /** A connection has ended. */
  detach(peerId: string): void {
    for (const name of this.tagsOf.get(peerId) ?? []) if (this.owners.get(name) === peerId) this.owners.delete(name)
    this.tagsOf.delete(peerId)
  }

  /** The peer id of the connection that has attached the tag. */
  ownerOf(tag: Uint8Array): string | undefined {
    return this.owners.get(hexOf(tag))
  }
}
