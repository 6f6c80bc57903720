import { hexOf } from '../base/bytes.js'

/** What an exit remembers of a message. */
export interface Remembered {
  readonly action: string
  readonly messageId: Uint8Array
  /** Of its parts and its answer. */
  bytes: number
}

/**
 * Messages to an exit, so that a repeat is done once. Nobody has a name there, but actions cost their callers work of different sizes: what
 * is asked most makes room for the rest, so that nobody has the dear ones forgotten by thousands of cheap ones.
 */
export class ExitMemory<Message extends Remembered> {
  /** By action, and there by the message's id in hex, the oldest first. */
  private readonly actions = new Map<string, Map<string, Message>>()
  private readonly held = new Map<string, number>()

  /**
   * @param maxMessages of all actions.
   * @param maxBytes of all messages.
   */
  constructor(
    private readonly maxMessages: number,
    private readonly maxBytes: number,
  ) {}

  /** Messages that are remembered. */
  get size(): number {
    let size = 0
    for (const all of this.actions.values()) size += all.size
    return size
  }

  /** @param id in hex. */
  get(id: string): Message | undefined {
    for (const all of this.actions.values()) {
      const found = all.get(id)
      if (found !== undefined) return found
    }
    return undefined
  }

  add(message: Message): void {
    const { action, messageId } = message
    const all = this.actions.get(action)
    if (all === undefined) this.actions.set(action, new Map([[hexOf(messageId), message]]))
    else all.set(hexOf(messageId), message)
    while (this.size > this.maxMessages) this.forgetOldest(most(this.actions, ({ size }) => size))
  }

  /** A message that is here holds so many bytes more. */
  hold(message: Message, bytes: number): void {
    if (this.actions.get(message.action)?.get(hexOf(message.messageId)) !== message) return
    message.bytes += bytes
    this.account(message.action, bytes)
    while (sumOf(this.held) > this.maxBytes) this.forgetOldest(most(this.held, (held) => held))
  }

  delete(message: Message): void {
    const all = this.actions.get(message.action)
    if (!all?.delete(hexOf(message.messageId))) return
    if (all.size === 0) this.actions.delete(message.action)
    this.account(message.action, -message.bytes)
    message.bytes = 0
  }

  clear(): void {
    this.actions.clear()
    this.held.clear()
  }

  /** The messages of each action, the oldest of each first. */
  *perAction(): Generator<Iterable<Message>> {
    for (const all of [...this.actions.values()]) yield all.values()
  }

  private account(action: string, bytes: number): void {
    const held = (this.held.get(action) ?? 0) + bytes
    if (held > 0) this.held.set(action, held)
    else this.held.delete(action)
  }

  private forgetOldest(action: string): void {
    const [oldest] = this.actions.get(action)!.values()
    this.delete(oldest!)
  }
}

function most<Value>(all: Map<string, Value>, sizeOf: (value: Value) => number): string {
  return [...all].reduce((a, b) => (sizeOf(b[1]) > sizeOf(a[1]) ? b : a))[0]
}

function sumOf(all: Map<string, number>): number {
  let sum = 0
  for (const each of all.values()) sum += each
  return sum
}
