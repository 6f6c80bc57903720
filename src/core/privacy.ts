/**
 * How a coordinator reaches peers and is reached. `'direct'`: by the best path there is; peers learn each other's network address.
 * `'relayed'`: through relays alone. No peer learns our network address, and frames have few lengths; the relays learn who talks with whom,
 * and when. `'onion'`: as `'relayed'`, and what the onion plugin can send hides us from the relays too.
 */
export type Privacy = 'direct' | 'relayed' | 'onion'
