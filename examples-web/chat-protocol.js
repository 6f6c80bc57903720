// Chat as an IProtocolHandler: `text` { text } and `name` { name }. Nothing in them is trusted.

import { cleanText } from './dom.js'

export const CHAT = 'demo-chat'
export const MAX_TEXT = 1_000
export const MAX_NAME = 32

export class ChatProtocol {
  protocolName = CHAT
  #sdk
  #hooks

  /** @param hooks `onName(name, from)` and `onText(text, from, toAll)`. */
  constructor(sdk, hooks) {
    this.#sdk = sdk
    this.#hooks = hooks
  }

  async handleMessage(message, from) {
    if (message.type === 'name') return this.#hooks.onName(cleanText(message.payload?.name, MAX_NAME), from)
    if (message.type !== 'text') return
    const text = cleanText(message.payload?.text, MAX_TEXT, { lines: true })
    // A thrown P2PError reaches the sender with its code.
    if (text === '') throw new this.#sdk.P2PError('INVALID_MESSAGE', 'A chat message has a text of 1 to 1,000 characters.')
    this.#hooks.onText(text, from, message.to === undefined)
  }
}
